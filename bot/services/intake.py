"""Intake: a report becomes a ticket, a card, a confirmation and, when it is critical, a page."""

from dataclasses import replace

import structlog

from bot.desk import Desk
from bot.services import phases
from bot.services.case import Case, opened
from bot.views import lines
from domain.errors import Refused, Repeated
from domain.event import Event, EventKind
from domain.permissions import Action, Person, is_responder, require
from domain.phase import Phase
from domain.ticket import Intake, Origin, Report, Status, Ticket

log = structlog.get_logger()


def phase_for(desk: Desk, *, channel: str = "", key: str = "") -> Phase:
    """The phase that a report belongs to; Refused when nobody can tell."""
    with desk.store.read() as tx:
        return phases.choose(tx, channel=channel, key=key)


def open_ticket(
    desk: Desk, report: Report, *, person: Person, phase_key: str = "", channel: str = "", intake: Intake,
    origin: Origin | None = None, request: str | None = None, assumed: bool = False,
) -> Ticket:  # fmt: skip
    """One transaction: ticket, event, letters. `assumed`: the severity is a guess that the reporter may correct."""
    with desk.transaction(request) as tx:
        phase = phases.choose(tx, channel=channel, key=phase_key)
        now, number = desk.now(), tx.phases.next_number(phase.id)
        ticket = tx.tickets.add(
            report, phase_id=phase.id, number=number, reporter=person.id, intake=intake, origin=origin, at=now
        )
        data = {"severity": report.severity.value, "intake": intake.value}
        tx.tickets.log(ticket.id, Event(kind=EventKind.OPENED, actor=person.id, at=now, data=data))
        case = Case(desk, tx, phase, ticket, person, now)
        case.introduce(assumed=assumed)
        case.refresh_homes()
    log.info("ticket opened", ticket=ticket.id, name=ticket.name, severity=report.severity.value)
    return ticket


def mention(desk: Desk, report: Report, *, person: Person, origin: Origin, request: str) -> Ticket | None:
    """A mention of the bot outside of any ticket's thread makes a ticket; inside one it is part of the talk."""
    if origin.thread_ts:
        with desk.store.read() as tx:
            if tx.tickets.in_thread(origin.channel, origin.thread_ts):
                return None
    try:
        return open_ticket(desk, report, person=person, channel=origin.channel, intake=Intake.MENTION, origin=origin,
                           request=request, assumed=True)  # fmt: skip
    except Repeated:
        return None


def add_details(desk: Desk, ticket_id: int, report: Report, *, person: Person, request: str) -> Ticket:
    """Change what a report says. Until somebody has acknowledged it, its reporter may correct the severity too."""
    with opened(desk, ticket_id, person, Action.ADD_DETAILS, request) as case:
        was = case.ticket
        if report.severity is not was.severity:
            _may_correct_severity(case, person)
        if report.private and not was.private:
            raise Refused(
                "A report cannot become a private one later. Please report it anew as security.", field="type"
            )
        files = case.tx.tickets.add_files(was.id, report.files)
        merged = replace(report, files=(*was.report.files, *files))
        event = Event(kind=EventKind.DETAILS, actor=person.id, at=case.at, data={"severity": report.severity.value})
        case.tx.tickets.save(replace(was, report=merged), event)
        case.ticket = case.tx.tickets.get(was.id)
        case.tell_team(lines.details_added(person.id))
        case.page()
        return case.ticket


def _may_correct_severity(case: Case, person: Person) -> None:
    if case.ticket.status is Status.RECEIVED and person.id == case.ticket.reporter:
        return
    if not is_responder(person, case.phase):
        raise Refused(
            "Somebody is looking at it already; please ask them in the thread to change it.", field="severity"
        )
    require(person, Action.SEVERITY, case.ticket, case.phase)
