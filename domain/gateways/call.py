"""One request through a gateway, as far as figures need it, and how it ended."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from domain.tables import check_complete

GATEWAY_ERRORS = frozenset({502, 503, 504})


class Outcome(StrEnum):
    """How a request through a gateway ended."""

    OK = "ok"
    AUTH_FAILED = "auth_failed"
    LIMITED = "limited"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    REFUSED = "refused"

    __hash__ = str.__hash__  # that of Enum is written in Python, and each line of a log needs it

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    Outcome.OK: "Answered",
    Outcome.AUTH_FAILED: "Authentication failed",
    Outcome.LIMITED: "Over a limit",
    Outcome.UNREACHABLE: "Service unreachable",
    Outcome.FAILED: "Failed in the service",
    Outcome.REFUSED: "Refused as wrong",
}
check_complete(Outcome, LABELS)
DOWN = (Outcome.UNREACHABLE, Outcome.FAILED)  # what counts against availability


class GatewayCall(NamedTuple):
    """One request.

    `id` is the gateway's own, "" without one. `at` is None and `ms` is None where the gateway does not say. `consumer`
    is the application that called, or "".
    """

    at: datetime | None
    id: str
    endpoint: str
    status: int
    outcome: Outcome
    ms: float | None = None
    consumer: str = ""


def outcome_of(status: int, *, limited: bool = False, unreachable: bool = False) -> Outcome:
    """Return how a request ended, from its status and what the gateway says of limits and upstreams."""
    if limited or status == 429:
        return Outcome.LIMITED
    if status in (401, 403):
        return Outcome.AUTH_FAILED
    if unreachable or status in GATEWAY_ERRORS:
        return Outcome.UNREACHABLE
    if status >= 500:
        return Outcome.FAILED
    return Outcome.REFUSED if status >= 400 else Outcome.OK
