"""The verified fix: who was asked whether it helped, what they said, and when it is confirmed (F13)."""

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
    """What people said since it was last resolved, by person; whoever says "no" opens it again instead."""
    found: dict[str, FixAnswer] = {}
    for event in events:
        if event.kind is EventKind.RESOLVED:
            found = {}
        elif event.kind in ANSWER_OF:
            found[event.actor] = ANSWER_OF[event.kind]
    return found


def is_awaiting_confirmation(ticket: Ticket) -> bool:
    """Whether anybody's word is waited for."""
    return ticket.status is Status.RESOLVED and not ticket.unconfirmed


def confirmed_by(reporter: str, said: Mapping[str, FixAnswer], *, over: bool) -> str | None:
    """Who confirms it: its reporter, or else whoever it concerns too.

    Theirs counts once the reporter has said that it is not theirs to say, or once the time to answer is `over`. Silence
    never confirms.
    """
    yes = [person for person, answer in said.items() if answer is FixAnswer.YES]
    if reporter in yes:
        return reporter
    return yes[0] if yes and (over or said.get(reporter) is FixAnswer.CANNOT_CHECK) else None
