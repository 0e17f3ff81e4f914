"""Use cases of problems: open, add tickets, find causes, resolve."""
