"""Digests and tickets in channels of Microsoft Teams."""
