"""What people do in Slack with war rooms."""
