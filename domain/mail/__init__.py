"""E-mail: reports and answers of people who write to the address of a phase."""
