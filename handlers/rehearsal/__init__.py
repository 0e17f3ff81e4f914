"""What people do in Slack with a rehearsal."""
