"""Sentry's integration platform webhooks: metric alerts, issue alerts and issues.

https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain import foreign
from domain.signals import fields
from domain.signals.alert import Alert, Delivery, NotUnderstood, Sample, SignalKind, SignalRequest, always
from domain.signals.proof import Signature

OVER = ("resolved", "archived", "ignored")
FIRES = ("created", "unresolved")


def read(request: SignalRequest) -> Delivery:
    """Return the alert of the resource that Sentry names in a header."""
    resource, body = request.headers.get("sentry-hook-resource", ""), request.json_object()
    if resource == "installation":
        return Delivery(is_test=True)
    if resource not in READERS:
        raise NotUnderstood("The header Sentry-Hook-Resource is none of metric_alert, event_alert and issue.")
    found = READERS[resource](body, foreign.table(body.get("data")), request.headers.get("request-id", ""))
    return Delivery((found,) if found else ())


def _metric_alert(body: Mapping[str, Any], data: Mapping[str, Any], _request: str) -> Alert:
    alert, action = foreign.table(data.get("metric_alert")), foreign.scalar(body.get("action"))
    rule = foreign.table(alert.get("alert_rule"))
    name = fields.key(rule.get("id"), alert.get("id"))
    if not name or action not in ("critical", "warning", "resolved"):
        raise NotUnderstood("The metric alert has no id, or an action that is not one of Sentry's.")
    return Alert(
        source="sentry", key=fields.key(f"metric:{name}"), occurrence=fields.occurrence(alert.get("id")),
        is_firing=action != "resolved", severity=fields.severity(action),
        title=fields.line(data.get("description_title"), rule.get("name"), alert.get("title"), "Metric alert"),
        text=fields.words(data.get("description_text")), link=fields.link(data.get("web_url")),
        labels=fields.labels({name: rule.get(name) for name in ("name", "query", "aggregate")}),
        since=foreign.moment(alert.get("date_started")),
    )  # fmt: skip


def _event_alert(_body: Mapping[str, Any], data: Mapping[str, Any], request: str) -> Alert:
    """An issue alert has no recovery: it is over when its issue is resolved."""
    event = foreign.table(data.get("event"))
    issue = fields.key(event.get("issue_id"))
    if not issue:
        raise NotUnderstood("The issue alert has no `issue_id`.")
    return Alert(
        source="sentry", key=fields.key(f"issue:{issue}"), is_firing=True,
        occurrence=fields.occurrence(event.get("event_id"), request), severity=fields.severity(event.get("level")),
        title=fields.line(event.get("title"), data.get("triggered_rule"), "Issue alert"),
        text=fields.words(event.get("culprit")), link=fields.link(event.get("web_url"), event.get("url")),
        labels=fields.labels({"rule": data.get("triggered_rule"), "environment": event.get("environment"),
                              "release": event.get("release"), "transaction": event.get("transaction")}),
        since=foreign.moment(event.get("datetime")),
    )  # fmt: skip


def _issue(body: Mapping[str, Any], data: Mapping[str, Any], request: str) -> Alert | None:
    issue, action = foreign.table(data.get("issue")), foreign.scalar(body.get("action"))
    number = fields.key(issue.get("id"))
    if not number:
        raise NotUnderstood("The issue has no `id`.")
    if action not in (*OVER, *FIRES):
        return None  # assigned, and what else changes nothing
    return Alert(
        source="sentry", key=fields.key(f"issue:{number}"), is_firing=action in FIRES,
        occurrence=(fields.occurrence(request, issue.get("lastSeen"), "created") if action in FIRES else ""),
        severity=fields.severity(issue.get("level")), title=fields.line(issue.get("title"), "Issue"),
        text=fields.words(issue.get("culprit")), link=fields.link(issue.get("web_url"), issue.get("permalink")),
        labels=fields.labels({"project": foreign.table(issue.get("project")).get("slug")}),
        since=foreign.moment(issue.get("lastSeen")),
    )  # fmt: skip


READERS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], str], Alert | None]] = {
    "metric_alert": _metric_alert, "event_alert": _event_alert, "issue": _issue,
}  # fmt: skip
SAMPLE = Sample(
    {"action": "created", "data": {"issue": {"id": "rehearsal", "title": "Rehearsal", "level": "error"}}},
    {"sentry-hook-resource": "issue", "request-id": "rehearsal"},
)
KIND = SignalKind(
    name="sentry", label="Sentry", read=read, sample=always(SAMPLE), signature=Signature("sentry-hook-signature"),
    sends_secret=False, picks_secret=True,
    answer_within=0.8,  # after a thousand answers in a day that took a second, it sends no more
)  # fmt: skip
