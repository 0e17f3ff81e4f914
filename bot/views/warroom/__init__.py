"""War rooms in Slack."""
