"""A ticket session: one ticket, locked for change inside a transaction, and what is said about it there."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.context import AppContext
from bot.seal import seal_file
from bot.services.tickets import aliases
from bot.services.tickets.log_rules import log_rules
from bot.services.tickets.priority import WINDOW
from bot.views.text import file_link
from bot.views.tickets import posts
from bot.views.tickets.card import CardContext
from domain.address import is_outside
from domain.conversations.comment import REPORTER, TEAM, Comment
from domain.conversations.following import FollowLevel, NewsKind
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import Lane, MessagePriority
from domain.errors import Refused
from domain.followup.pending_reply import PendingReply
from domain.phases.permissions import NO_SUCH_TICKET, Action, Person, may, require
from domain.phases.phase import Phase
from domain.ticket_log import LogRules, LogSummary
from domain.tickets import transitions
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import File, Intake, Ticket
from domain.tickets.transitions import Transition
from storage.delivery.outbox import QueuedMessage
from storage.transaction import Transaction

FOLLOWER_ACTIONS = (Action.CONFIRM, Action.REOPEN)  # what people may do who are affected by a ticket


class Signal(StrEnum):
    """What happened in a session and is not an event of the ticket."""

    NEEDS_RESPONDER = "needs responder"  # an escalation policy may apply to the ticket now
    TEAM_SPOKE = "team spoke"  # a member of the team wrote or pressed a button
    OWNER_ANSWERED = "owner answered"  # whether they are still on it, or the question has no meaning any more
    TRACKER_ASKED_AGAIN = "tracker asked again"  # for what it refused, or it has taken that


@dataclass(slots=True)
class TicketSession:
    """A ticket that this transaction may change, on behalf of `person`, at the moment `at`.

    `is_new` when the ticket was made in this transaction, so that nothing has been said about it yet; `is_quiet` when
    people are not to be told of it. `card` is what its card says besides the ticket, put together by the consequences.
    """

    app: AppContext
    tx: Transaction
    phase: Phase
    ticket: Ticket
    person: Person
    at: datetime
    is_new: bool = False
    is_quiet: bool = False
    events: list[Event] = field(default_factory=list)  # added in this transaction
    signals: set[Signal] = field(default_factory=set)
    card: CardContext = field(default_factory=CardContext)
    said: list[tuple[str, str]] = field(default_factory=list)  # what was written: to which side, and the words
    new_files: list[File] = field(default_factory=list)  # added in this transaction
    parts: dict[str, Any] = field(default_factory=dict)  # what an area keeps until the end of the session, by area
    conversation: "Conversation" = field(init=False)
    # Of the log, by module and whether it is work.
    _rules: dict[tuple[str, bool], tuple[LogRules, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.conversation = Conversation(self)

    @property
    def logged(self) -> set[EventKind]:
        """Return the kinds of events that were added, other than that the ticket was opened."""
        return {one.kind for one in self.events} - {EventKind.OPENED}

    @property
    def has_logged(self) -> bool:
        """Whether an event was added."""
        return bool(self.logged)

    def summarize(self) -> LogSummary:
        """Return what the ticket's log says by now, read from what is stored of it and the events since."""
        report = self.ticket.report
        about = report.module, report.type.is_work
        if about not in self._rules:
            self._rules[about] = log_rules(self.phase, report)
        return self.tx.tickets.logs.summarize(self.ticket.id, *self._rules[about])

    def list_events(self) -> Sequence[Event]:
        """Return the events of the ticket's log that still matter, oldest first."""
        return self.summarize().events

    def find_last(self, kind: EventKind) -> datetime | None:
        """Return when an event of that kind last happened."""
        return max((e.at for e in self.list_events() if e.kind is kind), default=None)

    def apply(self, change: Transition) -> None:
        """Save a changed ticket with the event that says so. The app itself never becomes an owner."""
        if change.ticket.owner == self.app.bot_user:
            change = replace(change, ticket=replace(change.ticket, owner=self.ticket.owner))
        if self.ticket.status is Status.DEFERRED and change.ticket.status is not Status.DEFERRED:
            self.tx.timers.cancel(f"deferral_end:{self.ticket.id}")
        self.ticket = change.ticket
        self.events.append(change.event)
        self.tx.tickets.update_ticket(change.ticket, change.event)

    def add_files(self, files: Sequence[File]) -> list[File]:
        """Keep references to files, and return those that the ticket did not have yet, as it names them."""
        new = self.tx.tickets.insert_files(self.ticket.id, self._as_named(files))
        if new:
            self.new_files += new
            self._read_files()
        return new

    def remove_files(self, files: Sequence[File]) -> None:
        """Forget files that were taken back, and have their copies deleted."""
        file_ids = [file.id for file in self._as_named(files)]
        if file_ids and self.tx.tickets.delete_files(self.ticket.id, file_ids):
            self._read_files()
            for lane in self.tx.outbox.list_lanes(f"{lane_name(LaneKind.FILE, self.ticket.id)}:"):
                self.tx.outbox.delete_file_copies(lane, file_ids, at=self.at)

    def links_to(self, files: Sequence[File]) -> list[str]:
        """Return links to files as the ticket names them."""
        known = {file.id: file for file in self.ticket.report.files}
        named = (known.get(file.id, file) for file in self._as_named(files))
        return [file_link(one.permalink, one.name) for one in named]

    def _as_named(self, files: Sequence[File]) -> Sequence[File]:
        """Return files of the person who acts as the ticket names them: without a name of an anonymous reporter."""
        if self.ticket.anonymous and self.person.id == self.ticket.reporter:
            return nameless(self.app, files, self.ticket.report.files)
        return files

    def _read_files(self) -> None:
        attached = self.tx.tickets.get_ticket(self.ticket.id).report.files
        self.ticket = replace(self.ticket, report=replace(self.ticket.report, files=attached))

    def log(self, kind: EventKind, *, actor: str = "", **data: str) -> None:
        """Add an event that does not change the ticket itself, by the person of the session unless `actor` is given."""
        self.events.append(Event(kind=kind, actor=actor or self.person.id, at=self.at, data=data))
        self.tx.tickets.insert_event(self.ticket.id, self.events[-1])

    def acknowledge_first(self, *, quietly: bool = False) -> bool:
        """Acknowledge a ticket that was only received, since its first action does; return whether that was so.

        `quietly` when the next message tells the reporter anyway.
        """
        if self.ticket.status is not Status.RECEIVED:
            return False
        self.apply(transitions.acknowledge(self.ticket, by=self.person.id, at=self.at))
        if not quietly:
            self.conversation.announce(posts.acknowledged(self.ticket))
        return True

    def release_owner(self, by: str) -> None:
        """Take the ticket from an owner who does not get to it, and tell the reporter."""
        owner = self.ticket.owner or ""
        self.apply(transitions.lapse(self.ticket, by=by, at=self.at))
        self.conversation.tell_reporter(posts.owner_released(self.ticket, owner))

    def claim(self, *, quietly: bool = False) -> None:
        """Acknowledge a received ticket, and make an escalating one the person's own; no one looks into praise."""
        self.signals.add(Signal.TEAM_SPOKE)
        if self.ticket.status is Status.RECEIVED and self.ticket.report.type.is_work:
            self.acknowledge_first(quietly=quietly)
        elif self.is_escalating():
            self.apply(transitions.claim(self.ticket, by=self.person.id, at=self.at))

    def is_escalating(self) -> bool:
        """Return whether people are being paged, or only a person who is not known here took it: no one owns it."""
        newest = None if self.is_new else self.tx.escalations.find_newest(self.ticket.id)
        return newest is not None and newest.is_live and not (newest.state.is_owned and newest.owner)

    def request_responder(self) -> None:
        """Have people paged at the end of the session, where an escalation policy says so."""
        self.signals.add(Signal.NEEDS_RESPONDER)

    def read_people(self) -> None:
        """Read who is affected, who follows and how often it happened, at once."""
        self.tx.followers.prepare(self.ticket.id, self.at - WINDOW)

    def note_home_change(self) -> None:
        """Have the App Homes of the reporter and the team drawn again after the commit."""
        self.tx.changed_homes.add((self.ticket.reporter, self.phase.id))

    def finish(self) -> None:
        """Do what follows from the change, in the order of the registry: escalation, deadlines, cards, Homes."""
        self.read_people()
        for consequence in self.app.features.consequences:
            consequence(self)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is said about a session's ticket: to its team, its reporter and its other followers, each in their lane."""

    session: TicketSession

    def open_team_lane(self) -> Lane:
        """Return the lane with the card and the team's thread, made when there is none yet."""
        session = self.session
        return session.tx.outbox.lane(
            lane_name(LaneKind.TEAM, session.ticket.id),
            self._team_channel(),
            ticket_id=session.ticket.id,
            new=session.is_new,
        )

    def _team_channel(self) -> str:
        """Return the triage channel; a private ticket has the private channel, or the first lead's direct messages."""
        phase = self.session.phase
        if self.session.ticket.private:
            return phase.private_channel or self._first_lead()
        return phase.triage_channel

    def _first_lead(self) -> str:
        """Return the first lead who has not left."""
        leads = self.session.phase.lead_people
        known = self.session.tx.profiles.list_by_ids(leads)
        return next((lead for lead in leads if lead not in known or not known[lead].deleted), leads[0])

    def open_reporter_lane(self) -> Lane:
        """Return the thread of the message that was reported, or else the reporter's direct messages."""
        ticket, new, outbox = self.session.ticket, self.session.is_new, self.session.tx.outbox
        name, origin = lane_name(LaneKind.REPORTER, ticket.id), ticket.origin
        if origin is None or ticket.private:
            return outbox.lane(name, ticket.reporter, ticket_id=ticket.id, new=new)
        return outbox.lane(
            name, origin.channel, thread_ts=origin.thread, person=ticket.reporter, ticket_id=ticket.id, new=new
        )

    def open_follower_lane(self, person: str) -> Lane:
        """Return the thread in a follower's direct messages."""
        ticket = self.session.ticket
        return self.session.tx.outbox.lane(lane_name(LaneKind.FOLLOWER, ticket.id, person), person, ticket_id=ticket.id)

    def open_lane(self, person: str) -> Lane:
        """Return where the reporter or a follower reads about the ticket."""
        is_reporter = person == self.session.ticket.reporter
        return self.open_reporter_lane() if is_reporter else self.open_follower_lane(person)

    def visible_name(self, person: str) -> str:
        """Return the person's id, or "" for a reporter who stays anonymous."""
        ticket = self.session.ticket
        return "" if ticket.anonymous and person == ticket.reporter else person

    def get_other_followers(self) -> Mapping[str, FollowLevel]:
        """Return the followers besides the reporter and what each wants to read; only those who may see the ticket."""
        session, ticket = self.session, self.session.ticket
        session.read_people()
        found = {person: level for person, level in session.tx.followers.get_levels(ticket.id).items()
                 if person != ticket.reporter}  # fmt: skip
        if not ticket.private:
            return found
        return {person: level for person, level in found.items()
                if may(session.app.known_person(session.tx, person), Action.SEE, ticket, session.phase)}  # fmt: skip

    def tell_team(self, *messages: dict[str, Any]) -> list[QueuedMessage]:
        """Post in the team's thread; return the outbox messages."""
        return self.send(self.open_team_lane(), messages, MessagePriority.STATUS)

    @property
    def has_reporter(self) -> bool:
        """Whether a person reads what the reporter is told; no one does where a monitoring system reported."""
        return self.session.ticket.intake is not Intake.SIGNAL

    def tell_reporter(self, *messages: dict[str, Any]) -> list[QueuedMessage]:
        """Post to the reporter, if that is a person; return the outbox messages."""
        if not self.has_reporter:
            return []
        return self.send(self.open_reporter_lane(), messages, MessagePriority.STATUS)

    def pass_on_to_team(self, files: Sequence[File]) -> None:
        """Copy files into the team's thread that the team may not be able to open."""
        self._copy(files, self.open_team_lane(), TEAM)

    def pass_on_to_reporter(self, files: Sequence[File]) -> None:
        """Copy files into the reporter's thread that the reporter may not be able to open."""
        if self.has_reporter:
            self._copy(files, self.open_reporter_lane(), REPORTER)

    def _copy(self, files: Sequence[File], into: Lane, side: str) -> None:
        session = self.session
        wanted = [file for file in files if file.needs_copy or is_outside(into.channel)]
        if not wanted or into.dead:
            return
        name = lane_name(LaneKind.FILE, session.ticket.id, side)
        lane = session.tx.outbox.lane(name, into.channel, ticket_id=session.ticket.id)
        for file in wanted:
            session.tx.outbox.copy_file(lane, into, {"file": file.id, "name": file.name}, at=session.at)

    def announce(
        self,
        *messages: dict[str, Any],
        news: NewsKind = NewsKind.CHANGE,
        watchers: Sequence[dict[str, Any]] | None = None,
        guests: Sequence[dict[str, Any]] | None = None,
    ) -> None:
        """Post to the reporter, and to the other followers who want such news."""
        self.tell_reporter(*messages)
        self.tell_others(*messages, news=news, watchers=watchers, guests=guests)

    def tell_others(
        self,
        *messages: dict[str, Any],
        news: NewsKind = NewsKind.CHANGE,
        watchers: Sequence[dict[str, Any]] | None = None,
        guests: Sequence[dict[str, Any]] | None = None,
    ) -> None:
        """Post to the followers besides the reporter who want such news.

        The person who acted and the owner are left out, since they know. `watchers` is posted instead to people who
        watch and are not affected; they are asked nothing. `guests` is posted instead to people who may not read the
        ticket, as theirs was merged into it, and to anonymous people, of whom that is not known.
        """
        tx, ticket = self.session.tx, self.session.ticket
        affected = set(tx.affected.list_people(ticket.id)) if watchers is not None else set()
        others = self.get_other_followers()
        if guests is not None:
            tx.profiles.prepare(others)
        for person, level in others.items():
            if level.takes(news) and person not in (self.session.person.id, ticket.owner):
                chosen = messages if watchers is None or person in affected else watchers
                if guests is not None and not self.may_read(person):
                    chosen = guests
                self.send(self.open_follower_lane(person), chosen, MessagePriority.STATUS)
        for merged in tx.tickets.list_anonymous_merged(ticket.id):
            lane = tx.outbox.find(lane_name(LaneKind.REPORTER, merged.id))
            if lane:
                self.send(lane, guests or (messages if watchers is None else watchers), MessagePriority.STATUS)

    def may_read(self, person: str) -> bool:
        """Return whether a person may see the ticket; a guest of another company sees only their own."""
        known = self.session.app.known_person(self.session.tx, person)
        return may(known, Action.SEE, self.session.ticket, self.session.phase)

    def told(self, person: str) -> Ticket:
        """Return the ticket as a person may be told of it: without its summary if they may not see it."""
        return self.session.ticket if self.may_read(person) else self.session.ticket.without_summary()

    def welcome(self, person: str, message: dict[str, Any]) -> None:
        """Post the first message to a new follower."""
        self.send(self.open_follower_lane(person), [message], MessagePriority.ACKNOWLEDGEMENT)

    def post(self, lane: Lane, message: dict[str, Any]) -> None:
        """Post one message in a lane."""
        self.send(lane, [message], MessagePriority.STATUS)

    def send(self, lane: Lane, messages: Sequence[dict[str, Any]], priority: MessagePriority) -> list[QueuedMessage]:
        """Post messages in a lane; return the outbox messages, none when the lane is dead."""
        session = self.session
        posted = (session.tx.outbox.post(lane, one, at=session.at, priority=priority) for one in messages)
        return [queued for queued in posted if queued is not None]

    def record_comment(self, side: str, words: str, channel: str | None = None, ts: str | None = None) -> None:
        """Keep what the reporter or the team wrote to the other side."""
        session = self.session
        session.said.append((side, words))
        session.tx.comments.insert_comment(
            session.ticket.id, Comment(session.person.id, side, words, session.at), channel, ts
        )

    def remind(self, person: str, reply: PendingReply, about: str, *, which: str = "") -> None:
        """Ask a person for a pending reply at their next working hour; `which` where several may be pending."""
        session = self.session
        if person == session.app.bot_user:  # the reporter of what another app posted
            return
        kind = f"{reply}:{which}" if which else reply.value
        session.tx.reminders.insert_reminder(session.ticket.id, person, kind, about, session.at)


