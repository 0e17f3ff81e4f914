"""Read the fields of alerts: texts, links, labels and severities, whatever type they come in."""

import hashlib
from typing import Any

from domain.foreign import scalar
from domain.text import clean, from_outside, one_line, shorten
from domain.tickets.ticket import SUMMARY_LIMIT, TEXT_LIMIT, Severity

MAX_KEY, MAX_OCCURRENCE, MAX_LABELS, MAX_LABEL, MAX_LINK = 128, 64, 40, 200, 1000
SEVERITIES = {
    Severity.CRITICAL: ("critical", "crit", "page", "emergency", "emerg", "fatal", "disaster", "p1", "sev1", "alert"),
    Severity.HIGH: ("high", "error", "err", "major", "p2", "sev2"),
    Severity.MEDIUM: ("medium", "warning", "warn", "average", "minor", "moderate", "p3", "sev3"),
    Severity.LOW: (
        "low",
        "info",
        "information",
        "informational",
        "notice",
        "debug",
        "none",
        "p4",
        "p5",
        "sev4",
        "sev5",
    ),
}
BY_WORD = {word: severity for severity, words in SEVERITIES.items() for word in words}


def line(*values: Any, limit: int = SUMMARY_LIMIT) -> str:
    """Return the first of these that has words, on one line."""
    found = (one_line(from_outside(scalar(value)[: limit * 4])) for value in values)
    return shorten(next((text for text in found if text), ""), limit)


def words(*values: Any) -> str:
    """Return the first of these that has words, as it was written."""
    found = (from_outside(scalar(value)[: TEXT_LIMIT * 2]) for value in values)
    return shorten(next((text for text in found if text), ""), TEXT_LIMIT)


def link(*values: Any) -> str:
    """Return the first web address; what could end a Slack link is percent-encoded."""
    for value in values:
        found = scalar(value).strip()
        if found.startswith(("https://", "http://")) and len(found) <= MAX_LINK and not set(found) & set("\n\r\t \x00"):
            return clean(found.replace("<", "%3C").replace(">", "%3E").replace("|", "%7C").replace('"', "%22"))
    return ""


def occurrence(*values: Any) -> str:
    """Return the first of these that is not empty as the name of an occurrence."""
    return key(*values, limit=MAX_OCCURRENCE)


def key(*values: Any, limit: int = MAX_KEY) -> str:
    """Return the first of these that is not empty as a key; a long one is replaced by its hash."""
    for value in values:
        found = scalar(value).strip()
        if found:
            is_plain = len(found) <= limit and found.isprintable()
            return found if is_plain else hashlib.sha256(found.encode("utf-8", "replace")).hexdigest()
    return ""


def labels(value: Any) -> dict[str, str]:
    """Return the labels of an object with texts, a bounded number of bounded ones."""
    if not isinstance(value, dict):
        return {}
    found = ((line(name, limit=60), line(text, limit=MAX_LABEL)) for name, text in list(value.items())[:MAX_LABELS])
    return {name: text for name, text in found if name and text}


def tags(value: Any) -> dict[str, str]:
    """Return labels from tags such as `env:prod, team:payroll`; a tag without a value gets `yes`."""
    parts = [scalar(one) for one in value] if isinstance(value, list) else scalar(value).split(",")
    pairs = (part.strip().partition(":") for part in parts[:MAX_LABELS])
    return labels({name: text or "yes" for name, _, text in pairs if name})


def severity(value: Any) -> Severity | None:
    """Return the severity that a word of any monitoring system stands for; None for an unknown one."""
    return BY_WORD.get(scalar(value).strip().lower())
