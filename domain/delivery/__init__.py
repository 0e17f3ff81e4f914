"""Rules of delivery: outbox messages on their way to Slack."""