def nameless(app: AppContext, files: Sequence[File], known: Sequence[File] = ()) -> list[File]:
    """Return files of an anonymous reporter under neutral names and ids; `known` are those that the ticket has."""
    files = [replace(file, id=seal_file(app.secret, file.id)) for file in files]
    names = {file.id: file for file in known}
    new = {file.id: file for file in files if file.id not in names}
    return [*(names[file.id] for file in files if file.id in names),
            *(file.anonymous(number) for number, file in enumerate(new.values(), len(names) + 1))]  # fmt: skip


@contextmanager
def edit_ticket(
    app: AppContext, ticket_id: int, person: Person, action: Action, request: str | None, also: int | None = None
) -> Iterator[TicketSession]:
    """Lock a ticket for a person who may do `action`; at the end its card and all that depends on it is updated.

    `also` is a second ticket that the block locks itself. Raises Refused when the ticket does not exist or the person
    may not, Repeated when `request` was carried out before.
    """
    with app.transaction(request) as tx:
        if also is not None:
            tx.tickets.lock_ticket(min(ticket_id, also))  # always in one order, so that two such edits cannot deadlock
        found = tx.tickets.lock_ticket(ticket_id)
        ticket, phase, acting = require_ticket(app, tx, found, person, action)
        session = TicketSession(app, tx, phase, ticket, acting, app.now())
        yield session
        session.finish()


