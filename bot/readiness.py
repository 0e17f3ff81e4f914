"""Readiness of this process: database, schema, connection to Slack and age of waiting messages."""

from collections.abc import Callable
from datetime import datetime, timedelta

from storage.database.schema import SchemaState, schema_sentence, schema_state
from storage.store import Store, StoreFailure


def readiness_problems(
    store: Store, linked: Callable[[], bool], now: datetime, oldest_allowed: timedelta
) -> dict[str, str]:
    """Return the reasons why it isn't ready, by name; without `oldest_allowed` the age of messages doesn't count."""
    found = {} if linked() else {"slack": "there is no link to Slack"}
    try:
        schema, revision = schema_state(store)
        if schema is not SchemaState.CURRENT:
            return found | {"schema": schema_sentence(schema, revision)}
        with store.read() as tx:
            oldest = tx.message_archive.find_oldest()
    except StoreFailure:
        return found | {"database": store.trouble or "cannot be reached"}
    if store.trouble:
        found["database"] = store.trouble
    if oldest_allowed and oldest and now - oldest > oldest_allowed:
        minutes = int((now - oldest).total_seconds() // 60)
        found["messages"] = f"the oldest has been waiting for {minutes} minutes"
    return found
