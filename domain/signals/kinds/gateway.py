"""API gateways: lines of their access logs, which are added up by endpoint and not kept."""

from domain.gateways.ai_formats import read_ai_call
from domain.gateways.body import UnreadableBodyError, in_pieces, rows_of
from domain.gateways.log_formats import read_calls
from domain.signals.alert import Delivery, NotUnderstood, Sample, SignalKind, SignalRequest, always

MAX_BYTES = 5 * 1024 * 1024


def read(request: SignalRequest) -> Delivery:
    """Return the requests that the lines of a log tell of; those of APIPark may be calls of models too."""
    try:
        rows = rows_of(request.body, request.pause)
    except UnreadableBodyError:
        raise NotUnderstood("The body is not JSON.") from None
    found = [call for piece in in_pieces(rows, request.pause) for call in read_calls(piece)]
    calls = tuple(one for one in found if one is not None)
    if not calls:
        raise NotUnderstood("No line has the fields of a known access log.")
    models = (read_ai_call(row) for row in rows if isinstance(row, dict) and row.get("ai_model"))
    return Delivery(calls=calls, skipped=len(found) - len(calls), ai_calls=tuple(one for one in models if one))


SAMPLE = Sample([{"id": "rehearsal", "method": "GET", "path": "/rehearsal", "status": 200, "ms": 1}])
KIND = SignalKind(
    name="gateway", label="API gateway", read=read, sample=always(SAMPLE), max_bytes=MAX_BYTES, sends_logs=True
)
