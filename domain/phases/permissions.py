"""Permissions: who may do what with a ticket, checked for every action, whichever button was shown."""

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import Refused
from domain.people.abilities import Ability, can
from domain.people.profile import PersonKind
from domain.phases.phase import Phase
from domain.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Person:
    """The person who acts: `kind` says what they may do at all, and an `admin` is a lead of every phase."""

    id: str
    kind: PersonKind = PersonKind.MEMBER
    admin: bool = False

    def can(self, ability: Ability) -> bool:
        """Return whether that kind of person may do that at all."""
        return can(self.kind, ability)


class Action(StrEnum):
    """An action of the matrix in the docs; its value completes "You can't …"."""

    SEE = "see this ticket"
    ADD_DETAILS = "add to this ticket"
    WITHDRAW = "withdraw this ticket"
    CONFIRM = "confirm this ticket"
    REOPEN = "reopen this ticket"
    WORK = "work on tickets of this phase"
    SEVERITY = "change the severity of this ticket"
    ASSIGN = "assign this ticket"
    DEFER = "defer this ticket"
    WEIGH = "change the priority of this ticket"
    MERGE = "merge this ticket"


LEADS_ONLY = frozenset({Action.ASSIGN, Action.DEFER, Action.SEVERITY, Action.WEIGH, Action.MERGE})


def may(person: Person, action: Action, ticket: Ticket, phase: Phase, *, affected: bool = False) -> bool:
    """Return whether that person may do that (the matrix in the docs); `affected`: they have the problem too."""
    lead = is_lead(person, phase)
    responder = lead or is_responder(person, phase)
    own = person.id == ticket.reporter
    if ticket.private and not (lead or own or person.id == ticket.owner):
        return False
    match action:
        case Action.SEE:
            return own or responder or person.can(Ability.READ)
        case Action.ADD_DETAILS | Action.WITHDRAW:
            return own or responder
        case Action.CONFIRM | Action.REOPEN:
            return own or responder or (affected and person.can(Ability.SUPPORT))
        case Action.WORK:
            return responder
        case Action.SEVERITY | Action.WEIGH | Action.MERGE:
            return lead or (responder and person.id in (ticket.reporter, ticket.owner))
        case Action.ASSIGN | Action.DEFER:
            return lead


def require(person: Person, action: Action, ticket: Ticket, phase: Phase, *, affected: bool = False) -> None:
    """Refuse what that person may not do; a ticket they may not see is refused as if it did not exist."""
    if may(person, action, ticket, phase, affected=affected):
        if action is not Action.SEE:
            require_kept(ticket)
        return
    if not may(person, Action.SEE, ticket, phase):
        raise Refused(f"There is no {ticket.name} that you can see.")
    if action in LEADS_ONLY and phase.leads:
        raise Refused(f"Only a lead can {action}: {{leads}}.", leads=phase.leads)
    raise Refused(f"You can't {action}. The responders of {phase.name} can.")


def require_kept(ticket: Ticket) -> None:
    """Refuse a ticket of which only figures are kept."""
    if not ticket.is_kept:
        raise Refused(f"Only the figures of {ticket.name} are still kept; please report the problem again.")


def is_lead(person: Person, phase: Phase) -> bool:
    return person.can(Ability.TEAM) and (person.admin or person.id in phase.lead_people)


def is_responder(person: Person, phase: Phase) -> bool:
    """Responders and leads."""
    return person.can(Ability.TEAM) and (person.admin or person.id in phase.responder_people)


def reads(person: Person, phase: Phase) -> bool:
    """Return whether they may read a phase's figures: people of the workspace, and guests in its team."""
    return person.can(Ability.READ) or is_responder(person, phase)


def require_people(person: Person, phase: Phase) -> None:
    """Refuse to show who is on call to a guest or a person of another company who is not in the team."""
    if not person.can(Ability.SEE_PEOPLE) and not is_responder(person, phase):
        raise Refused("Only people of this workspace can see who is on call. Ask the team in the channel.")
