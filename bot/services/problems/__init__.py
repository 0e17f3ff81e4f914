"""Use cases of problems: open, gather tickets, find causes, resolve."""
