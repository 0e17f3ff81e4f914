"""What people see of operations: timers, retention, health and erasing people."""
