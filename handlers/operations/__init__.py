"""What people do in Slack about operations: timers, retention, health and erasing people."""
