"""An alert as a monitoring system tells of it, and what one delivery holds."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.gateways.ai_call import AiCall
from domain.gateways.call import GatewayCall
from domain.signals.proof import Signature
from domain.signals.settings import GenericMapping
from domain.tickets.ticket import Severity

MAX_BYTES = 1024 * 1024


class NotUnderstood(Exception):  # noqa: N818 - the delivery is accepted, and shown to the leads
    """A delivery can't be read. `reason` says why without quoting it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert, firing or resolved.

    `key` is the same each time the alert fires and `occurrence` names one of those times; it is "" where the sender
    does not say, which means the time that is firing now. `severity` is None where the sender does not say. `since` is
    the sender's own time.
    """

    source: str
    key: str
    occurrence: str
    is_firing: bool
    title: str
    severity: Severity | None = None
    text: str = ""
    link: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The alerts of one request, or the requests and the calls of models that its lines tell of.

    `left_out` is how many more the sender says there are, `skipped` how many could not be read, and `is_test` whether
    the sender only tries the connection.
    """

    alerts: tuple[Alert, ...] = ()
    left_out: int = 0
    skipped: int = 0
    is_test: bool = False
    calls: tuple[GatewayCall, ...] = ()
    ai_calls: tuple[AiCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A request that a sender could send, to try its integration: a JSON body, and headers that say what it is."""

    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def always(sample: Sample) -> Callable[[GenericMapping], Sample]:
    """Return what gives a sample whatever the mapping of the phase is."""
    return lambda _mapping: sample


def _go_on() -> None:
    """Go on at once."""


@dataclass(frozen=True, slots=True)
class SignalRequest:
    """A request as it came: headers with lower-case names, and the raw body. `pause` lets people go first."""

    headers: Mapping[str, str]
    body: bytes
    mapping: GenericMapping = field(default_factory=GenericMapping)
    pause: Callable[[], None] = field(default=_go_on)

    def json(self) -> Any:
        """Return the JSON value of the body; NotUnderstood when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise NotUnderstood("The body is not JSON.") from None

    def json_object(self) -> Mapping[str, Any]:
        """Return the JSON object of the body; NotUnderstood when it is none."""
        found = self.json()
        if not isinstance(found, dict):
            raise NotUnderstood("The body is not a JSON object.")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalKind:
    """One kind of sender.

    `read` turns a request into its alerts, or raises NotUnderstood. `signature` is how the sender signs its requests,
    if it can. `sends_secret` is whether it can send a secret in a header. `picks_secret` is whether the sender makes
    the secret itself, so that Hypercare has to be told. `max_bytes` is how large a body may be once it is unpacked.
    `sends_logs` is whether it sends lines of a log, which are added up, instead of alerts. `answer_within` is how many
    seconds the sender waits for its answer, less some for the way; None where it waits for ten or more. `sample` is a
    request with one alert or one line, by the mapping of the phase.
    """

    name: str
    label: str
    read: Callable[[SignalRequest], Delivery]
    sample: Callable[[GenericMapping], Sample]
    signature: Signature | None = None
    sends_secret: bool = True
    picks_secret: bool = False
    max_bytes: int = MAX_BYTES
    sends_logs: bool = False
    answer_within: float | None = None
