"""Sessions with users: they are planned, changed, cancelled and listed."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from bot.context import AppContext
from bot.services.phases.phases import choose_phase, phases_at, split_off_phase
from bot.services.reporting.figures import group_sizes
from bot.services.reporting.trends import heard_groups, since_for_trends
from bot.services.sessions import invitations, reminders
from bot.views.choices import choice_of_phase
from bot.views.sessions import sessions as views
from domain.errors import Refused
from domain.people.abilities import Ability
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from domain.sessions.coverage import GroupCoverage, session_coverage
from domain.sessions.session import (
    NO_SUCH_SESSION,
    SessionDraft,
    SessionState,
    UserSession,
    check_session,
    left_out,
    needs_news,
)
from domain.statistics.concentration import quiet_groups
from storage.transaction import Transaction

SHOWN = 20  # sessions in one list
AHEAD = timedelta(days=1)  # when a new session begins, if its form doesn't say otherwise


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the sessions of a phase for its team, and for everyone else those that they are invited to."""
    with app.store.read() as tx:
        phase, _ = split_off_phase(tx, channel, words)
        if not is_responder(person, phase):
            return views.own(phase, tx.sessions.list_planned_of(person.id, app.now(), [phase.id])[:SHOWN])
        found = tx.sessions.list_of_phase(phase.id, SHOWN)
        return views.page(phase, found, app.now(), _coverage(tx, phase, app.now()))


def _coverage(tx: Transaction, phase: Phase, now: datetime) -> list[GroupCoverage]:
    """Return which user groups the sessions of the period of trends have reached; groups of few are left out."""
    sizes, until = group_sizes(phase), phase.figures_until(now)
    if not sizes:
        return []
    since = since_for_trends(phase, until)
    quiet = quiet_groups(heard_groups(tx, phase, since, until), sizes)
    reached = tx.sessions.count_reached(phase.id, since, until)
    return session_coverage(sizes, reached, [one.name for one in quiet])


def open_plan_form(app: AppContext, person: Person, key: str, channel: str = "") -> dict[str, Any]:
    """Return the form that plans a session, or the choice of a phase."""
    with app.store.read() as tx:
        found = [phase for phase in phases_at(tx, channel=channel) if is_responder(person, phase)]
        if not key and len(found) > 1:
            return choice_of_phase(views.PLAN, "Plan session", "Plan session for {phase}", found)
        phase = choose_phase(tx, key=key or next((one.key for one in found), ""))
        _require_team(person, phase)
    return views.plan_form(phase, person.id, app.now() + AHEAD)


def find_phase(app: AppContext, person: Person, key: str) -> Phase:
    """Return the active phase of that key, in whose team the person is."""
    with app.store.read() as tx:
        phase = choose_phase(tx, key=key)
    _require_team(person, phase)
    return phase


def plan(app: AppContext, person: Person, key: str, draft: SessionDraft, request: str | None = None) -> UserSession:
    """Plan a session: invite its participants with a calendar file, and set its reminder."""
    with app.transaction(request) as tx:
        phase = choose_phase(tx, key=key)
        _require_team(person, phase)
        check_session(draft, app.now())
        _require_people(app, tx, phase, draft, (draft.host, *draft.participants))
        session = tx.sessions.insert_session(phase.id, draft, phase.user_group_of, person.id, app.now())
        tx.audit.log(person.id, "session planned", f"{phase.key} {session.name}", app.now())
        reminders.plan(app, tx, session)
        invitations.invite(app, tx, phase, session, dict.fromkeys((session.host, *session.participants)))
        _note_homes(tx, phase, session)
    return session


def open_edit_form(app: AppContext, person: Person, session_id: int) -> dict[str, Any]:
    """Return the form that shows and changes a planned session."""
    with app.store.read() as tx:
        session, phase = find(tx, person, session_id)
    _require_planned(session)
    return views.edit_form(phase, session)


def change(
    app: AppContext, person: Person, session_id: int, draft: SessionDraft, request: str | None = None
) -> None:  # fmt: skip
    """Change or cancel a planned session as its form says, and tell the people whom that concerns."""
    with app.transaction(request) as tx:
        before, phase = find(tx, person, session_id, lock=True)
        _require_planned(before)
        if not draft.cancelled:
            check_session(draft, app.now(), before=before.starts)
        new = [one for one in (draft.host, *draft.participants) if one not in (before.host, *before.participants)]
        _require_people(app, tx, phase, draft, new)
        has_news = draft.cancelled or needs_news(before, draft)
        state = SessionState.CANCELLED if draft.cancelled else before.state
        after = replace(before, **asdict(draft), state=state, version=before.version + 1)
        tx.sessions.update_session(after, phase.user_group_of)
        what = "session cancelled" if draft.cancelled else "session changed"
        tx.audit.log(person.id, what, f"{phase.key} {after.name}", app.now())
        reminders.plan(app, tx, after)
        known = dict.fromkeys((before.host, *before.participants))
        gone = left_out([*known], [after.host, *after.participants])
        invitations.uninvite(app, tx, phase, after, gone)
        if has_news:
            invitations.announce(app, tx, phase, after, [one for one in known if one not in gone])
        if not draft.cancelled:
            invitations.invite(app, tx, phase, after, dict.fromkeys(new))
        _note_homes(tx, phase, after)


def find(tx: Transaction, person: Person, session_id: int, *, lock: bool = False) -> tuple[UserSession, Phase]:
    """Return a session of an active phase in whose team the person is, and the phase."""
    session = tx.sessions.find_session(session_id, lock=lock)
    phase = tx.phases.get(session.phase_id) if session else None
    if session is None or phase is None or not is_responder(person, phase):
        raise Refused(NO_SUCH_SESSION)
    if not phase.is_active:
        raise Refused(f"{phase.name} isn't active, so its sessions no longer change.")
    return session, phase


def _require_team(person: Person, phase: Phase) -> None:
    if not is_responder(person, phase):
        raise Refused(f"Only the team of {phase.name} can plan sessions. Ask them in the channel.")


def _require_planned(session: UserSession) -> None:
    if session.state is SessionState.HELD:
        raise Refused(f"The notes of {session.name} are filed, so it no longer changes. Plan another session.")
    if session.state is SessionState.CANCELLED:
        raise Refused(f"{session.name} is cancelled. Plan another session.")


def _require_people(
    app: AppContext, tx: Transaction, phase: Phase, draft: SessionDraft, people: Sequence[str]
) -> None:  # fmt: skip
    """Refuse participants without an account that can take part, and a host who isn't in the team."""
    for one in people:
        person = app.known_person(tx, one)
        if one == draft.host and not is_responder(person, phase):
            raise Refused(f"The host is not in the team of {phase.name}. Choose another.", field="host")
        if one != draft.host and not person.can(Ability.REPORT):
            raise Refused("One of these people has left or is an app. Take them out.", field="participants")


def _note_homes(tx: Transaction, phase: Phase, session: UserSession) -> None:
    tx.changed_homes.update((one, phase.id) for one in (session.host, *session.participants))
