"""One run: a sandbox in this process, replicas beside it, rounds of people, timers and faults, and a verdict."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bot.commands.sandbox import MANIFEST, phase_of
from bot.context import AppContext
from bot.database import open_store
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.signals import integrations
from connectors.jira.fake import BOT, TOKEN, FakeJira
from connectors.mail.fake import AUTHSERV, FakeMailbox
from connectors.teams.fake_chat import TENANT, FakeTeamsChats
from domain.connectors.settings import Connection
from domain.mail.settings import MailSettings
from domain.phases.settings import PhaseSettings
from domain.signals.settings import SignalSettings
from domain.teams.settings import TeamsSettings
from domain.tickets.ticket import Severity
from sandbox.server import Sandbox
from storage.store import Store, StoreFailure
from tests.chaos import CHAOS
from tests.chaos.crowd import Crowd
from tests.chaos.database import Database, opened
from tests.chaos.faults import Faults
from tests.chaos.fleet import Fleet
from tests.chaos.machines import ADDRESS, Machines
from tests.chaos.verdict import Verdict, judge, judge_others, judge_people_outside, unfinished, unheard
from tests.support.control import Control
from tests.support.loop import Loop

SECRET = "a secret of the chaos, long enough"
SPEED = 60.0  # one message a second in each channel is sixty a real second
ROUND = 1.0  # seconds
PATIENCE = 120.0  # seconds for all to become quiet
LONGEST = 1_200.0  # seconds in which a replica connects even on a machine that has no processor for it
TIMERS = 5  # a round
CHANNELS = tuple(f"chaos-{n}" for n in range(TIMERS))
BURST, EVERY, THREADS = (
    60,
    10,
    6,
)  # so many timers at one moment every so many rounds, for so many threads in one channel


@dataclass(frozen=True)
class Plan:
    rounds: int
    database: str
    replicas: int
    seed: int
    speed: float = SPEED
    logs: Path | None = None  # where the replicas' logs stay; they go away otherwise


@dataclass
class Outcome:
    """`line` says it in one line, `details` what went wrong."""

    plan: Plan
    verdict: Verdict
    faults: Faults
    mended: int
    seconds: float
    logs: str
    unasked: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.verdict.ok

    def line(self) -> str:
        found, plan = self.verdict, self.plan
        lost = found.counts("messages lost", "reports lost", "timers unheard", "issues lost", "comments lost",
                            "mails lost", "Teams messages lost", "lines lost")  # fmt: skip
        doubled = found.counts("messages doubled", "tickets doubled", "timers heard twice", "issues doubled",
                               "comments doubled", "mails doubled", "Teams messages doubled",
                               "lines doubled")  # fmt: skip
        faults = ", ".join(f"{kind} {count}" for kind, count in sorted(self.faults.counts.items()))
        return (
            f"{plan.rounds:,} rounds on {plan.database} with {plan.replicas} "
            f"replica{'s' if plan.replicas > 1 else ''}: {found.tickets:,} tickets, "
            f"{found.messages:,} messages each seen once, {found.timers:,} timers each fired once, "
            f"{found.issues:,} issues, {found.comments:,} comments and {found.lines:,} lines each taken once, "
            f"{found.mails:,} mails and {found.teams:,} messages in Teams; "
            f"faults: {faults}, restarted {self.mended}; lost {lost}, doubled {doubled}, "
            f"out of order {found.counts('messages out of order')}, rate-limited unasked {len(self.unasked)}; "
            f"{self.seconds:.0f} s"
        )

    def details(self) -> str:
        return f"{self.verdict.details()}\n{self.logs}"


def run(plan: Plan) -> Outcome:
    with (
        TemporaryDirectory(prefix="hypercare-chaos-") as name,
        opened(plan.database, Path(name)) as database,
        _sandbox(plan.speed) as (box, jira, mailbox, chats),
    ):
        return _Run(plan, box, jira, mailbox, chats, database, plan.logs or Path(name)).go()


@contextmanager
def _sandbox(speed: float) -> Iterator[tuple[Sandbox, FakeJira, FakeMailbox, FakeTeamsChats]]:
    loop = Loop()

    async def build() -> Sandbox:
        box = Sandbox(manifest=MANIFEST, speed=speed)
        await box.start()
        return box

    box = loop.run(build())
    jira = FakeJira(secret=SECRET, now=box.clock.now)
    jira.duplicates = jira.shuffles = True
    mailbox = FakeMailbox(ADDRESS, now=box.clock.now)
    chats = FakeTeamsChats()
    loop.run(jira.start())
    loop.run(mailbox.start())
    loop.run(chats.start())
    try:
        yield box, jira, mailbox, chats
    finally:
        loop.run(chats.stop())
        loop.run(mailbox.stop())
        loop.run(jira.stop())
        loop.run(box.stop())
        loop.close()


def _phase(box: Sandbox, jira: FakeJira) -> PhaseSettings:
    """Return the sandbox's phase with Jira, mails, Teams, and a limit of tickets by alerts that a round never meets."""
    connection = Connection(system="jira", project=jira.project, create=(Severity.HIGH,))
    return phase_of(box).model_copy(update={
        "connections": (connection,), "mail": MailSettings(address=ADDRESS), "teams": TeamsSettings(reports=True),
        "signals": SignalSettings(storm_limit=20),
    })  # fmt: skip


