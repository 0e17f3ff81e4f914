"""E-mail: who wrote from which address, and the mails that belong to tickets."""
