"""The verdict reports every message or row that was removed, doubled or changed behind the bot's back."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from bot.context import TimerHandler
from bot.services.registry import TIMERS
from connectors.jira.fake import FakeIssue, FakeJira
from connectors.mail.fake import FakeMailbox
from connectors.teams.activities import read_activity
from connectors.teams.fake_chat import FakeTeamsChats
from domain.delivery.message import MessageState
from domain.mail.tags import message_id
from sandbox.model import Channel, Message
from sandbox.world import World
from storage.delivery.tables import lanes, messages, mirrors
from storage.operations.tables import timer_runs, timers
from storage.store import Store
from storage.tickets.milestone_table import milestones
from storage.tickets.tables import affected, events, files, occurrences, tickets
from storage.transaction import Transaction
from tests.chaos import CHAOS
from tests.chaos.bot import _speak
from tests.chaos.crowd import Told
from tests.chaos.machines import ADDRESS
from tests.chaos.verdict import Verdict, judge, judge_others, judge_people_outside, unfinished, unheard
from tests.support import ready
from tests.support.bot import running

REPORT = "The till prints nothing"
KEY = "chaos-0-0"
SECRET = b"a secret of this test"


@dataclass(frozen=True)
class Ended:
    """What is there after the bot has stopped, for a test to spoil."""

    store: Store
    world: World
    now: datetime

    @property
    def channels(self) -> list[Channel]:
        return [*self.world.workspace.channels.values()]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, World, datetime]:
    """One acknowledged report, and one timer that fired: the database, the workspace and the end."""
    file = tmp_path_factory.mktemp("verdict") / "hypercare.db"
    with pytest.MonkeyPatch.context() as patched, running(ready.sqlite(file)) as app:
        patched.setitem(TIMERS, CHAOS, TimerHandler(_speak))
        app.person("maria").reports(REPORT, "medium")
        app.quiet()
        app.person("jo").types("/hypercare ack PAY-1", "hypercare-desk")
        with app.application.context.transaction() as tx:
            due, channel = app.application.context.now() + timedelta(seconds=0.1), app.channel_id("hypercare-digest")
            tx.timers.set_once(KEY, CHAOS, due, data={"channel": channel})
        with app.application.store.read() as tx:
            while tx.connection.scalar(select(timers.c.next_at).where(timers.c.key == KEY)):
                tx.connection.rollback()
        app.quiet()
        now = app.application.context.now()
    return file.read_bytes(), app.box.world, now


@pytest.fixture
def ended(played: tuple[bytes, World, datetime], tmp_path: Path) -> Iterator[Ended]:
    whole, world, now = played
    file = tmp_path / "hypercare.db"
    file.write_bytes(whole)
    with closing(Store(f"sqlite:///{file}")) as store:
        mine = Ended(store, world, now)
        kept = [(channel.messages, deepcopy(channel.messages)) for channel in mine.channels]
        yield mine
        for there, before in kept:
            there.clear()
            there.update(before)


def verdict(ended: Ended) -> Verdict:
    assert unfinished(ended.store, 1) == ""
    return judge(ended.store, ended.world, Told(closed=[REPORT]), [KEY])


def posted(ended: Ended, text: str) -> Iterator[tuple[dict[str, Message], Message]]:
    for channel in ended.channels:
        yield from ((channel.messages, m) for m in [*channel.messages.values()] if text in m.text)


def test_who_sent_two_forms_has_two_tickets(ended: Ended) -> None:
    """A form may open late, in place of the one that was sent."""
    with ended.store.begin() as tx:
        double_ticket(tx)
    for forms, doubled in ({"V1"}, 1), ({"V1", "V2"}, 0):
        found = judge(ended.store, ended.world, Told(closed=[REPORT], forms={REPORT: forms}), [KEY])
        assert found.counts("tickets doubled") == doubled


def test_what_went_well_is_called_so(ended: Ended) -> None:
    found = verdict(ended)
    assert found.ok, found.details()
    assert (found.tickets, found.timers) == (1, 1)
    assert found.messages >= 4


def forget_ticket(tx: Transaction) -> None:
    for table in (affected, occurrences, events, files, mirrors, milestones):
        tx.connection.execute(delete(table))
    tx.connection.execute(update(lanes).values(ticket_id=None))
    tx.connection.execute(update(timers).values(ticket_id=None))
    tx.connection.execute(delete(tickets))


def double_ticket(tx: Transaction) -> None:
    row = dict(tx.connection.execute(select(tickets)).mappings().one())
    tx.connection.execute(insert(tickets).values({**row, "id": 99, "number": 99}))


def swap_order(tx: Transaction) -> None:
    """The reporter's first two messages have changed places."""
    lane = tx.connection.scalar(select(lanes.c.id).where(lanes.c.name == "reporter:1"))
    mine = select(messages.c.id, messages.c.ts).where(messages.c.lane_id == lane, messages.c.verb == "post")
    (one, at), (two, then), *_ = tx.connection.execute(mine.order_by(messages.c.id)).all()
    for queued, ts in ((one, then), (two, at)):
        tx.connection.execute(update(messages).where(messages.c.id == queued).values(ts=ts))


@pytest.mark.parametrize(("sabotage", "name"), [
    (forget_ticket, "reports lost"),
    (double_ticket, "tickets doubled"),
    (swap_order, "messages out of order"),
    (lambda tx: tx.connection.execute(update(tickets).values(summary="Something else")), "tickets without a report"),
    (lambda tx: tx.connection.execute(delete(timer_runs)), "timers without one run"),
    (lambda tx: tx.connection.execute(update(messages).where(messages.c.id == 1).values(state=MessageState.DEAD)),
     "messages unsent"),
])  # fmt: skip
def test_what_is_wrong_in_the_database_is_seen(
    ended: Ended, sabotage: Callable[[Transaction], object], name: str
) -> None:
    with ended.store.begin() as tx:
        sabotage(tx)
    assert name in [wrong for wrong, found in verdict(ended).wrong.items() if found]


