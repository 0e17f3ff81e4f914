"""Uptime Kuma's webhook notification.

https://github.com/louislam/uptime-kuma/wiki/Notification-Methods
"""

from domain import foreign
from domain.signals import fields
from domain.signals.alert import Alert, Delivery, NotUnderstood, Sample, SignalKind, SignalRequest, always
from domain.tickets.ticket import Severity

DOWN, UP = "0", "1"


def read(request: SignalRequest) -> Delivery:
    """Return the state of a monitor. The test button sends neither heartbeat nor monitor."""
    body = request.json_object()
    if "heartbeat" in body and body["heartbeat"] is None and body.get("monitor") is None:
        return Delivery(is_test=True)
    beat, monitor = foreign.table(body.get("heartbeat")), foreign.table(body.get("monitor"))
    name, status = fields.key(monitor.get("id")), foreign.scalar(beat.get("status"))
    if not name or not status:
        raise NotUnderstood("There is no `monitor.id`, or no `heartbeat.status`.")
    if status not in (DOWN, UP):
        return Delivery()  # pending, or in maintenance
    title = fields.line(monitor.get("name"), f"Monitor {name}", limit=120)
    alert = Alert(
        source="kuma", key=name, occurrence="", is_firing=status == DOWN, title=f"{title} is down",
        severity=Severity.HIGH, text=fields.words(beat.get("msg"), body.get("msg")),
        link=fields.link(monitor.get("url")),
        labels=fields.labels({"host": monitor.get("hostname"), "type": monitor.get("type")}),
        since=foreign.moment(beat.get("time")),
    )  # fmt: skip
    return Delivery((alert,))


SAMPLE = Sample({"heartbeat": {"status": 0}, "monitor": {"id": "rehearsal", "name": "Rehearsal"}, "msg": "Rehearsal"})
KIND = SignalKind(name="kuma", label="Uptime Kuma", read=read, sample=always(SAMPLE))
