"""E-mail: how mails are read, sent and tried without a mail server."""
