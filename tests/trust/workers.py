"""Every worker that writes, each with a scenario: what it stores of what Slack or another system answers.

The transactions of workers are read from the code. A scenario notes those that it begins, so none can be forgotten.
"""

import ast
import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

from bot.services.actions import actions
from bot.services.connectors import incoming, outgoing, trackers
from bot.services.intake import file_imports, intake
from bot.services.learning import draft_requests
from bot.services.mail import mailboxes
from bot.services.mail.receiving import receive
from bot.services.oncall import escalations
from bot.services.operations import timers
from bot.services.operations.catching_up import Gap, event_key
from bot.services.phases import phases
from bot.services.pulse import pulses
from bot.services.sla import reminders as team_reminders
from bot.services.teams import receiving as teams
from bot.services.teams.losses import SYSTEM as TEAMS
from bot.services.tickets import work
from bot.transport.mailbox import take_mail
from bot.views.intake.file_import import ImportChoice
from bot.workers.account_finder import AccountFinder
from bot.workers.availability import Availability
from bot.workers.catch_up import CatchUp
from bot.workers.channel_changer import Undelivered
from bot.workers.clock import TimerClock
from bot.workers.connection_trial import ConnectionTrial
from bot.workers.deliverability import DeliverabilityChecker
from bot.workers.draft_writer import DraftWriter
from bot.workers.file_reader import FileReader
from bot.workers.group_members import GroupMembers
from bot.workers.heartbeat import Heartbeat
from bot.workers.issue_sender import IssueReader, IssueSender
from bot.workers.mail_sender import MailSender
from bot.workers.mailbox_reader import MailboxReader
from bot.workers.objective_reader import ObjectiveReader
from bot.workers.outcome import undelivered
from bot.workers.profile_refresher import ProfileRefresher
from bot.workers.reminder_sender import ReminderSender
from bot.workers.survey_sender import SurveySender
from bot.workers.teams_sender import TeamsSender
from bot.workers.webhook_sender import WebhookSender
from connectors.faults import TrackerFault
from connectors.jira.client import JiraClient
from connectors.jira.fake import BOT, TOKEN, FakeIssue, FakeJira
from connectors.tracker import Tracker
from domain.actions.action_item import ActionDraft, ActionState
from domain.delivery.lanes import LaneKind, kind_of
from domain.delivery.message import Failure, FailureKind, Lane, MessageKind, OutboxMessage
from domain.errors import Repeated
from domain.intake.file_import import FileKind
from domain.knowledge.drafting import DraftKind, ModelAnswer
from domain.mail.mailbox import MailboxError, WaitingMail
from domain.operations.health import Replica
from domain.phases.settings import PhaseSettings
from domain.pulse.pulse import with_template_defaults
from domain.teams.outgoing import TeamsMessage
from domain.tickets.status import Status
from domain.tickets.ticket import File, Intake, Report, Severity
from handlers.errors import RequestFailed, answer
from handlers.request import Request
from handlers.routes import EVENTS
from storage.delivery.queue import SentMessage
from storage.store import StoreFailure
from storage.transaction import Transaction
from tests.trust import world
from tests.trust.faults import Killed
from tests.trust.ways_in import ADDRESS, EVA, _in_teams, _mail, _takes_mails, _takes_teams
from tests.trust.world import EVERY_MESSAGE, FILE, JO, LENA, MARIA, MEMBERS, PAY, RAVI, TEAM, TOM, World

FOLDER = Path(__file__).parents[2] / "bot" / "workers"
BEGINS = {"_serve", "_transact", "transact", "transaction", "begin"}  # methods that run a transaction
ELSEWHERE = {"dispatcher.py"}  # whose results are played by test_commit_points.py
# How many transactions of a function only follow a defect, or another process in between.
RARE = {("reminder_sender.py", "_each"): 1, ("issue_sender.py", "_fields"): 1}
GROUP = "S0TEAM"
Use = Callable[[World], object]
Site = tuple[str, int]  # a file, and a line of it
Serve = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]
# What is done by another process some minutes later; when, is no difference. A mark that was left ends by itself.
LATER = {
    "worker draft": {"outbox_messages.created_at", "outbox_messages.next_at"},
    "worker rehearsal": {"links: 1 rows, not 0"},
}
ends_before: list[str] = []  # the process ends before a transaction of that function and kind
ends_after: list[str] = []  # or after it
begun: set[Site] = set()  # the transactions that scenarios have begun, by where


