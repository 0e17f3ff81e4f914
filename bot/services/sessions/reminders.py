"""The timer of a session: an hour before it begins people are reminded, and at its end the host is asked for notes."""

from bot.context import AppContext
from bot.services.sessions import invitations
from bot.views.sessions import sessions as views
from domain.sessions.session import UserSession
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "session"


def plan(app: AppContext, tx: Transaction, session: UserSession) -> None:
    """Set the timer of a planned session to what comes next; any other has none."""
    key = f"{KIND}:{session.id}"
    if not session.is_planned:
        tx.timers.cancel(key)
    else:
        at = session.remind_at if session.remind_at > app.now() else session.ends
        tx.timers.set_once(key, KIND, at, data={"session": session.id})


def on_timer(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Remind the people of a session that begins soon; of one that has ended, ask its host for the notes."""
    session = tx.sessions.find_session(timer.data["session"])
    phase = tx.phases.get(session.phase_id) if session else None
    if session is None or phase is None or not phase.is_active or not session.is_planned:
        return
    if app.now() < session.ends:
        if app.now() < session.starts:
            invitations.remind(app, tx, phase, session)
        tx.timers.set_once(timer.key, KIND, session.ends, data=timer.data)
    else:
        invitations.post(app, tx, phase, session, session.host, views.asks_for_notes(phase, session), "notes")
