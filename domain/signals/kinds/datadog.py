"""Datadog's webhook, with the payload of docs/signals.md.

https://docs.datadoghq.com/integrations/webhooks/
"""

from domain import foreign
from domain.signals import fields
from domain.signals.alert import Alert, Delivery, NotUnderstood, Sample, SignalKind, SignalRequest, always

RECOVERED = ("recovered", "no data recovered", "warn recovered")
FIRING = ("triggered", "re-triggered", "warn", "re-warn", "no data", "re-no data", "renotify")


def read(request: SignalRequest) -> Delivery:
    """Return the alert. Its cycle key stays the same until it has recovered."""
    body = request.json_object()
    transition = foreign.scalar(body.get("transition")).strip().lower()
    monitor = fields.key(body.get("id"))
    if transition == "test" or body.get("title") == "[TEST]":
        return Delivery(is_test=True)
    if not monitor or transition not in (*RECOVERED, *FIRING):
        raise NotUnderstood("There is no `id`, or a `transition` that is not one of Datadog's.")
    scope = fields.line(body.get("scope"), limit=100)
    alert = Alert(
        source="datadog", key=fields.key(f"{monitor} {scope}"), occurrence=fields.occurrence(body.get("cycle")),
        is_firing=transition in FIRING, title=fields.line(body.get("title"), f"Monitor {monitor}"),
        severity=fields.severity(body.get("priority")), text=fields.words(body.get("text")),
        link=fields.link(body.get("link")), labels=fields.tags(body.get("tags")),
        since=foreign.moment(body.get("date")),
    )  # fmt: skip
    return Delivery((alert,))


SAMPLE = Sample({"id": "rehearsal", "transition": "Triggered", "title": "Rehearsal", "cycle": "rehearsal"})
KIND = SignalKind(name="datadog", label="Datadog", read=read, sample=always(SAMPLE))
