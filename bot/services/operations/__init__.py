"""Use cases of operations: timers, retention, health and erasing people."""
