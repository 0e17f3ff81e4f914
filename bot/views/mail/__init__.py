"""E-mail: reports as they stand in mails, and what people read by mail."""
