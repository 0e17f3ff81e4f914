"""Workarounds: what people were told to do until a fix is there, and by when it is to be there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.tickets.ticket import Fix, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Workaround:
    """A workaround that people use; `readers` were told of it, and the fix is to be there on the day `until`."""

    id: int
    ticket_id: int
    readers: tuple[str, ...]
    given_at: datetime
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkaroundCounts:
    """The public workarounds in use, how many are past their date, and how many people were told of them.

    `by_day` has how many were in use at the end of each day, oldest first.
    """

    in_use: int = 0
    late: int = 0
    told: int = 0
    by_day: Sequence[tuple[date, int]] = ()

    @property
    def has_any(self) -> bool:
        """Whether there is, or was on one of the days, anything to say."""
        return bool(self.in_use or any(count for _, count in self.by_day))


NO_WORKAROUNDS = WorkaroundCounts()


def leaves_workaround(ticket: Ticket) -> bool:
    """Whether people go on with a workaround after a ticket was resolved: the cause is still there."""
    return ticket.fix is Fix.WORKAROUND or bool(ticket.workaround and ticket.fix is not Fix.ROOT_CAUSE)
