"""What participants of a session read: the invitation with its calendar file, changes, and the reminder."""

from collections.abc import Iterable
from typing import Any

from bot.context import AppContext
from bot.views.sessions import sessions as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import Lane, MessagePriority
from domain.phases.phase import Phase
from domain.sessions.session import UserSession
from storage.transaction import Transaction


def invite(app: AppContext, tx: Transaction, phase: Phase, session: UserSession, people: Iterable[str]) -> None:
    """Invite these people, each with a calendar file."""
    for person in people:
        _tell(app, tx, phase, session, person, views.invitation(phase, session, person))


def announce(app: AppContext, tx: Transaction, phase: Phase, session: UserSession, people: Iterable[str]) -> None:
    """Tell people who were invited before that a session was moved, changed or cancelled; their file replaces it."""
    for person in people:
        _tell(app, tx, phase, session, person, views.changed(phase, session))


def uninvite(app: AppContext, tx: Transaction, phase: Phase, session: UserSession, people: Iterable[str]) -> None:
    """Tell people that they are no longer needed; for their calendars the session is cancelled."""
    for person in people:
        _tell(app, tx, phase, session, person, views.not_needed(phase, session), cancelled=True)


def remind(app: AppContext, tx: Transaction, phase: Phase, session: UserSession) -> None:
    """Remind the host and the participants that the session begins soon."""
    for person in dict.fromkeys((session.host, *session.participants)):
        post(app, tx, phase, session, person, views.reminder(phase, session), f"soon{session.version}")


def post(
    app: AppContext, tx: Transaction, phase: Phase, session: UserSession, person: str, message: dict[str, Any],
    occasion: str,
) -> Lane:  # fmt: skip
    """Send a person something about a session; `occasion` is what for, since each is a message of its own."""
    lane = tx.outbox.lane(lane_name(LaneKind.SESSION, phase.id, session.id, person, occasion), person)
    tx.outbox.post(lane, message, at=app.now(), priority=MessagePriority.STATUS)
    return lane


def _tell(
    app: AppContext, tx: Transaction, phase: Phase, session: UserSession, person: str, message: dict[str, Any], *,
    cancelled: bool = False,
) -> None:  # fmt: skip
    from bot.services.sessions.calendar_file import NAME, calendar_file  # noqa: PLC0415 - megabytes for few processes

    lane = post(app, tx, phase, session, person, message, f"version{session.version}")
    files = tx.outbox.lane(lane_name(LaneKind.FILE, LaneKind.SESSION, session.id, person, session.version), person)
    content = calendar_file(session, phase, app.now(), cancelled=cancelled or session.cancelled)
    tx.outbox.copy_file(files, lane, {"content": content, "name": NAME}, at=app.now())
