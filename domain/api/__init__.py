"""What other programs are sent and may read."""
