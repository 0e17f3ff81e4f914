"""Any sender of JSON, by the mapping in the settings of the phase."""

from domain.signals.alert import Delivery, NotUnderstood, SignalKind, SignalRequest
from domain.signals.mapped import mapped_alert, sample_of, value_at
from domain.signals.proof import Signature

MAX_ALERTS = 2000  # of one request


def read(request: SignalRequest) -> Delivery:
    """Return the alerts of an object or a list."""
    found = value_at(request.mapping.alerts, request.json())
    given = found if isinstance(found, list) else [found]
    rows = [mapped_alert("generic", one, request.mapping) if isinstance(one, dict) else None
            for one in given[:MAX_ALERTS]]  # fmt: skip
    alerts = tuple(one for one in rows if one is not None)
    if not alerts:
        raise NotUnderstood(f"No alert has a key at `{request.mapping.key}`.")
    return Delivery(alerts, left_out=max(0, len(given) - MAX_ALERTS), skipped=len(rows) - len(alerts))


KIND = SignalKind(
    name="generic",
    label="Generic JSON",
    read=read,
    sample=sample_of,
    signature=Signature("x-hub-signature-256", prefix="sha256="),
)
