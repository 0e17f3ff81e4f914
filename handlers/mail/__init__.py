"""People without a Slack account, and the links that they report by."""
