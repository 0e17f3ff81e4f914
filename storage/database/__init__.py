"""The database itself: engine, schema, migrations and locks."""
