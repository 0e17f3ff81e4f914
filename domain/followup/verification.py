"""Verified fixes: who was asked whether a fix works, what they answered, and when it is confirmed."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket


class FixAnswer(StrEnum):
    YES = "yes"
    CANNOT_CHECK = "cannot check"


ANSWER_OF = {EventKind.WORKS_FOR_ME: FixAnswer.YES, EventKind.CANNOT_CHECK: FixAnswer.CANNOT_CHECK}


def answers(events: Iterable[Event]) -> Mapping[str, FixAnswer]:
    """Return the answers since the ticket was last resolved, by person; a "no" reopens it instead."""
    found: dict[str, FixAnswer] = {}
    for event in events:
        if event.kind is EventKind.RESOLVED:
            found = {}
        elif event.kind in ANSWER_OF:
            found[event.actor] = ANSWER_OF[event.kind]
    return found


def is_awaiting_confirmation(ticket: Ticket) -> bool:
    """Whether the ticket is resolved and people are still asked."""
    return ticket.status is Status.RESOLVED and not ticket.unconfirmed


def confirmed_by(reporter: str, said: Mapping[str, FixAnswer], *, over: bool) -> str | None:
    """Return who confirms the fix: the reporter, or else an affected person.

    An affected person's answer counts if the reporter can't check, or once the time to answer is `over`. A missing
    answer never confirms.
    """
    yes = [person for person, answer in said.items() if answer is FixAnswer.YES]
    if reporter in yes:
        return reporter
    return yes[0] if yes and (over or said.get(reporter) is FixAnswer.CANNOT_CHECK) else None
