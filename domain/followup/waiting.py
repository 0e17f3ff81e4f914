"""Whose turn it is: the time a ticket was with the team and with its reporter, from nothing but its log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.sla.clocks import OURS, states
from domain.sla.working_time import Calendar
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Status


class Turn(StrEnum):
    TEAM = "team"
    REPORTER = "reporter"
    NOBODY = "nobody"  # it was put off, or is over


@dataclass(frozen=True, slots=True)
class Turns:
    """Whose turn it is since when, and the working time that each side has had it."""

    now: Turn
    since: datetime
    spent: Mapping[Turn, timedelta]


def turn_of(status: Status, *, unconfirmed: bool = False) -> Turn:
    """Something resolved waits for its reporter's word, until that is given up."""
    if status in OURS:
        return Turn.TEAM
    asked = status is Status.WAITING or (status is Status.RESOLVED and not unconfirmed)
    return Turn.REPORTER if asked else Turn.NOBODY


def turns(events: Iterable[Event], calendar: Calendar, until: datetime) -> Turns | None:
    """After these events, oldest first; None before it was opened."""
    found: tuple[Turn, datetime] | None = None
    spent = dict.fromkeys(Turn, timedelta(0))
    for event, state in states(events):
        turn = turn_of(state.status, unconfirmed=event.kind is EventKind.UNCONFIRMED)
        if found is None:
            found = (turn, event.at)
        elif turn is not found[0] and not _stays(event, found[0]):
            spent[found[0]] += calendar.between(found[1], event.at)
            found = (turn, event.at)
    if found is None:
        return None
    spent[found[0]] += calendar.between(found[1], until)
    return Turns(*found, spent)


def _stays(event: Event, before: Turn) -> bool:
    """What is said of something that was given up does not make anybody wait for it again."""
    return before is Turn.NOBODY and event.kind not in STARTS


STARTS = frozenset({EventKind.RESOLVED, EventKind.REOPENED, EventKind.RETURNED, EventKind.UNMERGED, EventKind.STATUS,
                    EventKind.ACKNOWLEDGED, EventKind.WAITING, EventKind.LAPSED})  # fmt: skip
