"""Intake: a report becomes a ticket, with its card, its acknowledgement and, when critical, its page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.followup import waiting
from bot.services.knowledge import articles
from bot.services.phases import phases
from bot.services.tickets import aliases, priority
from bot.services.tickets.session import TicketSession, edit_ticket, nameless
from bot.views.mail import messages as mail
from bot.views.teams import chat
from bot.views.tickets import posts
from domain.address import is_mail, is_teams
from domain.conversations.comment import REPORTER
from domain.delivery.message import MessagePriority
from domain.errors import Refused, Repeated
from domain.intake.continuation import goes_on
from domain.message_time import written_at
from domain.oncall import paging
from domain.people.abilities import Ability
from domain.phases.permissions import Action, Person, is_responder, require
from domain.phases.phase import Phase
from domain.sla.clocks import first_due, sla_clocks
from domain.sla.targets import acknowledge_by, policy_for
from domain.tickets import transitions
from domain.tickets.event import IMPORTED, Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import File, Intake, Origin, Report, Severity, Ticket
from domain.tickets.transitions import Transition
from domain.tickets.types import exposes
from storage.transaction import Transaction

log = structlog.get_logger()
CONTINUATION_WINDOW = timedelta(minutes=5)  # between messages of one person that are one report


@dataclass(frozen=True, slots=True)
class History:
    """What happened to a ticket in another system: when it was opened there, and the events and comments since."""

    opened_at: datetime
    tell: Callable[[TicketSession], None]


def phase_for(app: AppContext, key: str) -> Phase:
    """Return the active phase of that key; Refused when there is none."""
    with app.store.read() as tx:
        return phases.choose_phase(tx, key=key)


def candidate_phases(app: AppContext, channel: str = "") -> list[Phase]:
    """Return the phases that a report in that channel may belong to; the form asks when there are several."""
    with app.store.read() as tx:
        return phases.phases_at(tx, channel=channel)


def open_ticket(
    app: AppContext, report: Report, *, person: Person, phase_key: str = "", channel: str = "", intake: Intake,
    origin: Origin | None = None, request: str | None = None, assumed: bool = False, anonymous: bool = False,
    filed_by: str | None = None, quiet: bool = False, history: History | None = None,
    articles_shown: Sequence[int] = (),
) -> Ticket:  # fmt: skip
    """Open a ticket, with its event and its messages, in one transaction.

    `assumed`: the severity is a guess that the reporter may correct. `anonymous`: it is filed under an alias.
    `quiet`: only the card is posted. `history`: what happened to it in another system before. `articles_shown`: ids
    of the articles that the form suggested.
    """
    with app.transaction(request) as tx:
        phase = phases.choose_phase(tx, channel=channel, key=phase_key)
        if anonymous:
            person = aliases.create(app, tx, phase, person)
        else:
            articles.note_report(app, tx, phase, person, articles_shown)
        if origin and tx.tickets.find_in_thread(origin.channel, origin.thread):
            origin = None  # the thread belongs to another ticket, so this one is answered in direct messages
        ticket = open_ticket_in(app, tx, phase, report, person=person, intake=intake, origin=origin, assumed=assumed,
                         anonymous=anonymous, filed_by=filed_by, quiet=quiet, history=history,
                         channel=channel)  # fmt: skip
    after_opening(app, ticket, quiet=quiet)
    return ticket


def after_opening(app: AppContext, ticket: Ticket, *, quiet: bool = False) -> None:
    """Log the ticket, and compare it with recently resolved ones."""
    log.info("ticket_opened", ticket=ticket.id, name=ticket.name, severity=ticket.severity.value)
    if not quiet:
        app.check_duplicates(ticket)


def open_ticket_in(
    app: AppContext,
    tx: Transaction,
    phase: Phase,
    report: Report,
    *,
    person: Person,
    intake: Intake,
    origin: Origin | None = None,
    assumed: bool = False,
    anonymous: bool = False,
    filed_by: str | None = None,
    quiet: bool = False,
    prepare: Callable[[TicketSession], None] | None = None,
    history: History | None = None,
    channel: str = "",
    welcomes: bool = True,
) -> Ticket:
    """Open a ticket within a transaction; `prepare` adds to it before its card is drawn.

    `channel` is where it was reported, if its origin doesn't tell. `welcomes`: the reporter is told that it arrived.
    """
    if exposes(report.type, dict(report.extra)):
        report = replace(report, severity=Severity.CRITICAL)  # a data breach, whatever severity the reporter chose
    if anonymous:
        report = replace(report, files=tuple(nameless(app, report.files)))
    now, number = app.now(), tx.phases.next_ticket_number(phase.id)
    is_known_guest = not person.can(Ability.READ) and not anonymous  # few are guests: this could tell who it is
    opened = _opened(report, person, intake, history=history, now=now, is_known_guest=is_known_guest)
    ticket = tx.tickets.insert_ticket(
        report, phase=phase, number=number, reporter=person.id, intake=intake, origin=origin, at=opened.at,
        rank=priority.first(report, phase), due_at=_first_due_at(report, phase, opened), anonymous=anonymous,
        filed_by=filed_by, channel=origin.channel if origin else channel,
    )  # fmt: skip
    tx.affected.insert_person(ticket.id, person.id, "reporter", now)
    tx.affected.insert_occurrence(ticket.id, "report", opened.at)
    tx.tickets.insert_event(ticket.id, opened)
    session = TicketSession(app, tx, phase, ticket, person, now, is_new=True, is_quiet=quiet, events=[opened])
    if prepare:
        prepare(session)
    if history:
        history.tell(session)
    if welcomes and not quiet and session.conversation.has_reporter:
        _welcome(session, assumed=assumed)
    if not quiet:
        session.request_responder()
    session.finish()
    session.conversation.pass_on_to_team(ticket.report.files)
    return ticket


def _opened(
    report: Report, person: Person, intake: Intake, *, history: History | None, now: datetime, is_known_guest: bool
) -> Event:
    """Return the first event of a ticket."""
    data = {"severity": report.severity.value, "intake": intake.value}
    if is_known_guest:
        data["foreign"] = "yes"
    if history:
        data[IMPORTED] = now.isoformat()
    return Event(kind=EventKind.OPENED, actor=person.id, at=history.opened_at if history else now, data=data)


def _welcome(session: TicketSession, *, assumed: bool) -> None:
    """Tell the reporter that the report arrived, and by when the team acknowledges it."""
    ticket = session.ticket
    reply_by = acknowledge_by(session.phase, ticket, session.at)
    is_paged = paging.policy_for(session.phase, ticket, session.at) is not None
    if is_mail(ticket.reporter):
        welcome = mail.received(ticket, assumed=assumed, is_paged=is_paged, reply_by=reply_by)
    elif is_teams(ticket.reporter):
        welcome = chat.received(ticket, assumed=assumed, is_paged=is_paged, reply_by=reply_by)
    else:
        welcome = posts.received(ticket, session.app.home_link, assumed=assumed, is_paged=is_paged, reply_by=reply_by)
    lane = session.conversation.open_reporter_lane()
    session.conversation.send(lane, [welcome], MessagePriority.ACKNOWLEDGEMENT)


def _first_due_at(report: Report, phase: Phase, opened: Event) -> datetime | None:
    """Return when the first SLA target of a new ticket is due; None without one."""
    first = first_due(sla_clocks([opened], policy_for(phase, report.module, report.type)))
    return first.due if first else None


def is_ticket_message(app: AppContext, origin: Origin) -> bool:
    """Whether that message belongs to a ticket's thread, or is reported already."""
    with app.store.read() as tx:
        here = tx.tickets.find_in_thread(origin.channel, origin.thread)
        return here is not None or tx.tickets.is_reported(origin.channel, origin.ts)


