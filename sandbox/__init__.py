"""A Slack-compatible workspace on this machine: Web API, Socket Mode and HTTP delivery, people and a page."""
