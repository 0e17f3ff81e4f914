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
    """The person who acts: `kind` says what they may do at all, and an `admin` is a lead of every phase.

    `manages_workspace`: an admin or owner of the Slack workspace, who may set up phases and see how Hypercare is.
    """

    id: str
    kind: PersonKind = PersonKind.MEMBER
    admin: bool = False
    manages_workspace: bool = False

    def can(self, ability: Ability) -> bool:
        """Return whether that kind of person may do that at all."""
        return can(self.kind, ability)

    @property
    def administers(self) -> bool:
        """Return whether the person is an admin of Hypercare or of the workspace, and one of its people."""
        return self.can(Ability.TEAM) and (self.admin or self.manages_workspace)


class Action(StrEnum):
    """An action of the matrix in the docs."""

    SEE = "see"
    ADD_DETAILS = "add details"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    WORK = "work"
    SEVERITY = "severity"
    ASSIGN = "assign"
    DEFER = "defer"
    WEIGH = "weigh"
    MERGE = "merge"


NO_SUCH_TICKET = "There is no such ticket that you can see."  # the same for one that is hidden and one that never was
# What a person reads who may not do it, while the phase has leads and while it has none.
ONLY_LEADS = {
    Action.SEVERITY: "Only a lead can change the severity of this ticket: {leads}.",
    Action.ASSIGN: "Only a lead can assign this ticket: {leads}.",
    Action.CLOSE: "Only a lead can close this ticket: {leads}.",
    Action.DEFER: "Only a lead can defer this ticket: {leads}.",
    Action.WEIGH: "Only a lead can change the priority of this ticket: {leads}.",
    Action.MERGE: "Only a lead can merge this ticket: {leads}.",
}
REFUSALS = {
    Action.SEE: "You can't see this ticket. The responders of {phase} can.",
    Action.ADD_DETAILS: "You can't add to this ticket. The responders of {phase} can.",
    Action.WITHDRAW: "Only its reporter can withdraw this ticket. A lead can end it with `/hypercare close`.",
    Action.CLOSE: "You can't close this ticket. The leads of {phase} can.",
    Action.CONFIRM: "You can't confirm this ticket. The responders of {phase} can.",
    Action.REOPEN: "You can't reopen this ticket. The responders of {phase} can.",
    Action.WORK: "You can't work on tickets of this phase. The responders of {phase} can.",
    Action.SEVERITY: "You can't change the severity of this ticket. The responders of {phase} can.",
    Action.ASSIGN: "You can't assign this ticket. The responders of {phase} can.",
    Action.DEFER: "You can't defer this ticket. The responders of {phase} can.",
    Action.WEIGH: "You can't change the priority of this ticket. The responders of {phase} can.",
    Action.MERGE: "You can't merge this ticket. The responders of {phase} can.",
}


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
        case Action.ADD_DETAILS:
            return own or responder
        case Action.WITHDRAW:
            return own
        case Action.CONFIRM | Action.REOPEN:
            # Guests and people who write mails are affected when their own report was merged into the ticket.
            return own or responder or (affected and person.can(Ability.REPORT))
        case Action.WORK:
            return responder
        case Action.SEVERITY | Action.WEIGH | Action.MERGE:
            return lead or (responder and person.id in (ticket.reporter, ticket.owner))
        case Action.ASSIGN | Action.DEFER | Action.CLOSE:
            return lead


def require(person: Person, action: Action, ticket: Ticket, phase: Phase, *, affected: bool = False) -> None:
    """Refuse what that person may not do; a ticket they may not see is refused as if it did not exist."""
    if may(person, action, ticket, phase, affected=affected):
        if action is not Action.SEE:
            require_kept(ticket)
        return
    if not may(person, Action.SEE, ticket, phase):
        raise Refused(NO_SUCH_TICKET)
    if action in ONLY_LEADS and phase.leads:
        raise Refused(ONLY_LEADS[action], leads=phase.leads)
    raise Refused(REFUSALS[action].format(phase=phase.name))


def require_kept(ticket: Ticket) -> None:
    """Refuse a ticket of which only figures are kept."""
    if not ticket.is_kept:
        raise Refused(
            f"The text of {ticket.name} is past its retention period and was deleted. Please report the problem again."
        )


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
