"""Alertmanager's webhook, version 4, and everything that speaks it."""

from domain.signals.alert import Delivery, SignalKind, SignalRequest, always
from domain.signals.groups import SAMPLE, read_group


def read(request: SignalRequest) -> Delivery:
    return read_group("alertmanager", request)


KIND = SignalKind(name="alertmanager", label="Alertmanager", read=read, sample=always(SAMPLE))
