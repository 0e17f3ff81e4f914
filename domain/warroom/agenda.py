"""The agenda of a day: what the team has to talk about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from domain.actions.action_item import ActionItem
from domain.decisions.decision import Decision
from domain.reporting.figures import Backlog, PeriodCounts
from domain.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """What is open on that day, and what has changed since `since`; nothing private is in it.

    `blocked` are actions with the names of those they wait for. `load` is the share of the team's time that is needed;
    None when there are too few days or tickets to tell.
    """

    since: datetime
    on: date  # in the time zone of the phase
    critical: Sequence[Ticket] = ()
    overdue: Sequence[Ticket] = ()
    blocked: Sequence[tuple[ActionItem, Sequence[str]]] = ()
    due: Sequence[Decision] = ()
    load: float | None = None
    changed: PeriodCounts = field(default_factory=PeriodCounts)
    decided: Sequence[Decision] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasePage:
    """What the page of a phase says besides its agenda; nothing private is in it.

    `on_call` is by rota; empty for one in which no one is on call.
    """

    leads: Sequence[str]
    on_call: Sequence[tuple[str, str]] = ()
    known_issues: Sequence[Ticket] = ()
    backlog: Backlog = field(default_factory=Backlog)
