"""What people do in Slack about conversations: what reporter, followers and team write to each other."""
