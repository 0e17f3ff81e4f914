"""Use cases of people: keeping what Slack says about them, and what follows when one has left."""
