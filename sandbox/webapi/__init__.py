"""The Web API under /api/: Slack's methods, arguments, checks and errors."""
