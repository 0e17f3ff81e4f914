"""What a program asks of the read API: which tickets, and how many at once."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from domain.tickets.status import Status
from domain.tickets.ticket import Severity

NAME = re.compile(r"([A-Z][A-Z0-9]{1,9})-([0-9]{1,9})", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
MOST_ID = 10**18 - 1  # what a column of ids takes
USUAL_LIMIT, MOST = 50, 200  # tickets or events in an answer
Kind = TypeVar("Kind", bound=StrEnum)


class Scope(StrEnum):
    """What a token opens."""

    TICKETS = "tickets"  # tickets that are neither private nor anonymous
    EVENTS = "events"  # what happened to them
    PRIVATE = "private"  # private and anonymous tickets too, without their reporter


class ApiError(Exception):
    """What was asked for is not given, with the status and a sentence for the programmer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketQuery:
    """Tickets in the order in which they were opened, after the one with the id `after`."""

    statuses: tuple[Status, ...] = ()
    severities: tuple[Severity, ...] = ()
    changed_since: datetime | None = None
    words: str = ""
    after: int = 0
    limit: int = USUAL_LIMIT


def read_query(given: Mapping[str, Sequence[str]]) -> TicketQuery:
    """Return what the parameters of a request ask for; ApiError where one is unknown or can't be read."""
    _refuse_others(given, ("status", "severity", "changed_since", "words", "after", "limit"))
    return TicketQuery(
        statuses=_each("status", given, Status), severities=_each("severity", given, Severity),
        changed_since=_moment("changed_since", given), words=_one("words", given) or "",
        after=_number("after", given, 0, MOST_ID), limit=_number("limit", given, USUAL_LIMIT, MOST),
    )  # fmt: skip


def read_no_parameters(given: Iterable[str]) -> None:
    """Raise ApiError where there is any parameter."""
    _refuse_others(given, ())


def read_name(text: str) -> tuple[str, int]:
    """Return the key and the number in the name of a ticket; ApiError where it is none."""
    found = NAME.fullmatch(text)
    if not found:
        raise ApiError(404, f"There is no ticket {text[:40]!r}. Names are written as in PAY-42.")
    return found[1], int(found[2])


def _refuse_others(given: Iterable[str], known: Sequence[str]) -> None:
    if others := [name for name in given if name not in known]:
        raise ApiError(400, f"There is no parameter {others[0][:40]!r}. Known are: {', '.join(known) or 'none'}.")


def _each(name: str, given: Mapping[str, Sequence[str]], kind: type[Kind]) -> tuple[Kind, ...]:
    try:
        return tuple(dict.fromkeys(kind(one) for one in given.get(name, ())))
    except ValueError:
        raise ApiError(400, f"{name} is one of: {', '.join(kind)}.") from None


def _one(name: str, given: Mapping[str, Sequence[str]]) -> str | None:
    values = given.get(name, ())
    if len(values) > 1:
        raise ApiError(400, f"{name} may appear once.")
    return values[0] if values else None


def _number(name: str, given: Mapping[str, Sequence[str]], usual: int, most: int) -> int:
    text = _one(name, given)
    if text is None:
        return usual
    if not NUMBER.fullmatch(text) or int(text) > most:
        raise ApiError(400, f"{name} is a whole number from 1 to {most}.")
    return int(text)


def _moment(name: str, given: Mapping[str, Sequence[str]]) -> datetime | None:
    text = _one(name, given)
    if text is None:
        return None
    try:
        if MOMENT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ApiError(400, f"{name} is a moment with a time zone, such as 2026-03-02T09:00:00Z.")
