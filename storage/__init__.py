"""What the desk remembers: tables, one store, one class a room; it knows SQL and the rules, but no Slack."""