def open_from_message(
    app: AppContext, report: Report, *, person: Person, origin: Origin, intake: Intake, assumed: bool = True,
    filed_by: str | None = None,
) -> Ticket | None:  # fmt: skip
    """Open a ticket from a message, once; None when it belongs to a ticket's thread or is reported already."""
    if is_ticket_message(app, origin):
        return None
    request = _message_key(origin)  # two people may react at the same moment
    try:
        return open_ticket(app, report, person=person, channel=origin.channel, intake=intake, origin=origin,
                           request=request, assumed=assumed, filed_by=filed_by)  # fmt: skip
    except Repeated:
        return None


def receive_channel_message(app: AppContext, report: Report, text: str, *, person: Person, origin: Origin) -> None:
    """Add a message to the report that the same person made there moments ago, or open a ticket from it.

    One transaction and one key, so that a message whose delivery failed halfway is looked at again as a whole. A
    message that belongs to a ticket's thread, or is reported already, changes nothing.
    """
    with app.transaction(_message_key(origin)) as tx:
        if _append_to_recent_report(app, tx, text, report.files, person=person, origin=origin):
            return
        if tx.tickets.find_in_thread(origin.channel, origin.thread) or tx.tickets.is_reported(
            origin.channel, origin.ts
        ):
            return
        phase = phases.choose_phase(tx, channel=origin.channel)
        ticket = open_ticket_in(app, tx, phase, report, person=person, intake=Intake.CHANNEL, origin=origin,
                         assumed=True)  # fmt: skip
    after_opening(app, ticket)


