"""Use cases of decisions: open, decide, reverse, escalate, and triggers."""
