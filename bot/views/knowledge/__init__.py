"""Articles in Slack."""
