"""Tables and repositories of operations: timers, retention, health and erasing people."""
