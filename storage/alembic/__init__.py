"""Alembic's script folder; env.py runs on a connection that storage/migrate.py hands over."""
