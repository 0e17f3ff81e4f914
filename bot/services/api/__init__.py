"""What other programs are sent and may read: events of tickets, and the read API."""
