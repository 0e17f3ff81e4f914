"""Background workers: they send messages, poll Slack and wake for timers."""
