"""E-mail: what follows from a mail, and what is sent."""
