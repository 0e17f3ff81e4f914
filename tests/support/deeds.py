"""What people do to a ticket, one deed after the other, on a database without Slack; and who hears of each."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select

from bot.context import Desk
from bot.services.conversations import threads
from bot.services.followup import deferral, promises, reminders, verification, waiting
from bot.services.intake import duplicates
from bot.services.operations import timers
from bot.services.tickets import work
from bot.settings.phase_file import PhaseFile
from domain.followup.promises import Kind
from domain.tickets.closing import Solution
from domain.tickets.permissions import Person
from domain.tickets.ticket import Deferral, Fix, Status
from storage.followup.reminders import Nudge
from storage.operations.tables import lanes, letters
from tests.support.ready import COUNTER

PHASE = PhaseFile(key="PAY", name="Payday", desk_channel="C0000001", oncall_channel="C0000002", leads=("U0LENA0",),
                  responders=("U0JO000", "U0RAVI0"), note="never")  # fmt: skip
MARIA, TOM, JO, RAVI, LENA = (Person(one) for one in ("U0MARIA", "U0TOM00", "U0JO000", "U0RAVI0", "U0LENA0"))
PEOPLE = {person.id for person in (MARIA, TOM, JO, RAVI, LENA)}
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
    "promise": lambda desk, one, _: promises.promise(desk, one, JO, Kind.FIX, desk.now() + timedelta(hours=30), ""),
    "renew": lambda desk, one, _: promises.promise(desk, one, JO, Kind.FIX, desk.now() + timedelta(days=4), "Late"),
    "news": lambda desk, one, _: promises.promise(desk, one, RAVI, Kind.NEWS, desk.now() + timedelta(hours=5), "x"),
    "resolve": lambda desk, one, _: verification.resolve(desk, one, JO, FIXED),
    "confirm": lambda desk, one, _: verification.confirm(desk, one, MARIA),
    "tom confirms": lambda desk, one, _: verification.confirm(desk, one, TOM),
    "not mine": lambda desk, one, _: verification.not_mine(desk, one, MARIA),
    "reopen": lambda desk, one, _: verification.reopen(desk, one, MARIA, "Again"),
    "tom says no": lambda desk, one, _: verification.reopen(desk, one, TOM, "Not for me"),
    "defer": lambda desk, one, _: deferral.defer(
        desk, one, LENA, next(iter(Deferral)), "Later", desk.now().date() + timedelta(days=3)),
    "defer for good": lambda desk, one, _: deferral.defer(desk, one, LENA, next(iter(Deferral)), "Who knows", None),
    "me too": lambda desk, one, _: duplicates.me_too(desk, one, TOM),
    "jo too": lambda desk, one, _: duplicates.me_too(desk, one, JO),
    "withdraw": lambda desk, one, _: work.withdraw(desk, one, MARIA),
    "merge": lambda desk, one, other: duplicates.merge(desk, one, other, LENA),
    "unmerge": lambda desk, one, _: duplicates.unmerge(desk, one, LENA),
    "a while": lambda desk, _one, _other: wait(desk, hours=3),
    "a day": lambda desk, _one, _other: wait(desk, days=1),
    "a week": lambda desk, _one, _other: wait(desk, days=7),
}  # fmt: skip


@contextmanager
def heard_once(desk: Desk, ticket_id: int) -> Iterator[None]:
    """Of one deed each person hears once at most: in a message to them, or called by name in the team's thread."""
    before = newest(desk)
    yield
    heard = told_to(desk, before, ticket_id)
    assert all(count <= 1 for count in heard.values()), heard


def told_to(desk: Desk, before: int, ticket_id: int) -> Counter[str]:
    """How many messages each person got of a ticket after that letter."""
    heard = Counter[str]()
    for lane, channel, text in since(desk, before, ticket_id):
        if lane.startswith(("reporter:", "follower:", "owes:")):
            heard[channel] += 1
        elif lane.startswith("desk:") and (called := text.split(">")[0].removeprefix("<@")) in PEOPLE:
            heard[called] += text.startswith((f"<@{called}>:", f"<@{called}>,"))
    return heard


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
                reminders.deliver(desk, tx, one, None, "")


def nudges(desk: Desk) -> list[Nudge]:
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
