"""What was said while no request could be taken: since when, in which places, and what to do with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.context import AppContext
from bot.services.delivery.outbox import notify_admins
from bot.views.operations import alerts
from domain.address import is_direct
from domain.delivery.lanes import LaneKind
from domain.message_time import written_at
from domain.phases.phase import Phase
from storage.transaction import Transaction

MIN_GAP = timedelta(minutes=1)  # Slack delivers again what it could not deliver a moment ago
MAX_GAP = timedelta(days=1)  # what is older is not read back
OVERLAP = timedelta(seconds=30)  # read again, in case the last request was handled out of order
MAX_THREADS = 100  # of open tickets, the most urgent first
READ_LANES = (LaneKind.TEAM, LaneKind.REPORTER)

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Gap:
    """Since when nothing was handled, the channels to read, and the threads as (channel, ts)."""

    since: datetime
    channels: tuple[str, ...]
    threads: tuple[tuple[str, str], ...]


def find_gap(app: AppContext, since: datetime | None = None) -> Gap | None:
    """Return what may have been missed since then, or since the last request that was handled.

    A gap that a process was reading back when it ended is read again. None when it began a moment ago, or no phase is
    active.
    """
    with app.store.read() as tx:
        opened, now = tx.message_archive.find_open_gap(), app.now()
        begun = (since or tx.message_archive.find_newest_request(), opened[0] if opened else None)
        last = min(filter(None, begun), default=None)
        active = [phase for phase in tx.phases.list_phases() if phase.is_active]
        if last is None or now - last < MIN_GAP or not active:
            return None
        open_tickets = tx.tickets.list_open([phase.id for phase in active], MAX_THREADS)
        threads = tx.outbox.list_threads([ticket.id for ticket in open_tickets], READ_LANES)
        begin = max(last - OVERLAP, now - MAX_GAP)
        return Gap(begin, tuple(dict.fromkeys(_channels(active))), tuple(threads[:MAX_THREADS]))


def _channels(active: Sequence[Phase]) -> Iterator[str]:
    """Yield the channels in which people report: those where every message is a report first."""
    for phase in active:
        yield from phase.intake.auto_intake
    for phase in active:
        yield from phase.intake_channels


def events_of(app: AppContext, channel: str, message: Mapping[str, Any]) -> Iterator[Event]:
    """Yield the events that Slack would have sent about a message that is there: it was said, and reacted to."""
    if message.get("user") == app.bot_user:
        return
    told = {**message, "type": "message", "channel": channel, "channel_type": _type(channel)}
    yield told
    if f"<@{app.bot_user}" in str(message.get("text")) and not is_direct(channel):
        yield {**told, "type": "app_mention"}
    item = {"type": "message", "channel": channel, "ts": message.get("ts")}
    for reaction in message.get("reactions") or ():
        for person in reaction.get("users") or ():
            yield {"type": "reaction_added", "user": person, "reaction": reaction.get("name"), "item": item,
                   "item_user": message.get("user"), "event_ts": message.get("ts")}  # fmt: skip


def event_key(event: Mapping[str, Any], event_id: object) -> str:
    """Return the request key of an event. That of a new message is the message's, so that one read back is known."""
    kind, is_new = event.get("type"), not str(event.get("subtype") or "").startswith("message_")
    if kind in ("message", "app_mention") and is_new and event.get("ts"):
        return f"{kind}:{event.get('channel')}:{event['ts']}"
    return f"event:{event_id}"


def count_handled(app: AppContext, keys: Sequence[str]) -> int:
    """Return how many of these requests were carried out."""
    with app.store.read() as tx:
        return tx.message_archive.count_requests(keys)


def begin(app: AppContext, gap: Gap, tx: Transaction) -> None:
    """Record that a gap is being read back: the first message of it is a request like any other, and hides it."""
    tx.message_archive.open_gap(gap.since, app.now())


def end(app: AppContext, read: Mapping[str, object], tx: Transaction) -> int:
    """Record that a gap was read to its end, tell the admins or the leads, and return how many messages were late.

    `read` are the timestamps of the messages in it by their keys. Those count that were written before it was noticed
    and handled since, by this process or by one that ended meanwhile.
    """
    opened = tx.message_archive.find_open_gap()
    if opened is None:
        return 0
    since, noticed = opened
    missed = [key for key, ts in read.items() if (at := written_at(ts)) and at <= noticed]
    count = tx.message_archive.count_requests_since(missed, noticed)
    if count:
        notify_admins(app, tx, f"caught up:{since.isoformat()}", alerts.caught_up(since, count))
    tx.message_archive.close_gap()
    return count


def _type(channel: str) -> str:
    return "im" if is_direct(channel) else "channel"
