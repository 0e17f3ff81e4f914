"""What the tests stand on: databases, the sandbox, and people who type and press."""
