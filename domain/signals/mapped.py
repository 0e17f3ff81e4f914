"""Alerts from any JSON, by a mapping that says where each field stands."""

from collections.abc import Mapping
from typing import Any

from domain.signals import fields
from domain.signals.alert import Alert
from domain.signals.settings import GenericMapping


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

    key, state = fields.key(at(mapping.key)), fields.scalar(at(mapping.state)).strip().lower()
    if not key:
        return None
    return Alert(
        source=source, key=key, occurrence=fields.occurrence(at(mapping.occurrence)),
        is_firing=state not in {one.lower() for one in mapping.resolved}, title=fields.line(at(mapping.title), key),
        severity=fields.severity(at(mapping.severity)), text=fields.words(at(mapping.text)),
        link=fields.link(at(mapping.link)), labels=fields.labels(at(mapping.labels)),
        since=fields.moment(at(mapping.since)),
    )  # fmt: skip
