"""Microsoft Teams: who writes to the bot there, and what it has sent them."""