def lock_ticket(app: AppContext, tx: Transaction, ticket_id: int | None) -> TicketSession | None:
    """Lock a ticket for a change by the app itself; None when it does not exist or only its figures are kept."""
    ticket = tx.tickets.lock_ticket(ticket_id) if ticket_id else None
    if ticket is None or not ticket.is_kept:
        return None
    return TicketSession(app, tx, tx.phases.get(ticket.phase_id), ticket, Person(app.bot_user), app.now())


def require_ticket(
    app: AppContext, tx: Transaction, ticket: Ticket | None, person: Person, action: Action
) -> tuple[Ticket, Phase, Person]:
    """Return a ticket that was read for a person, its phase, and the person under the name the ticket knows.

    This is the one way from an id to a ticket. Refused when the person may not do `action`, in the same words for a
    ticket that is hidden from them and for none.
    """
    if ticket is None:
        raise Refused(NO_SUCH_TICKET)
    phase = tx.phases.get(ticket.phase_id)
    return ticket, phase, require_permission(app, tx, person, action, ticket, phase)


def require_permission(
    app: AppContext, tx: Transaction, person: Person, action: Action, ticket: Ticket, phase: Phase
) -> Person:
    """Return the person under the name by which the ticket knows them; Refused when they may not do that."""
    acting = aliases.acting(app, tx, person, ticket, action)
    affected = action in FOLLOWER_ACTIONS and acting.id in tx.affected.list_people(ticket.id)
    require(acting, action, ticket, phase, affected=affected)
    return acting
