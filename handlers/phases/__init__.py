"""What people do in Slack about phases: what is set up for one go-live."""
