"""Actions: what one person has to do until a date, for a ticket, a problem or a decision."""
