"""Readiness of this process: database, schema, connection to Slack and age of waiting messages."""

from datetime import datetime, timedelta

from bot.metrics import ProcessState
from domain.operations.health import MAX_CLOCK_OFFSET
from storage.database.schema import SchemaState, schema_sentence, schema_state
from storage.store import Store, StoreFailure


def readiness_problems(store: Store, process: ProcessState, now: datetime, oldest_allowed: timedelta) -> dict[str, str]:
    """Return the reasons why it isn't ready, by name; without `oldest_allowed` the age of messages doesn't count."""
    found = {} if process.connected else {"slack": "there is no link to Slack"}
    if process.rejected:
        found["slack"] = f"Slack does not accept the bot token ({process.rejected})"
    wrong = [_clock_sentence(*one) for one in process.clock_offsets.items() if abs(one[1]) > MAX_CLOCK_OFFSET]
    if wrong:
        found["clock"] = f"{', and '.join(wrong)}. Synchronise it with NTP"
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


def readiness_notes(process: ProcessState) -> dict[str, str]:
    """Return what may be wrong, by name, and does not make it unready, since strangers could bring it about."""
    if not process.unproven:
        return {}
    said = f"no request had a signature that fits HYPERCARE_SIGNING_SECRET, and {process.unproven} were refused"
    return {"signing secret": f"{said}. If commands fail in Slack, copy the secret again"}


def _clock_sentence(whose: str, ahead: timedelta) -> str:
    seconds = round(abs(ahead).total_seconds())
    if ahead < timedelta(0):
        return f"the clock of this machine is {seconds} s behind the {whose} clock"
    return f"the clock of this machine is {seconds} s ahead of the {whose} clock"
