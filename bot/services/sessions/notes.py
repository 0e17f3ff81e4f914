"""Notes of a session: shown as items while they are typed, filed with a ticket each, and told to who took part."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.context import AppContext
from bot.services.intake.duplicates import suggest_tickets
from bot.services.intake.intake import after_opening, open_ticket_in
from bot.services.sessions import invitations, reminders
from bot.services.sessions.sessions import find
from bot.services.tickets.session import TicketSession
from bot.services.tickets.targets import visible_names
from bot.views.sessions import notes as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.people.abilities import Ability
from domain.phases.permissions import Action, Person, may
from domain.phases.phase import Phase
from domain.sessions.notes import ItemKind, NoteLine, SessionItem, check_notes, read_notes, with_speaker
from domain.sessions.session import MAX_PARTICIPANTS, SessionState, UserSession
from domain.text import shorten
from domain.tickets.event import EventKind
from domain.tickets.ticket import SUMMARY_LIMIT, Intake, Report, Severity, Ticket
from storage.transaction import Transaction

COMPARED = 10  # lines that are compared with known tickets while notes are typed


def open_form(app: AppContext, person: Person, session_id: int) -> dict[str, Any]:
    """Return the form for the notes of a session that has begun."""
    with app.store.read() as tx:
        session, phase = find(tx, person, session_id)
    _require_begun(app, session)
    return views.notes_form(phase, session)


def preview(app: AppContext, person: Person, session_id: int, text: str, present: Sequence[str]) -> dict[str, Any]:
    """Return the form with what its notes would become, each line with a known ticket that may be the same."""
    with app.store.read() as tx:
        session, phase = find(tx, person, session_id)
        lines = _read(tx, phase, session, text, present)
    alike: dict[int, str] = {}
    for line in [one for one in lines if not one.ticket and one.kind is ItemKind.REPORT][-COMPARED:]:
        found = suggest_tickets(app, phase, line.text, person)
        alike |= {line.number: found[0].name} if found else {}
    return views.notes_form(phase, session, text, present, lines, alike)


def file_notes(
    app: AppContext, person: Person, session_id: int, text: str, present: Sequence[str], request: str | None = None
) -> None:  # fmt: skip
    """File each line of the notes as an item of the session with its ticket, and tell the team and who was there."""
    with app.transaction(request) as tx:
        session, phase = find(tx, person, session_id, lock=True)
        _require_begun(app, session)
        lines = _read(tx, phase, session, text, present)
        check_notes(lines, views.TEXT.id)
        session = _hold(app, tx, phase, session, present)
        known = {line.number: _known_ticket(tx, person, phase, line) for line in lines if line.ticket}
        opened = _file(app, tx, phase, person, session, lines, known)
        tx.audit.log(person.id, "session notes filed", f"{phase.key} {session.name} {len(lines)}", app.now())
        reminders.plan(app, tx, session)
        _tell_team(app, tx, phase, session)
        for one in present:
            if one != session.host:
                _tell_participant(app, tx, phase, session, one)
    for ticket in opened:
        after_opening(app, ticket)


def show(app: AppContext, person: Person, session_id: int) -> dict[str, Any]:
    """Return the items of a session with the tickets that the person may see."""
    with app.store.read() as tx:
        session, phase = find(tx, person, session_id)
        items = tx.session_items.list_of_session(session.id)
        return views.items(phase, session, _shown(tx, person, phase, items))


def _read(tx: Transaction, phase: Phase, session: UserSession, text: str, present: Sequence[str]) -> list[NoteLine]:
    """Return the lines of notes; people who were there may be named before a colon, by full, display or first name."""
    names: dict[str, str] = {}
    for id_, profile in tx.profiles.list_by_ids([*present]).items():
        for name in (profile.name, profile.name.split(" ")[0]):
            names[name] = "" if names.get(name, id_) != id_ else id_  # of two people with one name it names neither
    guests = [one for one in present if one != session.host]
    return with_speaker(read_notes(text, phase.key, {n: id_ for n, id_ in names.items() if id_}), guests)


def _require_begun(app: AppContext, session: UserSession) -> None:
    if session.state is SessionState.CANCELLED:
        raise Refused(f"{session.name} is cancelled, so it has no notes.")
    if session.starts > app.now():
        raise Refused(f"{session.name} hasn't begun yet. Write its notes when it has.")


def _hold(
    app: AppContext, tx: Transaction, phase: Phase, session: UserSession, present: Sequence[str]
) -> UserSession:  # fmt: skip
    """Record that the session was held and who was there, also people who were not invited."""
    people = tuple(dict.fromkeys((*session.participants, *(one for one in present if one != session.host))))
    if len(people) > MAX_PARTICIPANTS:
        raise Refused(f"A session takes at most {MAX_PARTICIPANTS} people. Choose fewer.", field=views.PRESENT.id)
    if not all(app.known_person(tx, one).can(Ability.REPORT) for one in present):
        raise Refused("One of these people has left or is an app. Take them out.", field=views.PRESENT.id)
    held = replace(session, state=SessionState.HELD, participants=people)
    tx.sessions.update_session(held, phase.user_group_of)
    tx.session_items.update_present(held.id, present)
    return held


def _known_ticket(tx: Transaction, person: Person, phase: Phase, line: NoteLine) -> Ticket:
    """Return the ticket that a line names, refused where the person can't see it."""
    found = tx.tickets.find_by_name(phase.key, int(line.ticket.rpartition("-")[2]))
    if found is None or found.phase_id != phase.id or not may(person, Action.SEE, found, phase) or not found.is_kept:
        raise Refused(f"Line {line.number}: there is no ticket {line.ticket} that you can see. Correct the number.",
                      field=views.TEXT.id)  # fmt: skip
    return found


