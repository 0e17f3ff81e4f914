"""What a door costs does not depend on how much was said about the ticket before."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import TextClause, bindparam, event, text

from bot.services.tickets.session import lock_ticket
from handlers.errors import answer
from storage.database.columns import Utc
from storage.store import Store
from tests.trust import stages
from tests.trust.doors import DOORS, Door
from tests.trust.faults import Fuse
from tests.trust.stages import Make
from tests.trust.test_commit_points import _without_log_lines  # noqa: F401
from tests.trust.world import JO, MARIA, TICKETS, World

FEW, MANY, MOST = 10, 1_000, 10_000  # entries said about each ticket
STEP = 50  # operations of SQLite's machine, which does a few for each row that is read
MARGIN = 3_000  # operations, for entries since a ticket's log was last summed up
# What shows everything that was said, counts it for the figures of a phase, such as the capacity on an agenda, tries
# rules on it, seals it, or finds a channel in all of it.
READS_ALL = {"command show", "action show", "command pitfalls", "command metrics", "action metrics", "command exit",
             "action exit", "action exit_sign", "view exit_decide", "command parties", "command agenda",
             "action rules_try", "view phase_section of a rule",
             "event channel_id_changed"}  # fmt: skip


def _insert(statement: str) -> TextClause:
    return text(statement).bindparams(bindparam("now", type_=Utc()))


# Replies of both sides, a question and its answer, and so on.
COUNT = "WITH RECURSIVE count(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM count WHERE n + 1 < :size) "
TALK = _insert(f"""INSERT INTO events (ticket_id, kind, actor, at, data) {COUNT}
    SELECT :ticket, CASE n % 4 WHEN 0 THEN 'replied' WHEN 2 THEN 'waiting' ELSE 'answered' END,
    CASE n % 2 WHEN 0 THEN :jo ELSE :maria END, :now, CASE n % 4 WHEN 3 THEN :status ELSE :nothing END FROM count""")
WORDS = _insert(f"""INSERT INTO comments (ticket_id, person, side, words, channel, ts, at) {COUNT}
    SELECT :ticket, :jo, 'team', 'And then?', 'C0TALK00', '1500000000.' || n, :now FROM count""")
POSTS = _insert(f"""INSERT INTO outbox_messages (lane_id, verb, in_thread, payload, priority, state, uncertain,
    attempts, next_at, created_at, sent_at, channel, ts) {COUNT}
    SELECT lanes.id, 'post', true, :nothing, 3, 'sent', false, 1, :now, :now, :now, lanes.channel,
    '16' || lanes.id || '.' || n FROM count, lanes
    WHERE lanes.ticket_id = :ticket AND lanes.name NOT LIKE 'follower%'""")


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.sqlite(tmp_path_factory.mktemp("world") / "world.db")


def test_no_door_costs_more_the_more_was_said(make: Make, request: pytest.FixtureRequest) -> None:
    """With --all-shapes after ten thousand entries too."""
    sizes = (MANY, MOST) if request.config.getoption("--all-shapes") else (MANY,)
    few, more = _costs(make, FEW), {size: _costs(make, size) for size in sizes}
    grown = [
        f"{label}: {cost:,} operations after {FEW} entries, {more[size][label]:,} after {size:,}"
        for size in sizes
        for label, cost in few.items()
        if more[size][label] > cost + MARGIN
    ]
    assert not grown, "\n".join(grown)


def _costs(make: Make, size: int) -> dict[str, int]:
    """Return what each door costs after so many entries, each in the same world."""
    fuse = Fuse()
    with make(fuse) as made:
        _say(made, size)
        _sum_up(made)
        fuse.undoes = True
        return {door.label: _cost(made, door) for door in DOORS if door.label not in READS_ALL}


def _cost(made: World, door: Door) -> int:
    request = door.request(made)
    with _counted(made.app.store) as operations:
        answer(door.handler, made.app, request)
    return len(operations) * STEP


def _say(made: World, size: int) -> None:
    """Have the team and the reporter talk about each ticket, and ask and answer, in that many entries."""
    given = {"size": size, "jo": JO.id, "maria": MARIA.id, "now": made.app.now(), "nothing": "{}"}
    with made.app.store.begin() as tx:
        for name in TICKETS:
            id_ = made.ids[name]
            status = f'{{"to": "{tx.tickets.get_ticket(id_).status}"}}'
            for statement in (TALK, WORDS, POSTS):
                tx.connection.execute(statement, {**given, "ticket": id_, "status": status})


def _sum_up(made: World) -> None:
    """A change of each ticket, as there was one every few entries."""
    with made.app.store.begin() as tx:
        for name in TICKETS:
            session = lock_ticket(made.app, tx, made.ids[name])
            assert session
            session.summarize()


@contextmanager
def _counted(store: Store) -> Iterator[list[None]]:
    seen: list[None] = []

    def watch(dbapi: sqlite3.Connection, *_: object) -> None:
        dbapi.set_progress_handler(lambda: seen.append(None), STEP)

    event.listen(store.engine, "checkout", watch)
    try:
        yield seen
    finally:
        event.remove(store.engine, "checkout", watch)
