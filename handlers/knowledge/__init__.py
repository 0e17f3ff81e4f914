"""What people do in Slack with articles."""