def test_what_is_written_once_all_is_quiet_may_wait(ended: Ended) -> None:
    """The clock goes on until the last replica has stopped, and reminders with it."""
    store = ended.store
    with store.begin() as tx:
        tx.connection.execute(update(messages).where(messages.c.id == 1).values(state=MessageState.DEAD))
        written = tx.connection.scalar(select(messages.c.created_at).where(messages.c.id == 1))
    for at_rest, unsent in ((written - timedelta(seconds=1), 0), (written, 1)):
        found = judge(store, ended.world, Told(closed=[REPORT]), [KEY], at_rest)
        assert len(found.wrong["messages unsent"]) == unsent


def test_what_is_wrong_with_other_systems_is_seen(ended: Ended) -> None:
    """Nothing of what they say they sent is there, and an issue is there twice."""
    jira = FakeJira()
    told = Told(closed=[REPORT], lines=20, comments=["Jira says 1", "Jira says 2"])
    store, world = ended.store, ended.world
    labels = {"labels": ["hypercare-PAY-7"]}
    jira.issues |= {name: FakeIssue(name, name, labels) for name in ("1", "2")}
    with store.begin() as tx:
        tx.connection.execute(update(tickets).values(summary="Alert 1"))
    there, message = next(posted(ended, REPORT))
    message.text = "Jira says 2"
    say_twice(there, message)
    found = Verdict()
    judge_others(found, store, world, told, jira)
    assert {name for name, wrong in found.wrong.items() if wrong} == {
        "lines lost", "comments lost", "comments doubled", "issues lost", "issues doubled"}  # fmt: skip
    assert unheard(world, told) == "1 comments from Jira"


def to_people_outside(ended: Ended, person: str) -> list[Any]:
    """Have the reporter of the only ticket be a person without Slack; what was sent to them."""
    with ended.store.begin() as tx:
        mine = select(lanes.c.id).where(lanes.c.name == "reporter:1").scalar_subquery()
        tx.connection.execute(update(lanes).where(lanes.c.id == mine).values(channel=person))
        query = select(messages.c.id, messages.c.uncertain).where(messages.c.lane_id == mine, messages.c.verb == "post")
        return [*tx.connection.execute(query.order_by(messages.c.id))]


@pytest.mark.parametrize(("copies", "wrong"), [(0, "mails lost"), (1, ""), (2, "mails doubled")])
def test_mails_that_are_lost_or_doubled_are_seen(ended: Ended, copies: int, wrong: str) -> None:
    mailbox, found = FakeMailbox(ADDRESS), Verdict()
    for row in to_people_outside(ended, "mail-1"):
        mail = EmailMessage()
        mail["Message-ID"] = message_id(SECRET, 1, str(row.id), ADDRESS.partition("@")[2])
        mailbox.sink.received += [mail] * copies
    judge_people_outside(found, ended.store, SECRET, Told(), mailbox, FakeTeamsChats())
    assert {name for name, what in found.wrong.items() if what} == {wrong} - {""}
    with ended.store.begin() as tx:
        tx.connection.execute(update(messages).values(uncertain=True))
    again = Verdict()
    judge_people_outside(again, ended.store, SECRET, Told(), mailbox, FakeTeamsChats())
    assert again.ok == (copies > 0)


@pytest.mark.parametrize(("more", "wrong"), [(-1, "Teams messages lost"), (0, ""), (1, "Teams messages doubled")])
def test_messages_in_teams_that_are_lost_or_doubled_are_seen(ended: Ended, more: int, wrong: str) -> None:
    chats, mailbox, found = FakeTeamsChats(), FakeMailbox(ADDRESS), Verdict()
    eva = chats.person("Eva")
    activity = read_activity(json.dumps(chats.activity(eva, text="Hello")).encode())
    assert activity
    activity = replace(activity, service_url="http://127.0.0.1:1")
    with ended.store.begin() as tx:
        met = tx.teams_people.meet(activity, ended.now)
        assert met
    sent = to_people_outside(ended, met[0].id)
    eva.read = {str(number): {} for number in range(len(sent) + more)}
    told = Told(in_teams=[eva.account])
    judge_people_outside(found, ended.store, SECRET, told, mailbox, chats)
    assert {name for name, what in found.wrong.items() if what} == {wrong} - {""}


def take_away(there: dict[str, Message], message: Message) -> None:
    del there[message.ts]


def say_twice(there: dict[str, Message], message: Message) -> None:
    there["1999999999.000001"] = replace(message, ts="1999999999.000001")


def change(_there: dict[str, Message], message: Message) -> None:
    message.text = "something else"


@pytest.mark.parametrize(("sabotage", "words", "name"), [
    (take_away, REPORT, "messages lost"), (take_away, f"timer {KEY}", "timers unheard"),
    (say_twice, REPORT, "messages doubled"), (say_twice, f"timer {KEY}", "timers heard twice"),
    (change, f"PAY-1 · Medium · {REPORT}", "messages stale"),
])  # fmt: skip
def test_what_is_wrong_in_slack_is_seen(
    ended: Ended, sabotage: Callable[[dict[str, Message], Message], None], words: str, name: str
) -> None:
    there, message = next(posted(ended, words))
    sabotage(there, message)
    assert name in [wrong for wrong, found in verdict(ended).wrong.items() if found]
