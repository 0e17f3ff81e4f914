"""Whatever is done, in any order: a reporter's last word on where it stands is true, and nobody hears a thing twice."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.desk import Desk
from bot.phase_file import PhaseFile
from bot.services import (
    deferring,
    duplicates,
    intake,
    nudging,
    phases,
    promising,
    threads,
    timers,
    verifying,
    waiting,
    work,
)
from domain.closing import Solution
from domain.errors import Refused
from domain.permissions import Person
from domain.promises import Kind, State, promises
from domain.targets import working_hours
from domain.ticket import Deferral, Fix, Intake, Report, Severity, Status, Ticket
from domain.turns import Turn, turn_of, turns
from storage.store import Store
from storage.workings import lanes, letters
from tests.conftest import COUNTER, Clock

PHASE = PhaseFile(key="PAY", name="Payday", desk_channel="C0000001", oncall_channel="C0000002", leads=("U0LENA0",),
                  responders=("U0JO000", "U0RAVI0"), note="never")  # fmt: skip
MARIA, TOM, JO, RAVI, LENA = (Person(one) for one in ("U0MARIA", "U0TOM00", "U0JO000", "U0RAVI0", "U0LENA0"))
PEOPLE = {person.id for person in (MARIA, TOM, JO, RAVI, LENA)}
# What a message to the reporter says of where it stands, the more special ones first.
SAYS = (
    ("is the same as", Status.MERGED), ("withdrawn by", Status.WITHDRAWN),
    ("we need something from you", Status.WAITING),
    ("confirmed, thank you", Status.VERIFIED), ("stays resolved", Status.RESOLVED), ("is resolved", Status.RESOLVED),
    ("is deferred", Status.DEFERRED), ("under investigation", Status.INVESTIGATING), ("fix in progress", Status.FIXING),
    ("is looking", Status.ACKNOWLEDGED), ("Your report is", Status.RECEIVED),
    ("It is received, and others", Status.RECEIVED), ("by itself: received.", Status.RECEIVED),
)  # fmt: skip
FIXED = Solution(explanation="Restarted", fix=Fix.SYMPTOM)
DEEDS: dict[str, Callable[[Desk, int, int], object]] = {
    "acknowledge": lambda desk, one, _: work.acknowledge(desk, one, JO),
    "take": lambda desk, one, _: work.take(desk, one, RAVI),
    "assign": lambda desk, one, _: work.assign(desk, one, LENA, RAVI.id),
    "investigate": lambda desk, one, _: work.set_status(desk, one, JO, Status.INVESTIGATING),
    "fix": lambda desk, one, _: work.set_status(desk, one, JO, Status.FIXING),
    "reply": lambda desk, one, _: work.reply(desk, one, RAVI, "We are at it"),
    "tell all": lambda desk, one, _: work.reply(desk, one, JO, "We are nearly there", everybody=True),
    "ask": lambda desk, one, _: waiting.ask(desk, one, JO, "Which page?"),
    "answer": lambda desk, one, _: writes(desk, one, "reporter", MARIA, "The third one"),
    "still broken": lambda desk, one, _: writes(desk, one, "reporter", MARIA, "It is still broken"),
    "team": lambda desk, one, _: writes(desk, one, "desk", JO, ">> It is the cable"),
    "inside": lambda desk, one, _: writes(desk, one, "desk", RAVI, "I think it is the cable"),
    "promise": lambda desk, one, _: promising.promise(desk, one, JO, Kind.FIX, desk.now() + timedelta(hours=30), ""),
    "renew": lambda desk, one, _: promising.promise(desk, one, JO, Kind.FIX, desk.now() + timedelta(days=4), "Late"),
    "news": lambda desk, one, _: promising.promise(desk, one, RAVI, Kind.NEWS, desk.now() + timedelta(hours=5), "x"),
    "resolve": lambda desk, one, _: verifying.resolve(desk, one, JO, FIXED),
    "confirm": lambda desk, one, _: verifying.confirm(desk, one, MARIA),
    "tom confirms": lambda desk, one, _: verifying.confirm(desk, one, TOM),
    "not mine": lambda desk, one, _: verifying.not_mine(desk, one, MARIA),
    "reopen": lambda desk, one, _: verifying.reopen(desk, one, MARIA, "Again"),
    "tom says no": lambda desk, one, _: verifying.reopen(desk, one, TOM, "Not for me"),
    "defer": lambda desk, one, _: deferring.defer(
        desk, one, LENA, next(iter(Deferral)), "Later", desk.now().date() + timedelta(days=3)),
    "defer for good": lambda desk, one, _: deferring.defer(desk, one, LENA, next(iter(Deferral)), "Who knows", None),
    "me too": lambda desk, one, _: duplicates.me_too(desk, one, TOM),
    "jo too": lambda desk, one, _: duplicates.me_too(desk, one, JO),
    "withdraw": lambda desk, one, _: work.withdraw(desk, one, MARIA),
    "merge": lambda desk, one, other: duplicates.merge(desk, one, other, LENA),
    "unmerge": lambda desk, one, _: duplicates.unmerge(desk, one, LENA),
    "a while": lambda desk, _one, _other: wait(desk, hours=3),
    "a day": lambda desk, _one, _other: wait(desk, days=1),
    "a week": lambda desk, _one, _other: wait(desk, days=7),
}  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(DEEDS)), min_size=1, max_size=16))
@example(["ask", "a day", "a week", "answer", "resolve", "a week", "still broken", "reopen", "withdraw"])
@example(["me too", "resolve", "not mine", "tom confirms"])
@example(["me too", "resolve", "tom confirms", "a week"])
@example(["reply", "ask", "team", "tell all", "me too", "tell all"])
@example(["jo too", "acknowledge", "resolve", "reopen"])
@example(["team", "assign", "news", "a day"])
@example(["promise", "a day", "a week", "defer", "a week", "merge", "unmerge"])
def test_a_reporters_last_word_is_true_and_nobody_hears_a_thing_twice(
    store: Store, clock: Clock, deeds: list[str]
) -> None:
    desk = Desk(store=store, now=clock, bot_user="U0BOT00")
    if not phases.every(desk):
        phases.apply(desk, PHASE)
    ticket, other = (intake.open_ticket(desk, Report(summary=words, severity=Severity.MEDIUM), person=person,
                                        intake=Intake.COMMAND, quiet=False)
                     for words, person in ((f"Slow page {next(COUNTER)}", MARIA), ("Dark terminal", RAVI)))  # fmt: skip
    holds(desk, ticket.id)
    for deed in deeds:
        with heard_once(desk, ticket.id):
            try:
                DEEDS[deed](desk, ticket.id, other.id)
            except Refused:
                continue
        fires(desk, ticket.id)
        holds(desk, ticket.id)


def holds(desk: Desk, ticket_id: int) -> None:
    """What is true at every moment."""
    with desk.store.read() as tx:
        ticket, events = tx.tickets.get(ticket_id), tx.tickets.events(ticket_id)
        phase = tx.phases.get(ticket.phase_id)
    said = [status for text in told(desk, f"reporter:{ticket_id}") if (status := says(text))]
    assert said[-1] is ticket.status, (said, ticket.status)
    calendar = working_hours(phase)
    turn = turns(events, calendar, desk.now())
    assert turn
    assert turn.now is turn_of(ticket.status, unconfirmed=ticket.unconfirmed)
    assert turn.since == ticket.turn_at
    opened = events[0].at
    assert sum(turn.spent.values(), timedelta()) == calendar.between(opened, desk.now())
    if ticket.unconfirmed:
        assert ticket.status is Status.RESOLVED
    if ticket.status is Status.VERIFIED:
        assert any(e.kind in ("helped", "verified") for e in events), "somebody said so"
    open_ = [one for one in promises(events, calendar) if one.state is State.OPEN]
    assert not open_ or ticket.status.is_open or turn.now is not Turn.TEAM


def says(text: str) -> Status | None:
    return next((status for words, status in SAYS if words in text), None)


def told(desk: Desk, lane: str) -> list[str]:
    """Everything that was posted in a lane, oldest first."""
    mine = select(letters.c.payload).join(lanes, lanes.c.id == letters.c.lane_id)
    posted = mine.where(lanes.c.name == lane, letters.c.verb == "post").order_by(letters.c.id)
    with desk.store.read() as tx:
        return [str(payload["text"]) for payload in tx.connection.scalars(posted)]


@contextmanager
def heard_once(desk: Desk, ticket_id: int) -> Iterator[None]:
    """Of one deed each person hears once at most: in a message to them, or called by name in the team's thread."""
    before = newest(desk)
    yield
    heard = Counter[str]()
    for lane, channel, text in since(desk, before, ticket_id):
        if lane.startswith(("reporter:", "follower:", "owes:")):
            heard[channel] += 1
        elif lane.startswith("desk:") and (called := text.split(">")[0].removeprefix("<@")) in PEOPLE:
            heard[called] += text.startswith((f"<@{called}>:", f"<@{called}>,"))
    assert all(count <= 1 for count in heard.values()), heard


