"""Whose turn it was: the working time that open tickets spent with each party, from their logs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.sla.clocks import ticket_states
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind
from domain.tickets.status import WaitingOn
from domain.tickets.ticket import Judgement, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyFigures:
    """Public tickets by party: how many are open and closed, the working time with each, and what they were judged."""

    open: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    time: Mapping[str, timedelta] = field(default_factory=dict)
    judged: Counter[Judgement] = field(default_factory=Counter)
    not_judged: int = 0
    wishes: Sequence[Ticket] = ()


def time_with_parties(events: Iterable[Event], calendar: WorkCalendar, now: datetime) -> dict[str, timedelta]:
    """Return the working time by party, while the ticket waited on the team; "" is the time before it had one."""
    found, party, waits, since = dict[str, timedelta](), "", False, now
    for event, after in ticket_states(events):
        if waits:
            found[party] = found.get(party, timedelta(0)) + calendar.between(since, event.at)
        if event.kind is EventKind.JUDGED:
            party = event.data.get("party", "")
        waits, since = after.status.waiting_on is WaitingOn.TEAM, event.at
    if waits:
        found[party] = found.get(party, timedelta(0)) + calendar.between(since, now)
    return {name: spent for name, spent in found.items() if spent}


def party_figures(
    tickets: Sequence[Ticket], histories: Mapping[int, Sequence[Event]], calendar: WorkCalendar, now: datetime
) -> PartyFigures:
    """Return the figures of these tickets; the time of those whose log is given."""
    spent = Counter[str]()
    for ticket in tickets:
        for party, time in time_with_parties(histories.get(ticket.id, ()), calendar, now).items():
            spent[party] += round(time.total_seconds())
    return PartyFigures(
        open=Counter(one.party for one in tickets if one.party and one.status.is_open),
        closed=Counter(one.party for one in tickets if one.party and not one.status.is_open),
        time={party: timedelta(seconds=seconds) for party, seconds in spent.items() if party},
        judged=Counter(one.judgement for one in tickets if one.judgement),
        not_judged=sum(one.judgement is None and one.status.is_open for one in tickets),
        wishes=[one for one in tickets if one.judgement is Judgement.WISH],
    )
