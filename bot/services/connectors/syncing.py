"""Bring all tickets of a phase and their issues together, as when a tracker is connected that knows none of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.context import AppContext
from bot.services.connectors.outgoing import ask_again, begin_by_rule
from bot.services.tickets.session import lock_ticket
from domain.connectors.settings import Connection
from domain.phases.phase import Phase
from storage.store import StoreFailure
from storage.transaction import Transaction

BATCH = 20  # tickets in one transaction, which people and the bot have to wait for
MAX_FAILED = 20  # transactions one after the other


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How many tickets were looked at, and how many calls to the tracker wait."""

    looked_at: int
    waiting: int


def count(app: AppContext, phase: Phase, connection: Connection) -> SyncProgress:
    """Return how many tickets there are to look at, and how many calls to the tracker wait."""
    with app.store.read() as tx:
        total = tx.issue_links.count_to_sync(phase.id, connection.system, connection.create)
        return SyncProgress(total, tx.message_archive.count_waiting_to(connection.system))


def queue_all(app: AppContext, phase: Phase, connection: Connection) -> Iterator[int]:
    """Queue what the tracker has to know of each ticket, in order, and yield how many were looked at so far.

    Open tickets without an issue get one where the settings say so, others are compared with theirs. It can be stopped
    and begun again at any time: what is queued is not queued twice. Where the bot keeps the database busy, the same is
    yielded again, and the batch is tried once more.
    """
    done = after = failed = 0
    while True:
        try:
            found = _queue_batch(app, phase, connection, after)
        except StoreFailure:
            failed += 1
            if failed == MAX_FAILED:
                raise
            yield done
            continue
        if not found:
            return
        done, after, failed = done + len(found), found[-1], 0
        yield done


def _queue_batch(app: AppContext, phase: Phase, connection: Connection, after: int) -> Sequence[int]:
    with app.transaction() as tx:
        found = tx.issue_links.list_to_sync(phase.id, connection.system, connection.create, after, BATCH)
        for ticket_id in found:
            _queue(app, tx, connection, ticket_id)
    return found


def _queue(app: AppContext, tx: Transaction, connection: Connection, ticket_id: int) -> None:
    session = lock_ticket(app, tx, ticket_id)
    link = tx.issue_links.find(connection.system, ticket_id) if session else None
    if session and link is None:
        begin_by_rule(session, connection, is_quiet=True)  # a thread has its link too, and there may be thousands
    elif link and link.issue_id is not None and not link.gone:
        ask_again(app, tx, link)
