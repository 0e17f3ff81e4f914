"""Groups of alerts as Alertmanager sends them, which Grafana has taken over.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import json
from collections.abc import Mapping
from typing import Any

from domain import foreign
from domain.signals import fields
from domain.signals.alert import Alert, Delivery, NotUnderstood, Sample, SignalRequest

MAX_ALERTS = 2000  # of one request
SAMPLE = Sample({"version": "4", "status": "firing", "alerts": [{
    "status": "firing", "labels": {"alertname": "Rehearsal"}, "annotations": {}, "fingerprint": "rehearsal",
}]})  # fmt: skip


def read_group(source: str, request: SignalRequest) -> Delivery:
    """Return the alerts of a group, each by its own status.

    The status of the group says nothing about alerts that were left out of it.
    """
    body = request.json_object()
    given = body.get("alerts")
    if not isinstance(given, list) or not given:
        raise NotUnderstood("There is no list `alerts` with an alert in it.")
    found = [_alert(source, one, body) for one in given[:MAX_ALERTS]]
    alerts = tuple(one for one in found if one is not None)
    if not alerts:
        raise NotUnderstood("No alert has a status `firing` or `resolved`, and a label.")
    left_out = foreign.scalar(body.get("truncatedAlerts"))
    more = int(left_out) if left_out.isascii() and left_out.isdigit() and len(left_out) < 7 else 0
    return Delivery(alerts, left_out=more + max(0, len(given) - MAX_ALERTS), skipped=len(found) - len(alerts))


def _alert(source: str, given: Any, body: Mapping[str, Any]) -> Alert | None:
    alert = foreign.table(given)
    labels, notes = fields.labels(alert.get("labels")), foreign.table(alert.get("annotations"))
    status, title = alert.get("status"), fields.line(notes.get("summary"), labels.get("alertname"), body.get("title"))
    if status not in ("firing", "resolved") or not title:
        return None
    runbook, text = fields.link(notes.get("runbook_url")), fields.words(notes.get("description"), notes.get("message"))
    fingerprint = alert.get("fingerprint") or json.dumps(labels, sort_keys=True)
    return Alert(
        source=source, key=fields.key(fingerprint), occurrence=_occurrence(alert.get("startsAt")),
        is_firing=status == "firing", title=title, severity=fields.severity(labels.get("severity")),
        text="\n".join(filter(None, (text, runbook and f"Runbook: {runbook}"))), labels=labels,
        link=fields.link(alert.get("panelURL"), alert.get("dashboardURL"), alert.get("generatorURL"),
                         body.get("externalURL")),
        since=foreign.moment(alert.get("startsAt")),
    )  # fmt: skip


def _occurrence(starts_at: Any) -> str:
    """Return when the alert began, as a key: written with other digits it is the same moment."""
    at = foreign.moment(starts_at)
    return at.isoformat() if at else fields.occurrence(starts_at)
