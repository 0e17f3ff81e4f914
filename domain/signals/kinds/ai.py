"""AI gateways: calls of models, which are added up and not kept, and LiteLLM's events about budgets."""

from collections.abc import Mapping
from typing import Any

from domain.foreign import number, scalar
from domain.gateways import otlp
from domain.gateways.ai_formats import read_ai_call
from domain.gateways.body import UnreadableBodyError, in_pieces, rows_of
from domain.signals import fields
from domain.signals.alert import Alert, Delivery, NotUnderstood, Sample, SignalKind, SignalRequest, always
from domain.signals.components import Component
from domain.tickets.ticket import Severity

NAME = "ai"
MAX_BYTES = 5 * 1024 * 1024
# LiteLLM's events that say that money runs out; its others, such as `spend_tracked`, are no alerts.
BUDGET_EVENTS = {
    "budget_crossed": (Severity.HIGH, "is used up"),
    "max_budget_alert": (Severity.HIGH, "is nearly used up"),
    "soft_budget_crossed": (Severity.MEDIUM, "is past its soft limit"),
    "threshold_crossed": (Severity.MEDIUM, "is past a threshold"),
    "projected_limit_exceeded": (Severity.MEDIUM, "is expected to be used up"),
}
OWNERS = ("team_alias", "key_alias", "organization_id", "customer_id")


def read(request: SignalRequest) -> Delivery:
    """Return the calls that a body tells of, or the alert of a budget."""
    if request.headers.get("content-type", "").startswith(otlp.CONTENT_TYPE):
        return _spans(_decoded(request.body))
    try:
        rows = rows_of(request.body, request.pause)
    except UnreadableBodyError:
        raise NotUnderstood("The body is not JSON.") from None
    if len(rows) == 1 and isinstance(rows[0], dict) and "event" in rows[0] and "spend" in rows[0]:
        return _budget(rows[0])
    if len(rows) == 1 and isinstance(rows[0], dict) and "resourceSpans" in rows[0]:
        return _spans(rows[0])
    found = [read_ai_call(row) for piece in in_pieces(rows, request.pause) for row in piece]
    calls = tuple(one for one in found if one is not None)
    if not calls:
        raise NotUnderstood("No record has the fields of a call of a model.")
    return Delivery(ai_calls=calls, skipped=len(found) - len(calls))


def _decoded(body: bytes) -> Mapping[str, Any]:
    try:
        return otlp.decode(body)
    except otlp.MissingProtobufError:
        raise NotUnderstood("OTLP in protobuf needs the extra otlp. Install it, or let the sender use JSON.") from None
    except ValueError:
        raise NotUnderstood("The body is no trace request of OTLP.") from None


def _spans(row: Mapping[str, Any]) -> Delivery:
    """Return the calls of models among spans; an application sends all its spans, and most are about other things."""
    return Delivery(ai_calls=tuple(otlp.read_spans(row)))


def _budget(row: dict[str, Any]) -> Delivery:
    """Return the alert of a budget. LiteLLM names no window, so the same event with another amount is a new time."""
    event = scalar(row.get("event"))
    if event not in BUDGET_EVENTS:
        return Delivery()
    severity, state = BUDGET_EVENTS[event]
    group = fields.line(row.get("event_group"), limit=20) or "proxy"
    owner = fields.line(*(row.get(name) for name in OWNERS), limit=60)
    named = f"{group} {owner}" if owner and "@" not in owner else group
    spend, limit = (number(row.get(name)) for name in ("spend", "max_budget"))
    amounts = "" if spend is None or limit is None else f"{spend:g} of {limit:g} are spent."
    alert = Alert(
        source=NAME, key=fields.key(f"{group}:{owner}"), occurrence=fields.occurrence(f"{event}:{spend}:{limit}"),
        is_firing=True, title=fields.line(f"The AI budget of {named} {state}"), severity=severity, text=amounts,
        labels={"component": Component.AI_COST.value},
    )  # fmt: skip
    return Delivery((alert,))


SAMPLE = Sample([{"id": "rehearsal", "model": "rehearsal", "outcome": "ok", "tokens_in": 1, "tokens_out": 1}])
KIND = SignalKind(name=NAME, label="AI gateway", read=read, sample=always(SAMPLE), max_bytes=MAX_BYTES, sends_logs=True)
