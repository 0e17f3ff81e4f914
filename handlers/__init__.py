"""Handlers of Slack's requests: one adapter for each kind, and a table of routes behind it."""