class _Run:
    def __init__(
        self, plan: Plan, box: Sandbox, jira: FakeJira, mailbox: FakeMailbox, chats: FakeTeamsChats,
        database: Database, folder: Path,
    ) -> None:  # fmt: skip
        self._chats = chats
        self._plan, self._box, self._jira, self._mailbox, self._folder = plan, box, jira, mailbox, folder
        self._control, self._random = Control(box.url), Random(plan.seed)
        self._unasked = _watch_limits(box)
        self._channels = [self._control.post("channels", name=name)["channel"]["id"] for name in CHANNELS]
        self._database = database
        self._store: Store = open_store(database.url)
        app = AppContext(features=FEATURES, store=self._store, now=box.clock.now)
        phases.apply_settings(app, _phase(box, jira))
        lead = box.user_id("lena")
        self._secrets = {kind: integrations.add(app, "PAY", kind, lead) for kind in ("generic", "gateway")}
        self._keys: list[str] = []
        self._at_rest: datetime | None = None

    def go(self) -> Outcome:
        began = time.monotonic()
        box, plan = self._box, self._plan
        settings = {
            "bot_token": box.bot_token, "app_token": box.app_token, "slack_url": box.api_url,
            "database": self._database.url, "phase": _phase(box, self._jira).model_dump(mode="json"),
            "jira_url": self._jira.url, "jira_user": BOT, "jira_token": TOKEN, "jira_webhook_secret": SECRET,
            "mail_authserv": AUTHSERV, "smtp_url": self._mailbox.smtp_url, "secret": SECRET,
            "teams_local_url": self._chats.url, "teams_tenant": TENANT,
        }  # fmt: skip
        fleet = Fleet(plan.replicas, settings, f"{box.url}/sandbox/clock", self._folder)
        crowd = Crowd(self._control, plan.seed)
        machines = Machines(fleet, self._jira, self._chats, box.clock, self._secrets, crowd.told, plan.seed)
        faults = Faults(self._control, fleet, self._database, self._jira, self._mailbox, self._chats, plan.seed)
        try:
            self._connected(fleet, plan.replicas)
            for number in range(plan.rounds):
                self._round(number, crowd, machines, faults, fleet)
            quiet = self._quiet(crowd, machines, fleet)
        finally:
            crowd.close()
            machines.close()
            fleet.end()
        verdict = judge(self._store, box.world, crowd.told, self._keys, self._at_rest)
        judge_others(verdict, self._store, box.world, crowd.told, self._jira)
        judge_people_outside(verdict, self._store, SECRET.encode(), crowd.told, self._mailbox, self._chats)
        verdict.wrong["never quiet"] += quiet
        verdict.wrong["crashes and bad stops"] += fleet.complaints + faults.complaints
        verdict.wrong["rate-limited unasked"] += self._unasked
        self._store.close()
        seconds = time.monotonic() - began
        return Outcome(plan, verdict, faults, fleet.mended, seconds, fleet.last_words(), self._unasked)

    def _connected(self, fleet: Fleet, wanted: int) -> None:
        """Wait until so many replicas have opened their line; seconds without a processor are not theirs."""
        began, starved = time.monotonic(), fleet.starved()
        sockets = self._box.world.sockets
        assert sockets
        while len(sockets._connections) < wanted:
            starved = min(starved, fleet.starved())  # one that starts anew has waited for nothing yet
            took = time.monotonic() - began
            if took - (fleet.starved() - starved) > 2 * PATIENCE or took > LONGEST:
                for replica in fleet.replicas:
                    replica.say_where_it_is()
                raise RuntimeError(f"The replicas do not connect.\n{fleet.last_words()}")
            fleet.mend()
            time.sleep(0.05)

    def _round(self, number: int, crowd: Crowd, machines: Machines, faults: Faults, fleet: Fleet) -> None:
        fleet.mend()
        self._connected(fleet, 1)  # or a slow machine would only ever see them start
        until = time.monotonic() + ROUND
        striking = threading.Thread(target=faults.strike)
        striking.start()
        crowd.act(number)
        machines.act(number)
        self._plan_timers(number)
        striking.join()
        crowd.wait(max(0.0, until - time.monotonic()))
        machines.wait(max(0.0, until - time.monotonic()))
        time.sleep(max(0.0, until - time.monotonic()))

    def _plan_timers(self, number: int) -> None:
        now = self._box.clock.now()
        timers = [
            (f"chaos-{number}-{n}", now + timedelta(seconds=self._random.uniform(0, 120)), {"channel": channel})
            for n, channel in enumerate(self._channels)
        ]
        if number % EVERY == EVERY // 2:  # more than Slack lets pass, so that the pace is put to the test
            channel, at = self._channels[0], now + timedelta(seconds=60)
            lanes = [{"channel": channel, "lane": f"chaos:{number}:{n % THREADS}"} for n in range(BURST)]
            timers += [(f"burst-{number}-{n}", at, data) for n, data in enumerate(lanes)]
        while True:
            try:
                with self._database.writing, self._own_connection(), self._store.begin() as tx:
                    for key, at, data in timers:
                        tx.timers.set_once(key, CHAOS, at, data=data)
            except StoreFailure:  # this database is being restarted; to write the same again changes nothing
                time.sleep(0.1)
            else:
                self._keys += [key for key, _, _ in timers]
                return

    @contextmanager
    def _own_connection(self) -> Iterator[None]:
        """Close what was opened, also after a failure: a restore may replace the file that a connection is to."""
        try:
            yield
        finally:
            self._store.engine.dispose()

    def _quiet(self, crowd: Crowd, machines: Machines, fleet: Fleet) -> list[str]:
        """Without faults all comes to rest; what did not, otherwise."""
        self._control.delete("faults")
        crowd.wait(PATIENCE / 4)
        machines.wait(PATIENCE / 4)
        until, left = time.monotonic() + PATIENCE, "unread"
        while left and time.monotonic() < until:
            fleet.mend()
            time.sleep(0.25)
            with suppress(*StoreFailure):
                self._at_rest = self._box.clock.now()
                left = unfinished(self._store, len(self._keys)) or unheard(self._box.world, crowd.told)
        return [left] if left else []


def _watch_limits(box: Sandbox) -> list[str]:
    """Every 429 that Slack's own pace brings about; those that a fault orders never ask for the pace."""
    limits, seen = box.world.limits, list[str]()
    ask = limits.wait_for

    def wait_for(method: str, tier: int | None, channel: str | None) -> int:
        seconds = ask(method, tier, channel)
        if seconds:
            seen.append(f"{method} {channel or ''} for {seconds} s at {box.clock.now():%H:%M:%S.%f}")
        return seconds

    limits.wait_for = wait_for  # type: ignore[method-assign]
    return seen
