"""Recording a promise: a member of the team names the moment of the next update or of the fix."""

from datetime import datetime

from bot.services.tickets.session import TicketSession
from domain.errors import Refused
from domain.followup.promises import Promise, PromiseKind, PromiseState, as_of
from domain.tickets.event import EventKind


def record_promise(session: TicketSession, kind: PromiseKind, due: datetime, words: str = "") -> datetime | None:
    """Log a promise without telling people; return when it was due before, where it was promised already.

    Refused when the ticket is not open, the moment is past, or a later moment is named without a reason in `words`.
    """
    if not session.ticket.status.is_open:
        raise Refused(f"{session.ticket.name} is already closed, so you can't promise a date.", field="by")
    if due <= session.at:
        raise Refused("That time has passed. Choose a later one.", field="by")
    before = next((one.due for one in list_open_promises(session) if one.kind is kind), None)
    if before and not words:
        raise Refused("This replaces an earlier promise. Say why the date changes.", field="words")
    session.log(EventKind.PROMISED, promise=kind.value, due=due.isoformat(), words=words)
    return before


def list_open_promises(session: TicketSession) -> list[Promise]:
    """Return the ticket's promises that are neither kept nor broken, oldest first."""
    return [one for one in as_of(session.summarize().promises, session.at) if one.state is PromiseState.OPEN]
