"""Microsoft Teams: cards that a Workflows webhook posts into a channel."""
