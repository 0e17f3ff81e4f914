"""Grafana's webhook contact point: Alertmanager's groups with more fields, and a signature where one is set.

https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

from dataclasses import replace

from domain.signals.alert import Delivery, SignalKind, SignalRequest, always
from domain.signals.groups import SAMPLE, read_group
from domain.signals.proof import Signature

TEST = "TestAlert"  # the name of the alert that the button "Test" of a contact point sends


def read(request: SignalRequest) -> Delivery:
    found = read_group("grafana", request)
    is_test = all(alert.labels.get("alertname") == TEST for alert in found.alerts)
    return replace(found, is_test=is_test)


KIND = SignalKind(
    name="grafana", label="Grafana", read=read, sample=always(SAMPLE),
    signature=Signature("x-grafana-alerting-signature", stamp="x-grafana-alerting-timestamp"),
)  # fmt: skip
