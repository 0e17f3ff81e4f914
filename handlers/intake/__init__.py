"""What people do in Slack about intake: every way in which a report becomes a ticket."""
