"""What people do in Slack about reporting: digests, metrics, trends and reports of a phase."""
