"""A person has left: what they held goes back to the team, and the leads are told once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.context import AppContext
from bot.services.oncall import shifts
from bot.services.oncall.escalation_runner import get_runner
from bot.services.oncall.escalations import ACCOUNT_DEACTIVATED
from bot.services.tickets.session import lock_ticket
from bot.views.people import departures as views
from bot.views.tickets import posts
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.oncall.rota import NO_PERSON, ShiftOverride
from domain.people.profile import Profile
from domain.phases.phase import Phase
from domain.rehearsal.findings import USERS, named_in
from domain.tickets import transitions
from domain.tickets.ticket import Ticket
from storage.people.departures import Thing
from storage.transaction import Transaction

UNCOVERED = timedelta(days=365)  # how long their turns stay uncovered, unless the settings change before


def release(app: AppContext, tx: Transaction, profile: Profile) -> bool:
    """Let go of tickets, actions, shifts, promises, reminders, pulses and links of a deactivated person.

    The leads of each phase concerned read once what was let go of. Return whether there was anything.
    """
    gone, now = profile.id, app.now()
    for escalation in tx.escalations.list_waiting_for(gone):
        _pass_over(app, tx, escalation.ticket_id, gone)
    owned = [ticket for one in tx.departures.list_owned(gone) if (ticket := _unassign(app, tx, one))]
    found: dict[str, Sequence[Ticket | Thing]] = {
        "owned": owned,
        "promised": tx.tickets.list_by_ids(tx.departures.list_promised(gone)),
        "war_rooms": tx.tickets.list_by_ids(tx.departures.list_war_rooms(gone)),
        "actions": tx.departures.list_actions(gone), "decisions": tx.departures.list_decisions(gone),
        "sessions": tx.departures.list_sessions(gone, now),
    }  # fmt: skip
    released = tx.departures.release(gone, now)
    told = [_tell_leads(app, tx, phase, profile, found)
            for phase in tx.phases.list_phases() if phase.is_active]  # fmt: skip
    return bool(owned or released or any(told))


def welcome_back(app: AppContext, tx: Transaction, person: str) -> None:
    """Give a person whose account is active again their turns in the rotas."""
    if tx.departures.delete_stand_ins(_pair(person)):
        for phase in tx.phases.list_phases():
            shifts.plan(tx, phase, app)


def _pass_over(app: AppContext, tx: Transaction, ticket_id: int, gone: str) -> None:
    session = lock_ticket(app, tx, ticket_id)
    if session is not None:
        get_runner(session).warn(gone, ACCOUNT_DEACTIVATED, is_gone=True)
        session.finish()


def _unassign(app: AppContext, tx: Transaction, ticket_id: int) -> Ticket | None:
    session = lock_ticket(app, tx, ticket_id)
    if session is None:
        return None
    session.apply(transitions.lapse(session.ticket, by=app.bot_user, at=session.at, gone=True))
    session.conversation.tell_reporter(posts.owner_left(session.ticket))
    session.request_responder()
    session.finish()
    return session.ticket


def _tell_leads(
    app: AppContext, tx: Transaction, phase: Phase, profile: Profile, found: Mapping[str, Sequence[Ticket | Thing]]
) -> bool:  # fmt: skip
    theirs = {what: [one.name for one in ones if one.phase_id == phase.id] for what, ones in found.items()}
    held = views.Held(**theirs, rotas=_uncover(app, tx, phase, profile.id), settings=_named_in(phase, profile.id))
    if not held:
        return False
    note = views.person_left(profile.name or profile.id, phase.key, held)
    for place in _recipients(app, phase, profile.id):
        lane = tx.outbox.lane(lane_name(LaneKind.PERSON, place, "left", profile.id)[:80], place)
        tx.outbox.post(lane, note, at=app.now(), priority=MessagePriority.ACKNOWLEDGEMENT)
    return True


def _recipients(app: AppContext, phase: Phase, gone: str) -> Sequence[str]:
    """Return the other leads, else the admins, else the triage channel."""
    leads = [lead for lead in phase.lead_people if lead != gone]
    return leads or [admin for admin in app.admins if admin != gone] or [phase.triage_channel]


def _uncover(app: AppContext, tx: Transaction, phase: Phase, gone: str) -> list[str]:
    """Leave the person's turns to the leads; return the rotas in which they had any."""
    now = app.now()
    rotas = [rota.name for rota in phase.oncall.rotas
             if any(gone in (layer.people or [member.person for member in phase.oncall.roster])
                    for layer in rota.layers if not layer.shadow)]  # fmt: skip
    for name in rotas:
        tx.overrides.insert(
            phase.id, name, _stand_in(gone, now), by=app.bot_user, pair=_pair(gone), at=now, agreed=True
        )
    if rotas:
        shifts.plan(tx, phase, app)
    return rotas


def _stand_in(gone: str, now: datetime) -> ShiftOverride:
    return ShiftOverride(person=NO_PERSON, starts=now, ends=now + UNCOVERED, instead_of=gone)


def _pair(person: str) -> str:
    return f"gone:{person}"[:32]


def _named_in(phase: Phase, person: str) -> list[str]:
    """Return the settings that name a person, without those of who uses the system."""
    found = named_in(phase.settings.model_dump(mode="json"))
    return list(dict.fromkeys(place for place, one in found if one == person and place not in USERS))
