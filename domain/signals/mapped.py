"""Alerts from any JSON, by a mapping that says where each field stands."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain import foreign
from domain.signals import fields
from domain.signals.alert import Alert, Sample
from domain.signals.settings import GenericMapping, SignalThreshold
from domain.text import fits_pattern


def value_at(path: str, body: Any) -> Any:
    """Return what stands at a path such as `event.tags.0`; None when there is nothing."""
    found = body
    for name in filter(None, path.split(".")):
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isdigit() and len(name) < 6 and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def mapped_alert(source: str, body: Mapping[str, Any], mapping: GenericMapping) -> Alert | None:
    """Return the alert of an object; None when it has no key."""

    def at(path: str) -> Any:
        return value_at(path, body) if path else None

    key, state = fields.key(at(mapping.key)), foreign.scalar(at(mapping.state)).strip().lower()
    if not key:
        return None
    value = None if state else foreign.number(at(mapping.value))
    if value is not None and (limits := [one for one in mapping.thresholds if fits_pattern(key, one.metric)]):
        return _measured(source, key, value, limits, at(mapping.title), fields.labels(at(mapping.labels)))
    return Alert(
        source=source, key=key, occurrence=fields.occurrence(at(mapping.occurrence)),
        is_firing=state not in {one.lower() for one in mapping.resolved}, title=fields.line(at(mapping.title), key),
        severity=fields.severity(at(mapping.severity)), text=fields.words(at(mapping.text)),
        link=fields.link(at(mapping.link)), labels=fields.labels(at(mapping.labels)),
        since=foreign.moment(at(mapping.since)),
    )  # fmt: skip


def _measured(
    source: str, key: str, value: float, limits: Sequence[SignalThreshold], title: Any, labels: Mapping[str, str]
) -> Alert:
    """Return the alert of a metric: it fires while its value is beyond a threshold."""
    crossed = min((one for one in limits if one.is_crossed(value)), key=lambda one: one.severity.rank, default=None)
    return Alert(
        source=source, key=key, occurrence="", is_firing=crossed is not None, title=fields.line(title, key),
        severity=crossed.severity if crossed else None, text=_words(key, value, crossed), labels=labels,
    )  # fmt: skip


def _words(key: str, value: float, crossed: SignalThreshold | None) -> str:
    if crossed is None:
        return ""
    if crossed.above is not None and value > crossed.above:
        return f"{key} is {value:g}, above {crossed.above:g}."
    return f"{key} is {value:g}, below {crossed.below:g}."


def sample_of(mapping: GenericMapping) -> Sample:
    """Return a body with one alert that fires, each field where a mapping says that it stands."""
    alert: dict[str, Any] = {}
    for path, text in ((mapping.key, "rehearsal"), (mapping.title, "Rehearsal"), (mapping.state, "firing")):
        _put(alert, path, text)
    body: dict[str, Any] = {}
    _put(body, mapping.alerts, [alert])
    return Sample(body or alert)


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    """Put a value where a path says; a path through another field's text leads nowhere."""
    *parents, last = path.split(".")
    for name in parents:
        body = body.setdefault(name, {})
        if not isinstance(body, dict):
            return
    if last:
        body.setdefault(last, value)
