"""What a service may touch: the store, the settings it needs, the time, and a nudge for dispatcher and clock."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.tickets.ticket import Ticket
from storage.intake.similar import SimilarTickets
from storage.operations.timers import Timer
from storage.store import Store
from storage.transaction import Transaction


def utc_now() -> datetime:
    return datetime.now(UTC)


def _do_nothing() -> None:
    """Nobody waits for letters or timers yet."""


def _no_homes(_changed: set[tuple[str, int]]) -> None:
    """There is no one to draw Homes yet."""


def _ignore_ticket(_ticket: Ticket) -> None:
    """Nobody compares tickets yet."""


@dataclass(frozen=True, slots=True)
class TimerHandler:
    """What a kind of timer does when it is due; `is_heavy` when it draws a ticket again, so that few run together."""

    run: "Callable[[AppContext, Transaction, Timer], None]"
    is_heavy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What the areas add to the app; bot.services.registry puts them together.

    `consequences` are called in this order with each ticket session, once, before it is committed. `timers` are the
    handlers by kind. `plans` set the timers of a phase, `phase_changes` are called when the settings of a phase with
    tickets have changed, `starts` when the app starts.
    """

    consequences: Sequence[Callable[[Any], None]]
    timers: Mapping[str, TimerHandler]
    plans: "Sequence[Callable[[Transaction, Phase, AppContext], None]]"
    phase_changes: "Sequence[Callable[[Transaction, Phase, AppContext], None]]"
    starts: "Sequence[Callable[[AppContext, Transaction], None]]"

    def plan(self, tx: Transaction, phase: Phase, app: "AppContext") -> None:
        """Set the timers of a phase, while it is active."""
        for plan in self.plans:
            plan(tx, phase, app)


@dataclass(slots=True)
class AppContext:
    """`home_link` opens the bot's own page in Slack; `public_url` is where people reach what this process serves.

    `workspace` is the workspace's address, ending in a slash.

    `secret` is what the handles of anonymous answers are made with; it is nowhere in the database.

    `nudge` tells the dispatcher of letters, `wind` the clock of timers, `renew_groups` the membership that who is in
    user groups has changed; `compare` holds a new ticket against what was resolved lately;
    `publish_homes` draws the App Homes that show tickets changed by a commit. `messages_kept` is how long
    sent letters are kept, `tickets_kept` how long the words of tickets that ended are; None is for good.
    """

    store: Store
    now: Callable[[], datetime]
    features: Features
    workspace: str = ""
    bot_user: str = ""
    team: str = ""
    admins: tuple[str, ...] = ()
    public_url: str = ""
    secret: bytes = b""
    messages_kept: timedelta = timedelta(days=90)
    tickets_kept: timedelta | None = None
    likely: SimilarTickets = field(default_factory=SimilarTickets)
    wake_dispatcher: Callable[[], None] = field(default=_do_nothing)
    wake_clock: Callable[[], None] = field(default=_do_nothing)
    refresh_groups: Callable[[], None] = field(default=_do_nothing)
    check_duplicates: Callable[[Ticket], None] = field(default=_ignore_ticket)
    publish_homes: Callable[[set[tuple[str, int]]], None] = field(default=_no_homes)

    def person(self, id_: str, team: str | None = None) -> Person:
        """Somebody who acts; whoever is of another workspace (Slack Connect) is foreign."""
        foreign = bool(self.team and team and team != self.team)
        return Person(id_, foreign=foreign, admin=not foreign and id_ in self.admins)

    @property
    def home_link(self) -> str:
        return f"{self.workspace}app_redirect?channel={self.bot_user}"

    def permalink(self, channel: str, ts: str, thread_ts: str | None = None) -> str:
        """A message's address, as chat.getPermalink builds it."""
        link = f"{self.workspace}archives/{channel}/p{ts.replace('.', '')}"
        return f"{link}?thread_ts={thread_ts}&cid={channel}" if thread_ts and thread_ts != ts else link

    @contextmanager
    def transaction(self, request: str | None = None) -> Iterator[Transaction]:
        """Facts and words commit together, or not at all; then dispatcher and clock are told.

        `request` is the key of what Slack delivered: the same one again raises Repeated.
        """
        with self.store.begin() as tx:
            if request:
                tx.insert_request(request, self.now())
            yield tx
            for name in sorted(tx.before_commit):  # in one order, whoever does them, since rows are held from then on
                tx.before_commit[name]()
            timed = tx.timers_changed
        self.wake_dispatcher()
        if tx.changed_homes:
            self.publish_homes(tx.changed_homes)
        if timed:
            self.wake_clock()
