"""Handlers of the post-mortem."""
