"""Undeliverable messages: tell leads about them, list them, retry or drop them; and the health of the app."""

from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.context import AppContext
from bot.views.conversations import files
from bot.views.operations import alerts
from domain.conversations.comment import REPORTER, TEAM
from domain.delivery.file_copy import FileProblem
from domain.delivery.lanes import LaneKind, kind_of, lane_name
from domain.delivery.message import Lane, MessageKind, MessagePriority, MessageState, OutboxEntry, OutboxMessage
from domain.errors import Refused
from domain.operations.health import Health
from domain.operations.scopes import missing_optional
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from storage.transaction import Transaction

MAX_LISTED, MAX_READ = 10, 200  # undeliverable messages in one list, and those it is chosen from
# What comes after the kind in the names of these lanes.
BY_PHASE = frozenset({LaneKind.DIGEST, LaneKind.CAPACITY, LaneKind.COVERAGE, LaneKind.SHIFT, LaneKind.ONCALL_NEWS,
                      LaneKind.IMPORT, LaneKind.AGENDA, LaneKind.STAND_UP, LaneKind.SESSION,
                      LaneKind.TEAMS_DIGEST, LaneKind.DIGEST_MAIL, LaneKind.FORM_CODE})  # fmt: skip
BY_ADDRESS = frozenset(
    {LaneKind.WEBHOOK, LaneKind.TEAMS, LaneKind.TEAMS_DIGEST, LaneKind.DIGEST_MAIL}
)  # told once, not of each lane
BY_WAVE = frozenset({LaneKind.PULSE, LaneKind.PULSE_NEWS, LaneKind.PULSE_RESULTS, LaneKind.PRAISE})
BY_NOTE = frozenset({LaneKind.NOTE, LaneKind.NOTE_DRAFT})
BY_SWAP = frozenset({LaneKind.SWAP, LaneKind.SWAP_ANSWER})
GRACE = timedelta(seconds=10)  # a timer that has just become due is not overdue


def report_dead(app: AppContext, tx: Transaction, queued: OutboxMessage, reason: str) -> None:
    """Tell leads and admins what could not be delivered; the log has it in any case.

    Of a file, the people of its ticket are told.
    """
    if queued.verb is MessageKind.FILE:
        _report_file(app, tx, queued, reason)
        return
    kind = kind_of(queued.lane.name)
    if kind in (LaneKind.PERSON, LaneKind.REHEARSAL):  # the verdict of a rehearsal says what did not arrive
        return
    found = phases_of(tx, queued.lane)
    about = tx.tickets.get_ticket(queued.lane.ticket_id).name if queued.lane.ticket_id is not None else ""
    zone = ZoneInfo(found[0].timezone) if found else UTC
    day = queued.created_at.astimezone(zone).date()
    message = alerts.undeliverable(kind, about, day, queued.lane.channel, reason)
    leads = dict.fromkeys(lead for phase in found or tx.phases.list_phases() for lead in phase.lead_people)
    of = queued.lane.channel if kind in BY_ADDRESS else queued.lane.id
    _notify(app, tx, tuple(dict.fromkeys((*leads, *app.admins))), str(of), message)


def phases_of(tx: Transaction, lane: Lane) -> list[Phase]:
    """Return the phases that a lane belongs to: by its ticket or by what its name is about, else by its channel."""
    if lane.ticket_id is not None:
        return [tx.phases.get(tx.tickets.get_ticket(lane.ticket_id).phase_id)]
    kind, about = kind_of(lane.name), lane.name.split(":")[1:2]
    known = {phase.id: phase for phase in tx.phases.list_phases()}
    phase_id = _phase_id(tx, kind, about[0]) if kind and about else None
    if phase_id in known:
        return [known[phase_id]]
    return [one for one in known.values() if lane.channel in one.channels or lane.channel in one.groups]


def _phase_id(tx: Transaction, kind: LaneKind, about: str) -> int | None:
    if kind in BY_PHASE and about.isdecimal():
        return int(about)
    if kind in BY_WAVE and about.isdecimal():
        wave = tx.waves.find(int(about))
        return wave.phase_id if wave else None
    if kind in BY_NOTE and about.isdecimal():
        note = tx.notes.find_note(int(about))
        return note.phase_id if note else None
    if kind in BY_SWAP:
        made = tx.overrides.list_pair(about)
        return made[0].phase_id if made else None
    if kind is LaneKind.TEST_PAGE and about.isdecimal():
        page = tx.escalations.find_page(int(about))
        return page.phase_id if page else None
    return None


