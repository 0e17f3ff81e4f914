"""Actions of people on a ticket, on a database without Slack, and who is told about each."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select

from bot.context import AppContext
from bot.services.conversations import threads
from bot.services.followup import deferral, promises, reminders, verification, waiting
from bot.services.intake import duplicates
from bot.services.operations import timers
from bot.services.tickets import work
from domain.followup.promises import PromiseKind
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.closing import Solution
from domain.tickets.status import Status
from domain.tickets.ticket import Deferral, Fix
from storage.delivery.tables import lanes, messages
from storage.followup.reminders import Reminder
from tests.support.ready import COUNTER

PHASE = PhaseSettings(
    key="PAY",
    name="Payday",
    triage_channel="C0000001",
    oncall_channel="C0000002",
    leads=("U0LENA0",),
    responders=("U0JO000", "U0RAVI0"),
    followup={"weekly_note": "never"},
)
MARIA, TOM, JO, RAVI, LENA = (Person(one) for one in ("U0MARIA", "U0TOM00", "U0JO000", "U0RAVI0", "U0LENA0"))
PEOPLE = {person.id for person in (MARIA, TOM, JO, RAVI, LENA)}
FIXED = Solution(explanation="Restarted", fix=Fix.SYMPTOM)
ACTIONS: dict[str, Callable[[AppContext, int, int], object]] = {
    "acknowledge": lambda app, one, _: work.acknowledge(app, one, JO),
    "take": lambda app, one, _: work.take(app, one, RAVI),
    "assign": lambda app, one, _: work.assign(app, one, LENA, RAVI.id),
    "investigate": lambda app, one, _: work.set_status(app, one, JO, Status.INVESTIGATING),
    "fix": lambda app, one, _: work.set_status(app, one, JO, Status.FIXING),
    "reply": lambda app, one, _: work.reply(app, one, RAVI, "We are at it"),
    "tell all": lambda app, one, _: work.reply(app, one, JO, "We are nearly there", all_followers=True),
    "ask": lambda app, one, _: waiting.ask_reporter(app, one, JO, "Which page?"),
    "answer": lambda app, one, _: writes(app, one, "reporter", MARIA, "The third one"),
    "still broken": lambda app, one, _: writes(app, one, "reporter", MARIA, "It is still broken"),
    "team": lambda app, one, _: writes(app, one, "team", JO, ">> It is the cable"),
    "inside": lambda app, one, _: writes(app, one, "team", RAVI, "I think it is the cable"),
    "promise": lambda app, one, _: promises.make_promise(
        app, one, JO, PromiseKind.FIX, app.now() + timedelta(hours=30), ""
    ),
    "renew": lambda app, one, _: promises.make_promise(
        app, one, JO, PromiseKind.FIX, app.now() + timedelta(days=4), "Late"
    ),
    "news": lambda app, one, _: promises.make_promise(
        app, one, RAVI, PromiseKind.UPDATE, app.now() + timedelta(hours=5), "x"
    ),
    "resolve": lambda app, one, _: verification.resolve(app, one, JO, FIXED),
    "confirm": lambda app, one, _: verification.confirm(app, one, MARIA),
    "tom confirms": lambda app, one, _: verification.confirm(app, one, TOM),
    "cannot check": lambda app, one, _: verification.cannot_check(app, one, MARIA),
    "reopen": lambda app, one, _: verification.reopen(app, one, MARIA, "Again"),
    "tom says no": lambda app, one, _: verification.reopen(app, one, TOM, "Not for me"),
    "defer": lambda app, one, _: deferral.defer(
        app, one, LENA, next(iter(Deferral)), "Later", app.now().date() + timedelta(days=3)
    ),
    "defer for good": lambda app, one, _: deferral.defer(app, one, LENA, next(iter(Deferral)), "Who knows", None),
    "me too": lambda app, one, _: duplicates.add_affected(app, one, TOM),
    "jo too": lambda app, one, _: duplicates.add_affected(app, one, JO),
    "withdraw": lambda app, one, _: work.withdraw(app, one, MARIA),
    "close": lambda app, one, _: work.close(app, one, LENA, "It needs no fix"),
    "merge": lambda app, one, other: duplicates.merge(app, one, other, LENA),
    "unmerge": lambda app, one, _: duplicates.unmerge(app, one, LENA),
    "a while": lambda app, _one, _other: wait(app, hours=3),
    "a day": lambda app, _one, _other: wait(app, days=1),
    "a week": lambda app, _one, _other: wait(app, days=7),
}


@contextmanager
def heard_once(app: AppContext, ticket_id: int) -> Iterator[None]:
    """Assert that an action tells each person at most once, by a message or by a mention in the team's thread."""
    before = newest(app)
    yield
    heard = told_to(app, before, ticket_id)
    assert all(count <= 1 for count in heard.values()), heard


def told_to(app: AppContext, before: int, ticket_id: int) -> Counter[str]:
    """Count the messages each person got about a ticket after that message."""
    heard = Counter[str]()
    for lane, channel, text in since(app, before, ticket_id):
        if lane.startswith(("reporter:", "follower:", "promise:")):
            heard[channel] += 1
        elif lane.startswith("team:") and (called := text.split(">")[0].removeprefix("<@")) in PEOPLE:
            heard[called] += text.startswith((f"<@{called}>:", f"<@{called}>,"))
    return heard


def newest(app: AppContext) -> int:
    with app.store.read() as tx:
        return tx.connection.scalar(select(messages.c.id).order_by(messages.c.id.desc()).limit(1)) or 0


def since(app: AppContext, after: int, ticket_id: int) -> list[tuple[str, str, str]]:
    asked = select(lanes.c.name, lanes.c.channel, messages.c.payload).join(lanes, lanes.c.id == messages.c.lane_id)
    posted = asked.where(messages.c.id > after, messages.c.verb == "post", lanes.c.ticket_id == ticket_id)
    with app.store.read() as tx:
        return [(name, channel, str(payload["text"])) for name, channel, payload in tx.connection.execute(posted)]


def wait(app: AppContext, **span: float) -> None:
    app.now.forward(**span)  # type: ignore[attr-defined]


def fires(app: AppContext, ticket_id: int) -> None:
    """Run the timers that are due and send the reminders that are due."""
    while timers.run_due(app):
        pass
    while due := nudges(app):
        for one in due:
            with heard_once(app, ticket_id), app.transaction() as tx:
                reminders.send_when_available(app, tx, one, None, "")


def nudges(app: AppContext) -> list[Reminder]:
    with app.store.read() as tx:
        return [*tx.reminders.list_due(app.now(), 50)]


def writes(app: AppContext, ticket_id: int, lane: str, person: Person, text: str) -> None:
    """In a thread of the ticket, whose first message has landed."""
    with app.store.begin() as tx:
        found = tx.outbox.find(f"{lane}:{ticket_id}")
        assert found
        if not found.thread_ts:
            anchored = lanes.update().where(lanes.c.id == found.id)
            tx.connection.execute(anchored.values(thread_ts=f"{ticket_id}.{found.id}"))
            tx.connection.execute(messages.update().where(messages.c.lane_id == found.id).values(state="sent"))
    said = threads.ThreadMessage(channel=found.channel, ts=f"{next(COUNTER)}.1", thread_ts=f"{ticket_id}.{found.id}",
                        person=person, text=text, request=f"said {next(COUNTER)}")  # fmt: skip
    assert threads.receive_message(app, said)
