"""Buttons of messages that a restored backup knows nothing of: they would act on something else, so they don't act."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.context import AppContext
from domain.errors import Refused
from domain.message_time import written_at
from handlers.request import Answer, Handler, Request

OUTDATED = (
    "This message is from before the database was restored from a backup, so its buttons no longer work. If the "
    "problem is still there, type `/hypercare report`."
)
SKEW = timedelta(minutes=1)  # between Slack's clock and ours


def refusing_outdated(handler: Handler, body: Mapping[str, Any]) -> Handler:
    """Return the handler, which first refuses a button of a message that is not in the restored database."""

    def checked(app: AppContext, call: Request) -> Answer:
        if app.restores and _is_outdated(app, body):
            raise Refused(OUTDATED)
        return handler(app, call)

    return checked


def _is_outdated(app: AppContext, body: Mapping[str, Any]) -> bool:
    container = body.get("container") or {}
    channel, ts = str(container.get("channel_id") or ""), str(container.get("message_ts") or "")
    sent = written_at(ts)
    if sent is None:
        return False  # in a form or the App Home, which are drawn anew
    if not any(known_until - SKEW < sent < restored_at + SKEW for known_until, restored_at in app.restores):
        return False
    if container.get("is_ephemeral"):
        return True
    with app.store.read() as tx:
        return not tx.message_archive.knows(channel, ts)