def _report_file(app: AppContext, tx: Transaction, queued: OutboxMessage, reason: str) -> None:
    """Say in both threads why the other side can't see a file, and what its sender can do."""
    if "file" not in queued.payload or reason not in list(FileProblem) or queued.lane.ticket_id is None:
        return
    problem, name = FileProblem(reason), str(queued.payload["name"])
    to_team = queued.lane.name.endswith(f":{TEAM}")
    for kind, side in ((LaneKind.TEAM, TEAM), (LaneKind.REPORTER, REPORTER)):
        lane = tx.outbox.find(lane_name(kind, queued.lane.ticket_id))
        says = files.not_copied(name, problem) if (side == TEAM) == to_team else files.not_passed_on(name, problem)
        if lane is not None and (to_team or side == TEAM):
            tx.outbox.post(lane, says, at=app.now())


def notify_admins(app: AppContext, tx: Transaction, about: str, message: dict[str, Any]) -> None:
    """Send a message about a problem of the app to its admins, or to every lead if there are none."""
    leads = dict.fromkeys(lead for phase in tx.phases.list_phases() for lead in phase.lead_people)
    _notify(app, tx, app.admins or tuple(leads), about, message)


def notify_leads(app: AppContext, tx: Transaction, phase: Phase, about: str, message: dict[str, Any]) -> None:
    """Send a message about something of a phase to its leads."""
    _notify(app, tx, tuple(phase.lead_people), about, message)


def answer_later(app: AppContext, person: str, message: dict[str, Any]) -> None:
    """Send an answer that Slack could not show where the person asked, as a direct message."""
    with app.transaction() as tx:
        _notify(app, tx, (person,), f"answer:{app.now().isoformat()}", message)


def health(app: AppContext, person: Person) -> Health:
    """Return the health of the app; Refused unless the person is a lead or an admin."""
    with app.store.read() as tx:
        _require_lead(tx, person)
        now, counts = app.now(), tx.message_archive.count_by_state()
        dead = tx.message_archive.list_newest([MessageState.DEAD], MAX_READ)
        theirs = [entry for entry in dead if _may_handle(tx, entry, person)]
        waiting, oldest = counts["waiting"] + counts["sending"], tx.message_archive.find_oldest()
        return Health(
            now=now,
            waiting=waiting,
            oldest=oldest,
            dead=counts["dead"] if person.administers else len(theirs),
            shown=theirs[:MAX_LISTED],
            overdue=len(tx.timers.list_overdue(now - GRACE)),
            replicas=tx.replicas.list_alive(),
            declined=missing_optional(app.scopes) if app.scopes is not None else {},
        )


def retry(app: AppContext, message_id: int | None, person: Person | None = None) -> int:
    """Send a dead message and those that waited behind it again; return how many. `person` is None for an operator."""
    with app.transaction() as tx:
        messages = tx.message_archive.retry(_dead(tx, message_id, person), app.now())
        tx.outbox.changed = True
    return messages


def drop(app: AppContext, message_id: int | None, person: Person | None = None) -> int:
    """Drop a dead message and those that waited behind it; return how many. `person` is None for an operator."""
    with app.transaction() as tx:
        return tx.message_archive.drop(_dead(tx, message_id, person))


def _dead(tx: Transaction, message_id: int | None, person: Person | None) -> OutboxEntry:
    if person is not None:
        _require_lead(tx, person)
    found = tx.message_archive.find(message_id) if message_id is not None and 0 < message_id < 2**63 else None
    if found is None or (person is not None and not _may_handle(tx, found, person)):
        raise Refused(f"There is no message {message_id}." if message_id else "No message ID given.")
    if found.state is not MessageState.DEAD:
        raise Refused(f"Message {found.id} is {found.state}, so there's nothing to retry or drop.")
    return found


def _may_handle(tx: Transaction, entry: OutboxEntry, person: Person) -> bool:
    """Return whether a message is the person's to retry or drop: admins' all, leads' those of their phase.

    One that belongs to no phase, such as an App Home, is for every lead of an active phase.
    """
    if person.administers:
        return True
    phases = tx.phases.list_phases()
    if entry.ticket_id is not None:
        of_ticket = tx.tickets.get_ticket(entry.ticket_id).phase_id
        return any(phase.id == of_ticket and is_lead(person, phase) for phase in phases)
    here = [phase for phase in phases if entry.channel in phase.channels]
    return any(is_lead(person, phase) for phase in here or phases if phase.is_active)


def _require_lead(tx: Transaction, person: Person) -> None:
    if not person.administers and not any(is_lead(person, p) for p in tx.phases.list_phases()):
        raise Refused("Only leads and admins can see the status of Hypercare.")


def _notify(app: AppContext, tx: Transaction, people: tuple[str, ...], about: str, message: dict[str, Any]) -> None:
    for person in people:
        lane = tx.outbox.lane(lane_name(LaneKind.PERSON, person, about)[:80], person)
        tx.outbox.post(lane, message, at=app.now(), priority=MessagePriority.ACKNOWLEDGEMENT)
