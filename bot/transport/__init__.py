"""The edge of the event loop: Socket Mode, HTTP, calls to Slack and to other systems."""
