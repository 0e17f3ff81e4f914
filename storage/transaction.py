"""A transaction, which gives access to the repositories of all features."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property, partial
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import Repeated
from storage.actions.action_items import ActionItems
from storage.automation.rule_runs import RuleRuns
from storage.automation.topics import Topics
from storage.connectors.issue_links import IssueLinks
from storage.connectors.subtasks import Subtasks
from storage.contacts.contacts import Contacts
from storage.conversations.aliases import SealedIdentities
from storage.conversations.comments import Comments
from storage.conversations.followers import Followers
from storage.conversations.mirrors import Mirrors
from storage.database.listen import CHANNEL, TIMERS_CHANGED
from storage.database.pending import CHANGES, pending_of
from storage.database.pipeline import LATER, VETO, send_waiting
from storage.decisions.decisions import DecisionLog
from storage.delivery import tables
from storage.delivery.archive import MessageArchive
from storage.delivery.outbox import Outbox
from storage.delivery.queue import DeliveryQueue
from storage.delivery.quotations import Quotations
from storage.delivery.rate_limits import RateLimits
from storage.delivery.refused_blocks import RefusedBlocks
from storage.exit.exits import Exits
from storage.exit.seals import Seals
from storage.followup.notes import Notes
from storage.followup.promises import Promises
from storage.followup.reminders import Reminders
from storage.followup.workarounds import Workarounds
from storage.gateways.ai_usage import AiUsageHours
from storage.gateways.sightings import GatewaySightings
from storage.gateways.traffic import GatewayTraffic
from storage.home.homes import HomeViewers
from storage.intake.file_imports import FileImports
from storage.knowledge.articles import Articles
from storage.learning.draft_requests import DraftRequests
from storage.learning.post_mortems import PostMortems
from storage.mail.mails import Mails
from storage.oncall.escalations import Escalations
from storage.oncall.overrides import ShiftOverrides
from storage.operations.audit import Audit
from storage.operations.erasure import Erasure
from storage.operations.places import Places
from storage.operations.replicas import Replicas
from storage.operations.restores import Restores
from storage.operations.retention import Retention
from storage.operations.timers import Timers
from storage.people.departures import Departures
from storage.people.profiles import Profiles
from storage.phases.links import Links
from storage.phases.phases import Phases
from storage.problems.problems import Problems
from storage.pulse.responses import Responses
from storage.pulse.waves import Waves
from storage.rehearsal.rehearsals import Rehearsals
from storage.reporting.backlog import Backlogs
from storage.reporting.baselines import Baselines
from storage.reporting.cohorts import Cohorts
from storage.reporting.milestones import TicketMilestones
from storage.reporting.patterns import Patterns
from storage.reporting.readings import Readings
from storage.sessions.session_items import SessionItems
from storage.sessions.user_sessions import UserSessions
from storage.signals.alerts import SignalAlerts
from storage.signals.integrations import SignalIntegrations
from storage.teams.people import TeamsPeople
from storage.tickets.affected import AffectedPeople
from storage.tickets.lists import TicketLists
from storage.tickets.offers import Offers
from storage.tickets.saved_lists import SavedLists
from storage.tickets.tickets import Tickets
from storage.warroom.meeting_notes import MeetingNotes
from storage.warroom.stand_ups import StandUps
from storage.warroom.war_rooms import WarRooms

INSERT_REQUEST = {
    name: new(tables.requests).on_conflict_do_nothing()
    for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
LIFT_TIMEOUT = text("SET LOCAL statement_timeout = 0")
NOTIFY = text("SELECT pg_notify(:channel, :news)")
RECORDED = {name: statement.returning(tables.requests.c.key) for name, statement in INSERT_REQUEST.items()}
Repository = TypeVar("Repository")


def _repository(kind: Callable[[Connection], Repository]) -> cached_property[Repository]:
    """Create a repository on first use."""
    return cached_property(lambda tx: kind(tx.connection))


def _check_recorded(key: str, count: int) -> None:
    """Raise Repeated for a request of which no row could be inserted, since there is one."""
    if not count:
        raise Repeated(key)


class Transaction:
    """One transaction and its repositories."""

    def __init__(self, connection: Connection, me: str) -> None:
        self.connection = connection
        self._me = me
        self.changed_homes: set[tuple[str, int]] = set()  # (reporter, phase) of changed tickets, for after the commit
        self.before_commit: dict[
            str, Callable[[], None]
        ] = {}  # what is done at the end, by what it is about; each once

    actions = _repository(ActionItems)
    ai_usage = _repository(AiUsageHours)
    affected = _repository(AffectedPeople)
    articles = _repository(Articles)
    responses = _repository(Responses)
    message_archive = _repository(MessageArchive)
    audit = _repository(Audit)
    backlogs = _repository(Backlogs)
    baselines = _repository(Baselines)
    rate_limits = _repository(RateLimits)
    cohorts = _repository(Cohorts)
    comments = _repository(Comments)
    contacts = _repository(Contacts)
    decisions = _repository(DecisionLog)
    departures = _repository(Departures)
    overrides = _repository(ShiftOverrides)
    escalations = _repository(Escalations)
    exits = _repository(Exits)
    gateway_sightings = _repository(GatewaySightings)
    gateway_traffic = _repository(GatewayTraffic)
    issue_links = _repository(IssueLinks)
    subtasks = _repository(Subtasks)
    home_viewers = _repository(HomeViewers)
    file_imports = _repository(FileImports)
    links = _repository(Links)
    lists = _repository(TicketLists)
    mails = _repository(Mails)
    teams_people = _repository(TeamsPeople)
    milestones = _repository(TicketMilestones)
    mirrors = _repository(Mirrors)
    notes = _repository(Notes)
    reminders = _repository(Reminders)
    offers = _repository(Offers)
    outbox = _repository(Outbox)
    post_mortems = _repository(PostMortems)
    draft_requests = _repository(DraftRequests)
    patterns = _repository(Patterns)
    quotations = _repository(Quotations)
    people = _repository(Erasure)
    phases = _repository(Phases)
    places = _repository(Places)
    problems = _repository(Problems)
    profiles = _repository(Profiles)
    promises = _repository(Promises)
    readings = _repository(Readings)
    rehearsals = _repository(Rehearsals)
    replicas = _repository(Replicas)
    refused_blocks = _repository(RefusedBlocks)
    rule_runs = _repository(RuleRuns)
    restores = _repository(Restores)
    retention = _repository(Retention)
    aliases = _repository(SealedIdentities)
    session_items = _repository(SessionItems)
    sessions = _repository(UserSessions)
    signal_alerts = _repository(SignalAlerts)
    signal_integrations = _repository(SignalIntegrations)
    timers = _repository(Timers)
    saved_lists = _repository(SavedLists)
    seals = _repository(Seals)
    stand_ups = _repository(StandUps)
    meeting_notes = _repository(MeetingNotes)
    war_rooms = _repository(WarRooms)
    topics = _repository(Topics)
    waves = _repository(Waves)
    workarounds = _repository(Workarounds)

    @cached_property
    def tickets(self) -> Tickets:
        return Tickets(self.connection, self.phases.know)

    @cached_property
    def followers(self) -> Followers:
        return Followers(self.connection, self.affected)

    @cached_property
    def queue(self) -> DeliveryQueue:
        return DeliveryQueue(self.connection, self._me)

    def insert_request(self, key: str, at: datetime, *, later: bool = False) -> None:
        """Record a request; raise Repeated when it was carried out before. A rolled-back one may be repeated.

        `later` where the next statement may raise it instead, which spares PostgreSQL a round trip.
        """
        statement, row = INSERT_REQUEST[self.connection.dialect.name], {"key": key[:300], "at": at}
        if later and self.connection.dialect.name == "postgresql":
            self.connection.execute(statement, row, execution_options={VETO: partial(_check_recorded, key)})
        else:
            _check_recorded(key, len(self.connection.execute(RECORDED[self.connection.dialect.name], row).all()))

    @property
    def changes(self) -> int:
        """How many statements on this connection are known to have changed something, ever; compare two moments."""
        self.write_pending()
        return int(self.connection.info.get(CHANGES, 0))

    def has_changed(self, since: int) -> bool:
        """Return whether a statement has changed something since there were so many `changes`; asked at the end."""
        self.write_pending(last=True)
        if self.changes == since:
            send_waiting(self.connection)
        return self.changes != since

    def write_pending(self, *, last: bool = False) -> None:
        """Write what was decided and is still pending; `last` when nothing but the commit follows."""
        if pending := pending_of(self.connection):
            pending.is_last = last
            pending.write(self.connection)

    def roll_back(self) -> None:
        """End this transaction without its effects; nothing may follow in it."""
        if pending := pending_of(self.connection):
            pending.forget()
        self.connection.rollback()

    def lift_timeout(self) -> None:
        """Lift the statement timeout for this transaction."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(LIFT_TIMEOUT)

    @property
    def timers_changed(self) -> bool:
        """Whether timers were set, moved or cancelled."""
        return "timers" in self.__dict__ and self.timers.changed  # where cached properties live once they were used

    @property
    def has_pages(self) -> bool:
        """Whether people are to be paged."""
        return "outbox" in self.__dict__ and self.outbox.has_pages

    def notify(self) -> None:
        """Notify other processes of new messages and timers with the commit."""
        if self.connection.dialect.name != "postgresql":
            return
        if self.timers_changed or ("outbox" in self.__dict__ and self.outbox.changed):
            news = f"{self._me} {TIMERS_CHANGED if self.timers_changed else ''}"
            self.connection.execute(NOTIFY, {"channel": CHANNEL, "news": news}, execution_options={LATER: None})