def newest(desk: Desk) -> int:
    with desk.store.read() as tx:
        return tx.connection.scalar(select(letters.c.id).order_by(letters.c.id.desc()).limit(1)) or 0


def since(desk: Desk, after: int, ticket_id: int) -> list[tuple[str, str, str]]:
    asked = select(lanes.c.name, lanes.c.channel, letters.c.payload).join(lanes, lanes.c.id == letters.c.lane_id)
    posted = asked.where(letters.c.id > after, letters.c.verb == "post", lanes.c.ticket_id == ticket_id)
    with desk.store.read() as tx:
        return [(name, channel, str(payload["text"])) for name, channel, payload in tx.connection.execute(posted)]


def wait(desk: Desk, **span: float) -> None:
    desk.now.forward(**span)  # type: ignore[attr-defined]


def fires(desk: Desk, ticket_id: int) -> None:
    """What is due by the clock, each as an event of its own; and who is asked for something is asked."""
    while timers.fire(desk):
        pass
    while due := nudges(desk):
        for one in due:
            with heard_once(desk, ticket_id), desk.transaction() as tx:
                nudging.deliver(desk, tx, one, None, "")


def nudges(desk: Desk) -> list[object]:
    with desk.store.read() as tx:
        return [*tx.nudges.due(desk.now(), 50)]


