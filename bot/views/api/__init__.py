"""Tickets and events as other programs read them."""
