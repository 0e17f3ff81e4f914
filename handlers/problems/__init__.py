"""What people do in Slack with problems."""
