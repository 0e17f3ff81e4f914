"""Alembic, driven from code: `upgrade` brings a database to the newest revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from storage.database.schema import VERSIONS
from storage.store import Store


def upgrade(store: Store) -> None:
    """Run every migration that is missing; each in its own transaction, on an empty database all of them."""
    with store.engine.begin() as connection:
        if not store.is_sqlite:
            # Two processes may start on an empty database, and building an index may take its time. A release before
            # this one goes on working meanwhile, so nothing waits long for a lock that it holds.
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # first: it also bounds the wait for the lock
            connection.execute(text("SELECT pg_advisory_xact_lock(727827)"))
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "alembic"))
    config.set_main_option("version_locations", str(VERSIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
