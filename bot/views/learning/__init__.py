"""Messages and forms of the post-mortem."""
