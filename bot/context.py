"""The context of services: store, settings, time, and callbacks that wake the workers."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.address import is_person
from domain.knowledge.drafting import ModelTerms
from domain.people.profile import Organization, PersonKind, Profile
from domain.phases.access import ChannelAccess
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.tickets.ticket import Ticket
from storage.intake.similar import SimilarTickets
from storage.knowledge.search import ArticleSearch
from storage.operations.timers import Timer
from storage.store import Store, StoreFailure
from storage.transaction import Transaction

PROFILE_AGE = timedelta(days=1)  # a person whose profile is older is looked up again, without waiting for it


def utc_now() -> datetime:
    return datetime.now(UTC)


def _wait_for_no_one(_seconds: float) -> float:
    return 0.0


def _send_nothing(_is_urgent: bool) -> None:
    """Send no message."""


def _do_nothing() -> None:
    """Wake no worker."""


def _set_no_alarm(_due: datetime | None) -> None:
    """Wake for no timer."""


def _look_up_nobody(_person: str) -> Profile | None:
    """Ask Slack about no person."""
    return None


def _find_no_address(_service_url: str, _conversation: str, _account: str) -> str:
    """Ask Teams about no person."""
    return ""


def _ignore_person(_person: str) -> None:
    """Look up no person again."""


def _no_homes(_changed: set[tuple[str, int]]) -> None:
    """Update no App Home."""


def _enter_none(_channels: Collection[str]) -> Mapping[str, ChannelAccess]:
    """Join no channel, and find nothing wrong."""
    return {}


def _whisper_to_no_one(_channel: str, _person: str, _message: Mapping[str, Any]) -> None:
    """Show no message."""


def _ignore_ticket(_ticket: Ticket) -> None:
    """Compare no ticket."""


def _ignore_event(_retry: int, _happened: object) -> None:
    """Notice no gap."""


@dataclass(frozen=True, slots=True)
class TimerHandler:
    """What a kind of timer runs; `is_heavy` when it updates a ticket, so that few run in one transaction.

    `prepare` reads what takes long, before the transaction that `run` is part of, so that it holds up no one. `run`
    finds what it returned in `timer.prepared`, or None, and then has to read it itself.
    """

    run: "Callable[[AppContext, Transaction, Timer], None]"
    is_heavy: bool = False
    prepare: "Callable[[AppContext, Timer], object] | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What the features add to the app; bot.services.registry collects them.

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
    """`home_link` opens the App Home in Slack; `public_url` is the public URL of this process's HTTP pages.

    `workspace` is the workspace's URL, ending in a slash.

    `home` is where the app is installed, and `look_up` asks Slack about a person, `look_up_again` does so later.
    `look_up_address` asks about the person with an e-mail address. `enter_channels` joins channels where that is
    possible, and returns what stands in the way by channel; both wait for Slack, so never within a transaction.

    `wait_for_people` lets a thread wait for so many seconds at most while people are being answered, and returns how
    many it waited.

    `secret` seals the identities of anonymous people; it is never stored in the database.

    `wake_dispatcher` and `wake_clock` announce new messages and timers, the latter with when the first of them is due;
    `refresh_groups` changed user groups, `check_duplicates` a new ticket, `read_files` a file to import, `wake_drafts`
    words that a model is to write, `wake_player` a rehearsal; `whisper` shows a message in a channel to one person, and
    doesn't wait for it; `publish_homes` updates the App Homes of changed tickets. `note_event` is told of each event,
    how often Slack delivered it before and when it happened, and `note_lost` that one is lost.
    `messages_kept` is how long sent messages are kept, `tickets_kept` how long texts of ended tickets are; None means
    forever.
    """

    store: Store
    now: Callable[[], datetime]
    features: Features
    workspace: str = ""
    bot_user: str = ""
    app_id: str = ""
    scopes: frozenset[str] | None = None  # granted to the app; None where Slack doesn't say
    home: Organization = field(default_factory=Organization)
    admins: tuple[str, ...] = ()
    public_url: str = ""
    secret: bytes = b""
    trackers: Mapping[str, str] = field(default_factory=dict)  # what people read of each, by its system
    model: ModelTerms | None = None  # the language model that drafts words, where one is set up
    # Systems that may send something in, since the settings say how they prove it: `readings`, `pagerduty`, `jira` …
    senders: frozenset[str] = frozenset()
    addresses: frozenset[str] | None = None  # names of other systems that have an address; None if not known
    restores: Sequence[tuple[datetime, datetime]] = ()  # of each restored backup: what it can't know of lies between
    messages_kept: timedelta = timedelta(days=90)
    tickets_kept: timedelta | None = None
    refused_blocks: Mapping[str, datetime] = field(default_factory=dict)  # until when, by type; see services/delivery
    moved_channels: Mapping[str, str] = field(default_factory=dict)  # the present id by each old one
    parsed_files: dict[int, Any] = field(default_factory=dict)  # by import; see services/intake/file_imports.py
    likely: SimilarTickets = field(default_factory=SimilarTickets)
    articles: ArticleSearch = field(default_factory=ArticleSearch)
    wake_dispatcher: Callable[[bool], None] = field(default=_send_nothing)
    wake_clock: Callable[[datetime | None], None] = field(default=_set_no_alarm)
    wait_for_people: Callable[[float], float] = field(default=_wait_for_no_one)
    refresh_groups: Callable[[], None] = field(default=_do_nothing)
    check_duplicates: Callable[[Ticket], None] = field(default=_ignore_ticket)
    read_files: Callable[[], None] = field(default=_do_nothing)
    wake_drafts: Callable[[], None] = field(default=_do_nothing)
    wake_player: Callable[[], None] = field(default=_do_nothing)
    whisper: Callable[[str, str, Mapping[str, Any]], None] = field(default=_whisper_to_no_one)
    publish_homes: Callable[[set[tuple[str, int]]], None] = field(default=_no_homes)
    note_event: Callable[[int, object], None] = field(default=_ignore_event)
    note_lost: Callable[[], None] = field(default=_do_nothing)
    look_up: Callable[[str], Profile | None] = field(default=_look_up_nobody)
    look_up_again: Callable[[str], None] = field(default=_ignore_person)
    look_up_address: Callable[[str], Profile | None] = field(default=_look_up_nobody)
    teams_bot: str = ""  # the id of the bot in Microsoft Teams
    look_up_in_teams: Callable[[str, str, str], str] = field(default=_find_no_address)
    enter_channels: Callable[[Collection[str]], Mapping[str, ChannelAccess]] = field(default=_enter_none)

    def person(self, id_: str, team: object = None) -> Person:
        """Return the acting person, asking Slack about one who is not known yet; never call it within a transaction.

        `team` is the workspace that the request names, which counts only while Slack doesn't answer.
        """
        if id_ == self.bot_user or not is_person(id_):
            return Person(id_)
        with self.store.read_once() as tx:
            known = tx.profiles.find(id_)
        if known is None or known.deleted:  # a person who acts may have been reactivated
            known = self._ask_about(id_) or known
        elif self.now() - known.fetched_at > PROFILE_AGE:
            self.look_up_again(id_)
        if known is None and isinstance(team, str) and self.home.owns(team):
            return self._person_of_kind(id_, PersonKind.MEMBER)
        if known is None:
            with self.store.read() as tx:
                return self.known_person(tx, id_)
        return self._person_of_kind(id_, known.kind_in(self.home), known)

    def known_person(self, tx: Transaction, id_: str) -> Person:
        """Return a person as far as they are known, within a transaction.

        One who is not known is trusted as far as the settings name them, and else is a stranger.
        """
        known = tx.profiles.find(id_)
        if known is not None:
            return self._person_of_kind(id_, known.kind_in(self.home), known)
        named = id_ in self.admins or any(id_ in phase.responder_people for phase in tx.phases.list_phases())
        return self._person_of_kind(id_, PersonKind.MEMBER if named else PersonKind.UNKNOWN)

    def _person_of_kind(self, id_: str, kind: PersonKind, known: Profile | None = None) -> Person:
        manages = known is not None and (known.is_admin or known.is_owner)
        return Person(id_, kind=kind, admin=id_ in self.admins, manages_workspace=manages)

    def _ask_about(self, id_: str) -> Profile | None:
        """Ask Slack about a person and keep the answer; None when it doesn't answer in time."""
        found = self.look_up(id_)
        if found is not None:
            with suppress(*StoreFailure), self.store.begin() as tx:
                tx.profiles.save(found)
        return found

    @property
    def home_link(self) -> str:
        """Slack's documented form; without the ids for it, the bot's direct messages."""
        if not (self.app_id and self.home.teams):
            return f"{self.workspace}app_redirect?channel={self.bot_user}"
        slack = "https://slack.com/" if ".slack.com" in self.workspace else self.workspace
        return f"{slack}app_redirect?app={self.app_id}&team={self.home.teams[0]}&tab=home"

    def permalink(self, channel: str, ts: str, thread_ts: str | None = None) -> str:
        """Return a message's URL, as chat.getPermalink builds it."""
        link = f"{self.workspace}archives/{channel}/p{ts.replace('.', '')}"
        return f"{link}?thread_ts={thread_ts}&cid={channel}" if thread_ts and thread_ts != ts else link

    @contextmanager
    def undone(self) -> Iterator[Transaction]:
        """Do everything that a transaction does before its commit, so that errors show, and keep nothing of it."""
        with self.store.begin() as tx:
            yield tx
            for name in sorted(tx.before_commit):
                tx.before_commit[name]()
            tx.write_pending()  # so that what the database refuses is found
            tx.roll_back()

    @contextmanager
    def transaction(self, request: str | None = None, *, patience: float = 0.0) -> Iterator[Transaction]:
        """Commit data and messages together, then wake the dispatcher and the clock.

        `request` is the key of a delivery from Slack; a repeated one raises Repeated. It is kept only with an effect:
        where nothing was changed, the next delivery is looked at afresh. `patience` is how many seconds people go
        first.
        """
        with self.store.begin(patience=patience) as tx:
            if request:
                tx.insert_request(request, self.now(), later=True)
            before = tx.changes
            yield tx
            for name in sorted(tx.before_commit):  # always in the same order, since each may lock rows
                tx.before_commit[name]()
            is_urgent = tx.has_pages
            timed, soonest = tx.timers_changed, tx.timers.soonest if tx.timers_changed else None
            if request and not tx.has_changed(before):
                tx.roll_back()
        self.wake_dispatcher(is_urgent)
        if tx.changed_homes:
            self.publish_homes(tx.changed_homes)
        if timed:
            self.wake_clock(soonest)
