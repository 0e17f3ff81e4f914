"""What people do in Slack with decisions."""
