"""An incident that a person acknowledged or resolved in PagerDuty: its escalation has an owner, and pages no one."""

from bot.context import AppContext
from bot.services.oncall.escalation_runner import EscalationRunner, get_runner
from bot.services.tickets.session import TicketSession, lock_ticket
from bot.views.oncall import escalation as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.oncall import paging
from domain.oncall.pagerduty import IncidentChange, IncidentEvent
from domain.people.profile import Profile
from domain.phases.permissions import Action, Person, may
from storage.transaction import Transaction

UNKNOWN, OVER, OWNED, TAKEN = (
    "Received. It belongs to no ticket.",
    "Received. No one is being paged for that ticket.",
    "Received. The ticket has an owner.",
    "Received. The ticket is acknowledged.",
)


def receive(app: AppContext, event: IncidentEvent, address: str) -> str:
    """Acknowledge the ticket of an incident, once for each event, and return what PagerDuty is answered.

    `address` is the e-mail address of the person there, if it is known. Who works on the ticket here becomes its owner;
    others are named in words. An incident that was resolved there counts as acknowledged, because only its ticket says
    whether the problem is fixed. Raises Repeated for an event that was received before.
    """
    profile = app.look_up_address(address) if address else None
    with app.transaction(f"pagerduty:{event.id}") as tx:
        session = _lock(app, tx, event)
        if session is None:
            return UNKNOWN
        runner = get_runner(session)
        if not _is_paged_there(tx, runner, event):
            return OVER
        name = event.user_name or "A person"
        if person := _person_of(app, tx, session, profile):
            session.person, name = person, ""
        return _take(session, runner, event, name)


def _lock(app: AppContext, tx: Transaction, event: IncidentEvent) -> TicketSession | None:
    key, _, number = event.ticket.rpartition("-")
    ticket = tx.tickets.find_by_name(key, int(number))
    return lock_ticket(app, tx, ticket.id) if ticket else None


def _is_paged_there(tx: Transaction, runner: EscalationRunner, event: IncidentEvent) -> bool:
    """Whether the event is about the escalation that runs now, and PagerDuty was told of it."""
    current = runner.current
    if current is None or not current.is_live or event.escalation_id not in (0, current.id):
        return False
    return tx.outbox.find(lane_name(LaneKind.HOOK, current.id, paging.PAGERDUTY), runner.ticket.id) is not None


def _person_of(app: AppContext, tx: Transaction, session: TicketSession, profile: Profile | None) -> Person | None:
    """Return the person behind an address, where they may work on the ticket."""
    if profile is None or profile.deleted or profile.is_bot:
        return None
    tx.profiles.save(profile)
    person = app.known_person(tx, profile.id)
    return person if may(person, Action.WORK, session.ticket, session.phase) else None


def _take(session: TicketSession, runner: EscalationRunner, event: IncidentEvent, name: str) -> str:
    """Do what the event asks for; `name` is "" where the session's person did it."""
    current = runner.current
    is_owned = current is not None and current.state.is_owned
    is_resolved = event.change is IncidentChange.RESOLVED
    mine = not name and session.ticket.owner == session.person.id
    if is_owned and not mine and not is_resolved:
        return OWNED
    if not is_owned and name:
        runner.acknowledge_elsewhere(name)
    elif not is_owned or mine:
        session.claim()
    say = views.resolved_in_pagerduty if is_resolved else views.acknowledged_in_pagerduty
    runner.post_in_thread(say(session.ticket, name or session.person.id, is_name=bool(name)))
    session.finish()
    return OWNED if is_owned else TAKEN
