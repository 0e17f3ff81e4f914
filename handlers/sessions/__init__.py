"""What people do in Slack with sessions."""