def writes(desk: Desk, ticket_id: int, lane: str, person: Person, text: str) -> None:
    """In a thread of the ticket, whose first message has landed."""
    with desk.store.begin() as tx:
        found = tx.outbox.find(f"{lane}:{ticket_id}")
        assert found
        if not found.thread_ts:
            anchored = lanes.update().where(lanes.c.id == found.id)
            tx.connection.execute(anchored.values(thread_ts=f"{ticket_id}.{found.id}"))
            tx.connection.execute(letters.update().where(letters.c.lane_id == found.id).values(state="sent"))
    said = threads.Said(channel=found.channel, ts=f"{next(COUNTER)}.1", thread_ts=f"{ticket_id}.{found.id}",
                        person=person, text=text, request=f"said {next(COUNTER)}")  # fmt: skip
    assert threads.said(desk, said)


def test_what_stands_in_the_database_says_who_follows(store: Store, clock: Clock) -> None:
    desk = Desk(store=store, now=clock, bot_user="U0BOT00")
    phases.apply(desk, PHASE)
    ticket: Ticket = intake.open_ticket(desk, Report(summary="Slow", severity=Severity.LOW), person=MARIA,
                                        intake=Intake.COMMAND)  # fmt: skip
    duplicates.me_too(desk, ticket.id, TOM)
    with store.read() as tx:
        assert set(tx.followers.of(ticket.id)) == {MARIA.id, TOM.id}