def _message_key(origin: Origin) -> str:
    """Return the key of a message, whichever events and reactions tell of it."""
    return f"message:{origin.channel}:{origin.ts}"


def _append_to_recent_report(
    app: AppContext, tx: Transaction, text: str, files: Sequence[File], *, person: Person, origin: Origin
) -> bool:
    """Add a message to the report that the same person made here moments ago; return False when there is none."""
    newest = tx.tickets.find_newest_in_channel(origin.channel, origin.ts)
    if newest is None or newest.reporter != person.id or not _is_soon_after(newest, origin):
        return False
    if not goes_on(f"{newest.summary}\n{newest.report.happened}", text):
        return False
    ticket = tx.tickets.lock_ticket(newest.id) or newest
    session = TicketSession(app, tx, tx.phases.get(ticket.phase_id), ticket, person, app.now())
    waiting.on_answer(session)
    session.conversation.record_comment(REPORTER, text, origin.channel, origin.ts)
    session.conversation.pass_on_to_team(session.add_files(files))
    by, links = session.conversation.visible_name(person.id), session.links_to(files)
    messages = session.conversation.tell_team(*posts.reporter_message_for_team(by, text, links))
    tx.mirrors.insert_copies(origin.channel, origin.ts, messages, ticket.id)
    session.finish()
    return True


def _is_soon_after(ticket: Ticket, origin: Origin) -> bool:
    """Return whether a message was written soon after the one that made the ticket, whenever they were received."""
    first, second = (written_at(one.ts) if one else None for one in (ticket.origin, origin))
    return first is not None and second is not None and second - first <= CONTINUATION_WINDOW


def add_details(app: AppContext, ticket_id: int, changes: Mapping[str, Any], *, person: Person, request: str) -> Ticket:
    """Change fields of a report. Its reporter may correct the severity until it is acknowledged."""
    with edit_ticket(app, ticket_id, person, Action.ADD_DETAILS, request) as session:
        after = replace(session.ticket.report, **{k: v for k, v in changes.items() if k in ("type", "extra")})
        if after.private and not session.ticket.private:
            raise Refused(
                "An existing report can't become private. Please submit a new report of type Security.", field="type"
            )
        if changes.get("severity", session.ticket.severity) is not session.ticket.severity:
            _correct_severity(session, session.person, changes["severity"])
        words = {k: v for k, v in changes.items() if k not in ("severity", "files")}
        if "extra" in words:
            words["extra"] = {**session.ticket.report.extra, **words["extra"]}
        if words or changes.get("files"):
            _add(session, words, changes.get("files", ()))
    return session.ticket


def _add(session: TicketSession, words: Mapping[str, Any], files: Sequence[File]) -> None:
    session.conversation.pass_on_to_team(session.add_files(files))
    after = replace(session.ticket, report=replace(session.ticket.report, **words))
    data = {"fields": ", ".join([*words, *(["files"] if files else [])])}
    session.apply(Transition(after, Event(kind=EventKind.DETAILS, actor=session.person.id, at=session.at, data=data)))
    session.conversation.tell_team(posts.details_for_team(session.conversation.visible_name(session.person.id)))


def _correct_severity(session: TicketSession, person: Person, to: Severity) -> None:
    is_correction = session.ticket.status is Status.RECEIVED and person.id == session.ticket.reporter
    if not is_correction and not is_responder(person, session.phase):
        raise Refused(
            "The team has already started, so you can't change the severity. Ask them in the thread.", field="severity"
        )
    if not is_correction:
        require(person, Action.SEVERITY, session.ticket, session.phase)
    was = session.ticket.severity
    session.apply(transitions.set_severity(session.ticket, to, "", by=person.id, at=session.at))
    session.conversation.tell_team(
        posts.severity_for_team(session.ticket, was, "", session.conversation.visible_name(person.id))
    )
    session.request_responder()
