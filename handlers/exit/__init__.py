"""What people do in Slack about the exit: forecast, gates and score, first runs, sign-off."""
