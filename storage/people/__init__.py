"""Tables and repositories of people: what Slack says about those the app has met."""