def sites() -> Iterator[tuple[str, str, range]]:
    """Yield each place at which a worker runs a transaction: its file, its function and its lines."""
    for file in sorted(FOLDER.glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in BEGINS:
                    yield file.name, function.name, range(call.lineno, (call.end_lineno or call.lineno) + 1)


def unplayed() -> list[str]:
    """Return the places whose transactions no scenario has begun."""
    left = dict(RARE)
    found = list[str]()
    for file, function, lines in sites():
        if file in ELSEWHERE or any((file, line) in begun for line in lines):
            continue
        if left.get((file, function), 0):
            left[file, function] -= 1
            continue
        found.append(f"{file}:{lines.start} in {function}: add a scenario to tests/trust/workers.py")
    return found


def serving(now: World) -> Serve:
    """Run work in a transaction of that world, and note who asked for it."""

    def serve(service: Callable[[Transaction], Any]) -> Awaitable[Any]:
        frame = sys._getframe(1)
        begun.add((Path(frame.f_code.co_filename).name, frame.f_lineno))

        async def run() -> Any:
            given = (one for one in getattr(service, "args", ()) if isinstance(one, str))
            name = " ".join((getattr(getattr(service, "func", service), "__name__", ""), *given))
            _end(ends_before, name)
            with now.app.transaction() as tx:
                found = service(tx)
            _end(ends_after, name)
            return found

        return run()

    return serve


def _end(ends: list[str], name: str) -> None:
    if ends and name.startswith(ends[-1]):
        ends.pop()
        raise Killed


@contextmanager
def unharmed(now: World) -> Iterator[Transaction]:
    """A transaction of the dispatcher around a worker, which is not what is tried."""
    fuse = now.app.store.fuse  # type: ignore[attr-defined]
    usual, fuse.is_armed = fuse.is_armed, False
    with now.app.store.begin() as tx:
        yield tx
    fuse.is_armed = usual


async def read(work: Callable[[], Any]) -> Any:
    return work()


async def no_turn(_limit: str) -> None:
    """Wait for no rate limit."""


@dataclass(slots=True)
class Told:
    """What Slack answers, by method; a scenario without Slack's own words is a lookup that it refuses."""

    answers: Mapping[str, Any] = field(default_factory=dict)

    async def call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        found = self.answers.get(method, {"ok": False, "error": "not_allowed"})
        return dict(found(arguments) if callable(found) else found)

    async def download(self, _url: str, _limit: int) -> tuple[str, bytes] | None:
        return "text/csv", FILE

    async def upload(self, _url: str, _content: bytes) -> bool:
        return True


def _looks(make: Callable[[World, Serve], Any], times: int = 1) -> Use:
    """Make a worker inside a loop, and have it look so often."""

    def use(now: World) -> None:
        async def look() -> None:
            for _ in range(times):
                await make(now, serving(now))._look()

        asyncio.run(look())

    return use


def _set(made: World, **settings: Any) -> None:
    phases.apply_settings(made.app, PhaseSettings.model_validate(PAY.model_dump() | settings))


def _groups(made: World) -> Use:
    _set(made, responders=(*PAY.responders, GROUP))
    slack = Told({"usergroups.users.list": {"ok": True, "users": [TOM.id]}})

    def use(now: World) -> None:
        async def look() -> None:
            changed = partial(team_reminders.team_changed, now.app)
            await GroupMembers(now.app.store, slack, serving(now), read, changed)._look(everything=True)

        asyncio.run(look())

    return use


def _pages(made: World) -> Use:
    report = Report(summary="The till is down", severity=Severity.CRITICAL)
    intake.open_ticket(made.app, report, person=MARIA, phase_key="PAY", intake=Intake.COMMAND)
    slack = Told({"users.info": lambda asked: {"ok": True, "user": {"deleted": asked["user"] == RAVI.id}}})

    def make(now: World, serve: Serve) -> DeliverabilityChecker:
        warn = partial(escalations.record_warning, now.app)
        return DeliverabilityChecker(now.app.store, slack, serve, read, warn, now.app.now)

    return _looks(make, times=4)  # whom it warns about, it calls others for


def _caught_up(made: World) -> Use:
    since = made.app.now() - timedelta(hours=1)
    written = (made.app.now() - timedelta(minutes=30)).timestamp()
    said = [{"type": "message", "user": MARIA.id, "text": "The till in Kiel is down", "ts": f"{written:.6f}"}]
    slack = Told({"conversations.history": {"ok": True, "messages": said}})
    was_killed = False

    def use(now: World) -> None:
        nonlocal was_killed
        with now.app.store.read() as tx:
            if was_killed and not tx.message_archive.find_open_gap():
                return  # a start finds nothing that was not read back to its end

        async def handle(body: Mapping[str, Any]) -> int:
            event = body["event"]
            asked = Request(person=MARIA, request=event_key(event, ""), channel=event["channel"], payload=event)
            try:
                answer(EVENTS["message"], now.app, asked)
            except Repeated:
                return 200
            except RequestFailed:
                return 500
            return 200

        async def look() -> bool:
            return await CatchUp(now.app, slack, read, serving(now), no_turn, handle).run(
                Gap(since, (EVERY_MESSAGE,), ())
            )

        try:
            is_whole = asyncio.run(look())
        except Killed:
            was_killed = True
            raise
        if not is_whole:
            raise StoreFailure[0]("SELECT", {}, Exception("read again"))

    return use


def _objectives(made: World) -> Use:
    one = {"name": "orders", "label": "Orders", "target": 100.0, "database": "shop", "query": "SELECT 1"}
    _set(made, reporting={"objectives": (one,)})
    rows = [(date(2026, 3, 1), 90.0), (date(2026, 3, 2), 95.0)]
    return _looks(lambda now, serve: ObjectiveReader(now.app, lambda _name, _query: rows, OSError, serve, read))


def _profiles(made: World) -> Use:
    """Jo has left, and Lena has another name; of the others Slack says nothing."""
    world.move(made, made.app.now() + timedelta(days=8))
    known = {JO.id: {"deleted": True}, LENA.id: {"profile": {"display_name": "Helena"}}}

    def told(asked: Mapping[str, Any]) -> dict[str, Any]:
        person = asked["user"]
        if person not in known:
            return {"ok": False, "error": "user_not_found"}
        return {"ok": True, "user": {"id": person, "team_id": TEAM, "updated": 9, **known[person]}}

    return _looks(lambda now, serve: ProfileRefresher(now.app, Told({"users.info": told}), serve, read))


def _file(made: World) -> Use:
    file_imports.request_import(made.app, LENA, ("F0NEW", "new.csv"), FileKind.TICKETS, ImportChoice("PAY"), "asked")
    slack = Told({"files.info": {"ok": True, "file": {"user": LENA.id, "url_private": "https://files.slack.com/a"}}})
    return _looks(lambda now, serve: FileReader(now.app, slack, serve, read))


def _drafts(made: World) -> Use:
    draft_requests.request_about_ticket(made.app, JO, DraftKind.SUMMARY, made.ids["taken"], "asked")
    wrote = ModelAnswer("The sums are rounded wrongly.", 100, 10)
    again = made.app.now() + 2 * draft_requests.TAKEN

    def use(now: World) -> None:
        look = _looks(lambda now, serve: DraftWriter(now.app, lambda _prompt: wrote, OSError, serve, read))
        look(now)
        world.move(now, again)  # when another process may ask the model
        look(now)

    return use


def _reminders(made: World) -> Use:
    world.only_timer(made, "waiting")
    while timers.run_due(made.app):
        pass
    world.move(made, made.app.now() + timedelta(hours=1))
    slack = Told({"dnd.teamInfo": {"ok": True, "users": {}}})
    return _looks(lambda now, serve: ReminderSender(now.app, Availability(slack, no_turn), serve, read))


def _audience(made: World) -> Use:
    """A wave whose people are yet to be looked up."""
    world.only_timer(made, "pulse_close")
    while timers.run_due(made.app):
        pass
    with made.app.transaction() as tx:
        phase = tx.phases.list_phases()[0]
        wave = pulses.start(made.app, tx, phase, with_template_defaults(phase.pulse.pulses[0]), "second")
    assert wave
    return _looks(_survey_sender)


def _invitations(made: World) -> Use:
    """People who are to be asked again."""
    world.move(made, made.app.now() + timedelta(days=5))
    return _looks(_survey_sender)


def _survey_sender(now: World, serve: Serve) -> SurveySender:
    people = [{"id": one, "team_id": TEAM, "tz": "UTC"} for one in MEMBERS]
    told = {"users.list": {"ok": True, "members": people}, "dnd.teamInfo": {"ok": True, "users": {}},
            "conversations.members": {"ok": True, "members": MEMBERS},
            "users.info": lambda asked: {"ok": True, "user": {"id": asked["user"], "team_id": TEAM}}}  # fmt: skip
    return SurveySender(now.app, Availability(Told(told), no_turn), serve, read)


def _heartbeat(made: World) -> Use:
    """A process that was killed held messages, which this one takes over at its start."""
    with made.app.store.begin() as tx:
        lane = tx.outbox.find(f"team:{made.ids['asked']}")
        assert lane
        tx.outbox.post(lane, {"text": "Which page?"}, at=made.app.now())
        assert tx.queue.claim(made.app.now(), 5).messages
        tx.queue.settle(made.app.now())
    made.app.store.me = "another"

    def use(now: World) -> None:
        me = Replica(id=now.app.store.me, name="x", version="1", started_at=now.app.now())

        async def beat() -> bool:
            heart = Heartbeat(now.app.store, me, serving(now), lambda: None)
            return await heart._try(heart._join)

        if not asyncio.run(beat()):
            raise StoreFailure[0]("UPDATE", {}, Exception("is locked"))

    return use


def _clock(made: World) -> Use:
    """The machine's clock is set back by an hour."""
    back = made.app.now()

    def use(now: World) -> None:
        now.app.now.at = back + timedelta(hours=1)  # type: ignore[attr-defined]
        clock = TimerClock(now.app)
        now.app.now.at = back  # type: ignore[attr-defined]
        begun.add(("clock.py", _line_of("clock.py", "_notice_jumps")))
        clock._notice_jumps()

    return use


def _line_of(file: str, function: str) -> int:
    return next(lines.start for name, inside, lines in sites() if (name, inside) == (file, function))


def _mails(*, fails: bool) -> Callable[[World], Use]:
    """A mail server that works again, or one that has failed for longer than people are not told."""

    def begin(made: World) -> Use:
        _takes_mails(made)
        receive(made.app, ADDRESS, _mail("first"))
        _failing_since(made, "mail")
        queued = _claim(made, lambda lane: lane.name.startswith("reporter:"))
        failure = Failure("no_answer", FailureKind.OUTAGE) if fails else None

        def use(now: World) -> None:
            async def no_content(_file: str) -> bytes | None:
                return None

            asyncio.run(MailSender(now.app, lambda _mail: failure, serving(now), no_content).send(queued))

        return use

    return begin


def _teams_messages(*, fails: bool) -> Callable[[World], Use]:
    """A person's chat in Teams, to which messages get again, or have not got for longer than people are not told."""

    class Chats:
        async def send(self, _message: TeamsMessage) -> str | Failure:
            return Failure("no_answer", FailureKind.OUTAGE) if fails else "1772528400000"

    def begin(made: World) -> Use:
        _takes_teams(made)
        teams.receive(made.app, _in_teams("1", "Totals are wrong"))
        _failing_since(made, TEAMS)
        with made.app.store.read() as tx:
            person = tx.teams_people.find_person("o1")
        assert person
        queued = _claim(made, lambda lane: lane.channel == person.id)

        async def no_content(_file: str) -> bytes | None:
            return None

        def use(now: World) -> None:
            with suppress(*[Undelivered] if fails else []):
                asyncio.run(TeamsSender(now.app, Chats(), serving(now), no_content).deliver(queued))

        return use

    return begin


def _rehearses(made: World) -> Use:
    """A door of the phase is tried with a mark, which is gone afterwards."""

    class Doors:
        async def request(self, _request: Mapping[str, Any]) -> str:
            return ""

        async def hand_over_mail(self, _address: str, _mark: str, *, strangers: bool) -> str:
            raise AssertionError(strangers)

    async def tell(*_given: object) -> Failure | None:
        raise AssertionError

    queued = OutboxMessage(id=1, lane=Lane(id=1, name="rehearsal", channel=""), verb=MessageKind.HOOK, priority=1,
                           payload={"phase": made.ids["phase"], "request": {}}, created_at=made.app.now())  # fmt: skip

    def use(now: World) -> None:
        asyncio.run(ConnectionTrial(now.app, {}, None, Doors(), tell, serving(now)).send(queued))

    return use


class OneMail:
    """A mailbox with one mail, which waits until it is marked; None where it can't be opened."""

    def __init__(self) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = EVA, ADDRESS, "Totals", "<read@x.example>"
        mail.set_content("It says 0.")
        self.content, self.waits = mail.as_bytes(), True

    def skip_read(self) -> None:
        """No person reads in it."""

    def list_waiting(self, _since: date | None) -> list[str]:
        return ["1"] if self.waits else []

    def list_sizes(self, uids: Sequence[str]) -> list[WaitingMail]:
        return [WaitingMail(one, len(self.content)) for one in uids]

    def fetch(self, uids: Sequence[str]) -> list[tuple[str, bytes]]:
        return [(one, self.content) for one in uids]

    def mark_taken(self, uids: Sequence[str]) -> None:
        self.waits = self.waits and not uids

    def mark_refused(self, uids: Sequence[str]) -> None:
        assert not uids

    def wait(self, _seconds: float) -> None:
        """There is no news."""

    def close(self) -> None:
        """It holds nothing."""


def _mailbox(*, fails: bool) -> Callable[[World], Use]:
    """A mailbox that can be read again, or one that could not for longer than people are not told."""

    def begin(made: World) -> Use:
        _takes_mails(made)
        _failing_since(made, mailboxes.SYSTEM)
        with made.app.transaction() as tx:
            tx.mails.meet(EVA, "", made.app.now())  # the id of a writer is drawn anew by each process
        box = OneMail()

        def open_() -> OneMail:
            if fails:
                raise MailboxError("no_answer")
            return box

        def use(now: World) -> None:
            async def look() -> None:
                take = partial(take_mail, partial(mailboxes.receive, now.app), "")
                reader = MailboxReader(now.app, open_, take, serving(now))
                try:
                    await reader._look()
                finally:
                    reader._threads.shutdown()

            asyncio.run(look())

        return use

    return begin


def _webhook(*, fails: bool) -> Callable[[World], Use]:
    def begin(made: World) -> Use:
        _failing_since(made, "webhook:shop")
        lane = Lane(id=1, name=f"{LaneKind.WEBHOOK}:1:shop", channel="webhook:shop")
        assert kind_of(lane.name) is LaneKind.WEBHOOK
        queued = OutboxMessage(id=1, lane=lane, verb=MessageKind.HOOK, payload={}, priority=1,
                               created_at=made.app.now())  # fmt: skip

        async def tell(_system: str, _number: int, _body: Mapping[str, Any]) -> Failure | None:
            return Failure("no_answer", FailureKind.OUTAGE) if fails else None

        return lambda now: asyncio.run(WebhookSender(now.app, tell, serving(now)).send(queued))

    return begin


def _failing_since(made: World, system: str) -> None:
    """It has failed for so long that people are told at the next failure, unless they were."""
    with made.app.transaction() as tx:
        trackers.note_failure(made.app, tx, system=system, label="It", reason="no_answer")
    world.move(made, made.app.now() + timedelta(minutes=20))


def _claim(made: World, wanted: Callable[[Lane], bool]) -> OutboxMessage:
    """Claim messages as the dispatcher does, and return the first that is wanted."""
    with made.app.store.begin() as tx:
        found = tx.queue.claim(made.app.now(), 100).messages
        tx.queue.settle(made.app.now())
    return next(one for one in found if wanted(one.lane))


def _jira(
    prepare: Callable[[World], None],
    after: Callable[[World, FakeJira], None] = lambda _made, _jira: None,
    fault: TrackerFault | None = None,
) -> Callable[[World], Use]:
    """A Jira that gets what is queued for it, after `prepare`, then after `after`; its issue and comments are one."""

    def begin(made: World) -> Use:
        _set(made, connections=({"system": "jira", "project": "OPS", "subtask_type": "Sub-task", "notes": True},))
        made.app.trackers = {"jira": "Jira"}
        with made.app.store.begin() as tx:
            tx.issue_links.update_state("jira", asked_at=made.app.now())
        prepare(made)
        jira = FakeJira(now=made.app.now)
        jira.fault = replace(fault) if fault else None
        jira.addresses = {"acc-sam": "jo@example.com"}

        def use(now: World) -> None:
            now.app.trackers = {"jira": "Jira"}
            with unharmed(now) as tx:
                tx.queue.release()  # what a killed process held
            asyncio.run(_to_jira(now, jira))
            after(now, jira)
            asyncio.run(_to_jira(now, jira))
            assert len([one for one in jira.issues.values() if not one.fields.get("parent")]) <= 1
            for issue in jira.issues.values():
                texts = jira.texts(issue.key)
                assert sorted(set(texts)) == sorted(texts), f"a comment was sent twice: {texts}"
                names = [one["filename"] for one in issue.fields["attachment"]]
                assert sorted(set(names)) == sorted(names), f"a file was sent twice: {names}"

        return use

    return begin


async def _to_jira(now: World, jira: FakeJira) -> None:
    """Send what waits for Jira, as the dispatcher does; what waits for Slack has arrived."""
    await jira.start()
    tracker = JiraClient(jira.url, BOT, TOKEN, None)
    sender = IssueSender(now.app, {"jira": tracker}, serving(now), _content, _accounts(now))
    try:
        while queued := _claim_for_jira(now):
            for one in queued:
                failure = await sender.send(one)
                with unharmed(now) as tx:
                    if failure is None:
                        tx.queue.mark_sent(SentMessage(one, "jira", None, now.app.now()))
                    else:
                        undelivered(tx, one, failure, now.app.now(), lambda *_dead: None)
                    tx.queue.settle(now.app.now())
    finally:
        await tracker.close()
        await jira.stop()


def _claim_for_jira(now: World) -> list[OutboxMessage]:
    with unharmed(now) as tx:
        found = tx.queue.claim(now.app.now(), 100).messages
        others = [one for one in found if one.lane.channel != "jira"]
        tx.queue.mark_sent(
            *(SentMessage(one, one.lane.channel, f"2100000000.{one.id:06}", now.app.now()) for one in others)
        )
        tx.queue.settle(now.app.now())
    return [one for one in found if one.lane.channel == "jira"]


# Slack knows everyone by the address that the fake Jira shows, so that accounts are found and a profile is kept.
_PEOPLE = {
    "users.info": lambda asked: _answer_about(asked["user"]),
    "users.lookupByEmail": lambda _asked: _answer_about(JO.id),
}


def _accounts(now: World) -> AccountFinder:
    return AccountFinder(now.app, Told(_PEOPLE), serving(now))


def _answer_about(person: str) -> dict[str, Any]:
    user = {"id": person, "is_email_confirmed": True, "profile": {"email": "jo@example.com", "real_name": "Jo"}}
    return {"ok": True, "user": user}


async def _content(_file: str) -> bytes:
    return b"a page"


def _wants_issue(made: World, key: str = "") -> None:
    outgoing.want_issue(made.app, made.ids["taken"], JO, key)


def _full_issue(made: World) -> None:
    """An issue, with what both people wrote and sent."""
    _wants_issue(made)
    work.reply(made.app, made.ids["taken"], JO, "It is the cable", "replied")
    changes = {"files": (File("F0PAGE", "page.txt", "https://w.slack.com/files/F0PAGE"),)}
    intake.add_details(made.app, made.ids["taken"], changes, person=MARIA, request="details")


def _answered(made: World, jira: FakeJira) -> None:
    """A developer comments on the issue, takes it and moves it, and its sub-task is done."""
    issue, subtask = (_find(jira, below=below) for below in (False, True))
    assert issue
    assert subtask
    if "Found it" not in jira.texts(issue.key):
        jira.person_comments(issue.key, "Found it")
        jira.addresses["acc-dev"] = "jo@example.com"
        jira.person_sets(issue.key, assignee="acc-dev")
        jira.person_moves(issue.key, "In Progress")
        jira.person_moves(subtask.key, "Done")
    for one in (issue, subtask):
        with suppress(Repeated):
            incoming.note_news(made.app, "jira", one.id, f"news of {one.id}")


def _changed(made: World, _jira: FakeJira) -> None:
    """The team works on its ticket, and an action is done, which Jira has to follow."""
    with suppress(Repeated):
        work.set_status(made.app, made.ids["taken"], JO, Status.FIXING, "fixing")
    with suppress(Repeated):
        draft = ActionDraft(title="Ask the bank", owner=JO.id, due=made.app.now().date(), state=ActionState.DONE)
        actions.change(made.app, JO, made.ids["action"], draft, "done")


def _deleted(made: World, jira: FakeJira, *, below: bool = False) -> None:
    """Someone deletes the issue, or its sub-task."""
    if one := _find(jira, below=below):
        jira.person_deletes(one.key)
        made.names["deleted"] = one.id
    with suppress(Repeated):
        incoming.note_news(made.app, "jira", made.names["deleted"], "deleted")


def _subtask_refused(made: World, jira: FakeJira) -> None:
    jira.fault = TrackerFault(status=400, only="POST /rest/api/3/issue")
    draft = ActionDraft(title="Call", owner=JO.id, due=made.app.now().date())
    with suppress(Repeated):
        actions.add(made.app, JO, str(made.ids["taken"]), draft, request="added")


def _find(jira: FakeJira, *, below: bool) -> FakeIssue | None:
    """Return the issue, or its sub-task."""
    return next((one for one in jira.issues.values() if bool(one.fields.get("parent")) is below), None)


def _reads_jira(*, fails: bool) -> Callable[[World], Use]:
    """Jira is asked which issues were changed."""

    def begin(made: World) -> Use:
        _set(made, connections=({"system": "jira", "project": "OPS"},))
        with made.app.transaction() as tx:
            tx.issue_links.insert("jira", made.ids["taken"], {})
            link = tx.issue_links.find("jira", made.ids["taken"])
            assert link
            tx.issue_links.update(link.id, issue_id="10001", key="OPS-1")
        _failing_since(made, "jira")

        def use(now: World) -> None:
            async def look() -> None:
                jira = FakeJira(now=now.app.now)
                jira.fault = TrackerFault(status=503) if fails else None
                await jira.start()
                known: dict[str, Tracker] = {"jira": JiraClient(jira.url, BOT, TOKEN, None)}
                try:
                    sender = IssueSender(now.app, known, serving(now), _content, _accounts(now))
                    await IssueReader(now.app, known, sender, serving(now))._look()
                finally:
                    await known["jira"].close()
                    await jira.stop()

            asyncio.run(look())

        return use

    return begin


WORKERS: dict[str, Callable[[World], Use]] = {
    "user groups": _groups, "page check": _pages, "read back": _caught_up, "objectives": _objectives,
    "profiles": _profiles, "file import": _file, "draft": _drafts, "reminders": _reminders,
    "audience": _audience, "invitations": _invitations,
    "heartbeat": _heartbeat, "clock set back": _clock,
    "mail": _mails(fails=False), "mail fails": _mails(fails=True),
    "mailbox": _mailbox(fails=False), "mailbox fails": _mailbox(fails=True),
    "webhook": _webhook(fails=False), "webhook fails": _webhook(fails=True),
    "teams": _teams_messages(fails=False), "teams fails": _teams_messages(fails=True), "rehearsal": _rehearses,
}  # fmt: skip
# What is stored of a tracker; each call names its issue anew, so only what is there in the end is compared.
TRACKERS: dict[str, Callable[[World], Use]] = {
    "issue": _jira(_full_issue, _answered), "issue not found": _jira(partial(_wants_issue, key="OPS-77")),
    "issue refused": _jira(_wants_issue, fault=TrackerFault(status=400, only="POST /rest/api/3/issue")),
    "issue deleted": _jira(_wants_issue, _deleted),
    "sub-task deleted": _jira(_wants_issue, partial(_deleted, below=True)),
    "issue follows": _jira(_wants_issue, _changed),
    "sub-task refused": _jira(_wants_issue, _subtask_refused),
    "tracker read": _reads_jira(fails=False), "tracker fails": _reads_jira(fails=True),
}  # fmt: skip
