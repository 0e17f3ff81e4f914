"""What a phase teaches: its post-mortem."""
