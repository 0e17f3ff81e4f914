"""API gateways: lines of their access logs, which are added up by endpoint and not kept."""

from domain.gateways.body import UnreadableBodyError, rows_of
from domain.gateways.log_formats import read_call
from domain.signals.alert import Delivery, NotUnderstood, SignalKind, SignalRequest

MAX_BYTES = 5 * 1024 * 1024


def read(request: SignalRequest) -> Delivery:
    """Return the requests that the lines of a log tell of."""
    try:
        found = [read_call(row) for row in rows_of(request.body)]
    except UnreadableBodyError:
        raise NotUnderstood("The body is not JSON.") from None
    calls = tuple(one for one in found if one is not None)
    if not calls:
        raise NotUnderstood("No line has the fields of a known access log.")
    return Delivery(calls=calls, skipped=len(found) - len(calls))


KIND = SignalKind(name="gateway", label="API gateway", read=read, max_bytes=MAX_BYTES, sends_logs=True)
