"""Zabbix, by the media type of docs/signals.md.

https://www.zabbix.com/documentation/current/en/manual/config/notifications/media/webhook
"""

import json
from typing import Any

from domain import foreign
from domain.signals import fields
from domain.signals.alert import Alert, Delivery, NotUnderstood, Sample, SignalKind, SignalRequest, always
from domain.tickets.ticket import Severity

SEVERITIES = {"5": Severity.CRITICAL, "4": Severity.HIGH, "3": Severity.MEDIUM, "2": Severity.MEDIUM,
              "1": Severity.LOW, "0": None}  # fmt: skip


def read(request: SignalRequest) -> Delivery:
    """Return the problem: its event keeps its id until it is over, its trigger for ever."""
    body = request.json_object()
    event, value = fields.key(body.get("event_id")), foreign.scalar(body.get("value"))
    if foreign.scalar(body.get("test")) == "true":
        return Delivery(is_test=True)
    if not event or value not in ("0", "1"):
        raise NotUnderstood("There is no `event_id`, or a `value` that is neither 0 nor 1.")
    host = fields.line(body.get("host"), limit=100)
    alert = Alert(
        source="zabbix", key=fields.key(body.get("trigger_id"), event), occurrence=fields.occurrence(event),
        is_firing=value == "1", title=fields.line(body.get("name"), f"Problem {event}"),
        severity=SEVERITIES.get(foreign.scalar(body.get("severity"))), text=fields.words(body.get("text")),
        link=fields.link(body.get("link")), labels={**_tags(body.get("tags")), **fields.labels({"host": host})},
    )  # fmt: skip
    return Delivery((alert,))


def _tags(value: Any) -> dict[str, str]:
    """Return labels from Zabbix's list of tags, which its macro writes as JSON in a text."""
    try:
        given = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return {}
    rows = given if isinstance(given, list) else []
    return fields.labels({foreign.scalar(row.get("tag")): row.get("value") for row in rows if isinstance(row, dict)})


SAMPLE = Sample({"event_id": "rehearsal", "trigger_id": "rehearsal", "value": "1", "name": "Rehearsal"})
KIND = SignalKind(name="zabbix", label="Zabbix", read=read, sample=always(SAMPLE))
