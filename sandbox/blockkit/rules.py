"""The building stones of the rule table: text, numbers, choices, lists and objects with fields."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing Slack would refuse, and the JSON pointer to it."""

    pointer: str
    message: str
    code: str = "failed_constraint"
    constraint: dict[str, Any] | None = None


@dataclass
class Report:
    problems: list[Problem] = field(default_factory=list)

    def add(self, pointer: str, message: str, kind: str, expected: Any = None, got: Any = None) -> None:
        constraint = {"type": kind, "expected": expected, "got": got}
        self.problems.append(Problem(pointer, message, constraint=constraint))

    def missing(self, pointer: str, name: str) -> None:
        self.problems.append(Problem(pointer, f"missing required field: {name}", "missing_required_field"))

    def unknown(self, pointer: str, name: str) -> None:
        self.problems.append(Problem(pointer, f"invalid additional property: {name}", "additional_property"))


Rule = Callable[[Any, str, Report], None]
Table = dict[str, Rule]
Check = Callable[[dict[str, Any], str, Report], None]


def text(most: int | None = None, *, least: int = 1, pattern: str | None = None) -> Rule:
    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, str):
            report.add(at, "must be a string", "type", "string", _kind(value))
        elif len(value) < least:
            report.add(at, f"must be more than {least - 1} characters", "min_length", least, len(value))
        elif most is not None and len(value) > most:
            report.add(at, f"must be less than {most + 1} characters", "max_length", most, len(value))
        elif pattern and not re.fullmatch(pattern, value, re.DOTALL):
            report.add(at, "does not have the expected form", "pattern", pattern, value)

    return check


def url(most: int = 3000) -> Rule:
    return text(most, pattern=r"https?://.+")


def secure_url(most: int = 3000) -> Rule:
    return text(most, pattern=r"https://.+")


def ids(letters: str) -> Rule:
    """An id of Slack that begins with one of these letters."""
    return text(pattern=f"[{letters}][A-Z0-9]+")


def flag(value: Any, at: str, report: Report) -> None:
    if not isinstance(value, bool):
        report.add(at, "must be a boolean", "type", "boolean", _kind(value))


def anything(_value: Any, _at: str, _report: Report) -> None:
    """Accepts whatever it is."""


def number(
    low: float | None = None, high: float | None = None, *, above: float | None = None, whole: bool = True
) -> Rule:
    def check(value: Any, at: str, report: Report) -> None:
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            report.add(at, "must be a number", "type", "integer" if whole else "number", _kind(value))
        elif isinstance(value, float) and not math.isfinite(value):
            report.add(at, "must be a finite number", "type", "number", str(value))
        elif low is not None and value < low:
            report.add(at, f"must be at least {low}", "minimum", low, value)
        elif high is not None and value > high:
            report.add(at, f"must be at most {high}", "maximum", high, value)
        elif above is not None and value <= above:
            report.add(at, f"must be greater than {above}", "exclusive_minimum", above, value)

    return check


def choice(*values: Any) -> Rule:
    def check(value: Any, at: str, report: Report) -> None:
        if isinstance(value, bool | list | dict) or value not in values:
            expected = ", ".join(str(one) for one in values)
            report.add(at, f"must be one of: {expected}", "enum", list(values), value)

    return check


def array(item: Rule, most: int | None = None, *, least: int = 0, unique: bool = False) -> Rule:
    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, list):
            report.add(at, "must be an array", "type", "array", _kind(value))
            return
        if len(value) < least:
            report.add(at, f"no less than {least} items required", "min_items", least, len(value))
        if most is not None and len(value) > most:
            report.add(at, f"no more than {most} items allowed", "max_items", most, len(value))
        if unique and len({str(one) for one in value}) < len(value):
            report.add(at, "items must be unique", "unique_items", None, value)
        for place, one in enumerate(value):
            item(one, f"{at}/{place}", report)

    return check


def thing(fields: Table, required: Iterable[str] = (), *checks: Check) -> Rule:
    """An object with these fields and no others; `checks` see it whole once it is an object."""
    needed = tuple(required)

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.add(at, "must be an object", "type", "object", _kind(value))
            return
        for name in needed:
            if name not in value:
                report.missing(at, name)
        for name, inner in value.items():
            if name in fields:
                fields[name](inner, f"{at}/{name}", report)
            else:
                report.unknown(at, name)
        for one in checks:
            one(value, at, report)

    return check


def typed(table: Table, allowed: Iterable[str] | None = None) -> Rule:
    """An object whose `type` picks its rule; the table may still grow after this is made."""
    names = tuple(allowed) if allowed is not None else None

    def check(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.add(at, "must be an object", "type", "object", _kind(value))
            return
        kind = value.get("type")
        known = names if names is not None else tuple(table)
        if kind is None:
            report.missing(at, "type")
        elif not isinstance(kind, str) or kind not in known:
            report.add(f"{at}/type", f"unsupported type: {kind}", "enum", list(known), kind)
        else:
            table[kind](value, at, report)

    return check


def either(*names: str) -> Check:
    """Exactly one of these fields is needed."""

    def check(value: dict[str, Any], at: str, report: Report) -> None:
        given = [name for name in names if name in value]
        if len(given) > 1:
            report.add(at, f"only one of {', '.join(names)} is allowed", "mutually_exclusive", list(names), given)
        if not given:
            report.missing(at, " or ".join(names))

    return check


def some(*names: str) -> Check:
    """At least one of these fields is needed."""

    def check(value: dict[str, Any], at: str, report: Report) -> None:
        if not any(name in value for name in names):
            report.missing(at, " or ".join(names))

    return check


def _kind(value: Any) -> str:
    return type(value).__name__
