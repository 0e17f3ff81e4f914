"""CloudEvents 1.0 over HTTP, structured and binary.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from domain import foreign
from domain.signals import fields
from domain.signals.alert import Alert, Delivery, NotUnderstood, Sample, SignalKind, SignalRequest, always
from domain.signals.mapped import mapped_alert
from domain.signals.proof import Signature
from domain.signals.settings import GenericMapping

REQUIRED = ("id", "source", "type")
OVER = (".resolved", ".recovered", ".closed", ".ok", ".up")
BATCH, ONE = "application/cloudevents-batch+json", "application/cloudevents+json"
PLAIN = GenericMapping()  # of an event's data


def read(request: SignalRequest) -> Delivery:
    """Return the alerts of one event, or of a batch."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == BATCH:
        found = request.json()
        events = found if isinstance(found, list) else []
    elif kind == ONE:
        events = [request.json_object()]
    else:
        attributes = {name.removeprefix("ce-"): unquote(text) for name, text in request.headers.items()
                      if name.startswith("ce-")}  # fmt: skip
        events = [{**attributes, "data": request.json() if request.body else {}}]
    rows = [_alert(event) if isinstance(event, dict) else None for event in events]
    alerts = tuple(one for one in rows if one is not None)
    if not alerts:
        raise NotUnderstood("No event has the attributes id, source and type of CloudEvents.")
    return Delivery(alerts, skipped=len(rows) - len(alerts))


def _alert(event: Mapping[str, Any]) -> Alert | None:
    """Events about one subject are one alert; the end of the type, or the state in the data, says that it is over."""
    id_, source, kind = (foreign.scalar(event.get(name)).strip() for name in REQUIRED)
    if not (id_ and source and kind):
        return None
    data = foreign.table(event.get("data") if "data_base64" not in event else _decoded(event["data_base64"]))
    ends = next((end for end in OVER if kind.lower().endswith(end)), "")
    topic = kind[: -len(ends)] if ends else kind.rpartition(".")[0] or kind
    subject = foreign.scalar(event.get("subject")) or foreign.scalar(data.get("key")) or topic
    found = mapped_alert("cloudevents", {"title": subject, **data, "key": f"{source} {subject}"}, PLAIN)
    if found is None:
        return None
    is_firing = found.is_firing and not ends
    labels = {**fields.labels({"source": source, "type": kind}), **found.labels}
    occurrence = fields.occurrence(f"{source} {id_}") if is_firing else ""
    return replace(found, is_firing=is_firing, occurrence=occurrence, labels=labels,
                   since=found.since or foreign.moment(event.get("time")))  # fmt: skip


def _decoded(text: Any) -> Any:
    """Return JSON that was sent as bytes; None for anything else."""
    try:
        return json.loads(base64.b64decode(foreign.scalar(text), validate=True))
    except (ValueError, RecursionError):
        return None


SAMPLE = Sample(
    {
        "specversion": "1.0",
        "id": "rehearsal",
        "source": "hypercare",
        "type": "rehearsal.opened",
        "subject": "Rehearsal",
    },
    {"content-type": ONE},
)
KIND = SignalKind(
    name="cloudevents",
    label="CloudEvents",
    read=read,
    sample=always(SAMPLE),
    signature=Signature("x-hub-signature-256", prefix="sha256="),
)