def _file(
    app: AppContext, tx: Transaction, phase: Phase, person: Person, session: UserSession, lines: Sequence[NoteLine],
    known: Mapping[int, Ticket],
) -> list[Ticket]:  # fmt: skip
    """Keep the items; return the tickets that were opened. Known tickets are locked first, in one order."""
    tickets = {line.number: known[line.number].id for line in lines if line.number in known}
    for id_ in sorted(set(tickets.values())):
        _note_on(app, tx, phase, person, session, [one for one in lines if tickets.get(one.number) == id_], id_)
    opened = []
    for line in lines:
        if line.number not in known:
            opened.append(_open(app, tx, phase, person, session, line))
            tickets[line.number] = opened[-1].id
    tx.session_items.insert_items(
        SessionItem(session_id=session.id, kind=line.kind, text=line.text, person=line.person,
                    ticket_id=tickets[line.number], filed_by=person.id, at=app.now())
        for line in lines
    )  # fmt: skip
    return opened


def _note_on(
    app: AppContext, tx: Transaction, phase: Phase, person: Person, session: UserSession, lines: Sequence[NoteLine],
    id_: int,
) -> None:  # fmt: skip
    """Add what was said to a known ticket: its team reads it, and people who said it are affected too."""
    ticket = tx.tickets.lock_ticket(id_)
    if ticket is None:
        return
    work = TicketSession(app, tx, phase, ticket, person, app.now())
    work.log(EventKind.DISCUSSED, session=session.name)
    for line in lines:
        speaker = app.known_person(tx, line.person) if line.person else None
        if speaker and not ticket.anonymous and may(speaker, Action.SEE, ticket, phase):
            tx.affected.insert_person(ticket.id, speaker.id, "session", app.now())
        work.conversation.tell_team(views.came_up(session, line))
    work.finish()


def _open(
    app: AppContext, tx: Transaction, phase: Phase, person: Person, session: UserSession, line: NoteLine
) -> Ticket:  # fmt: skip
    summary = shorten(line.text, SUMMARY_LIMIT)
    report = Report(summary=summary, severity=Severity.MEDIUM, type=line.kind.type, module=session.module,
                    process=session.process, happened=line.text if line.text != summary else "")  # fmt: skip
    reporter = app.known_person(tx, line.person) if line.person else person
    return open_ticket_in(app, tx, phase, report, person=reporter, intake=Intake.SESSION, assumed=True, welcomes=False,
                          filed_by=person.id if reporter.id != person.id else None)  # fmt: skip


def _shown(
    tx: Transaction, person: Person | None, phase: Phase, items: Sequence[SessionItem]
) -> list[tuple[SessionItem, str]]:  # fmt: skip
    """Return the items with the names of their tickets, without what the person, or everyone, may not see."""
    if person is not None:
        names = visible_names(tx, person, phase, [one.ticket_id for one in items])
    else:
        names = {one.id: one.name for one in tx.tickets.list_by_ids([one.ticket_id for one in items])
                 if not one.private}  # fmt: skip
    return [(one, names[one.ticket_id]) for one in items if one.ticket_id in names]


def _tell_team(app: AppContext, tx: Transaction, phase: Phase, session: UserSession) -> None:
    """Post the summary in the team's channel, or write it again after more notes."""
    items = tx.session_items.list_of_session(session.id)
    shown = _shown(tx, None, phase, items)
    message = views.summary(phase, session, shown, len(items) - len(shown))
    lane = tx.outbox.lane(lane_name(LaneKind.SESSION, phase.id, session.id), phase.team_digest_channel)
    if tx.outbox.has_messages(lane):
        tx.outbox.update_first(lane, message, at=app.now())
    else:
        tx.outbox.post(lane, message, at=app.now(), priority=MessagePriority.DIGEST)


def _tell_participant(app: AppContext, tx: Transaction, phase: Phase, session: UserSession, person: str) -> None:
    """Tell a person who was there what became of it: first their own items, then what others said."""
    items = _shown(tx, app.known_person(tx, person), phase, tx.session_items.list_of_session(session.id))
    own = [one for one in items if one[0].person == person]
    others = [one for one in items if one[0].person != person]
    message = views.result(phase, session, own, others)
    invitations.post(app, tx, phase, session, person, message, f"result{len(own) + len(others)}")
