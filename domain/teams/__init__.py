"""Channels of Microsoft Teams: which digests and tickets are posted there."""
