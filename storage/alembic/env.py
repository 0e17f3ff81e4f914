"""Alembic's entry: runs migrations on the connection that storage/migrate.py hands over."""

from alembic import context

from storage.database.metadata import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
