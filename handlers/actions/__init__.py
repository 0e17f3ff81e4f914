"""What people do in Slack with actions."""
