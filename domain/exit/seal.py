"""Seals: the event log of a phase and its decisions as chains of hashes, so that a later change is found.

A seal covers what happened, when, and what figures are made of, but no words and no people, since those may be erased.
Each link is sha256(link before + entry as compact JSON with sorted keys in ASCII), in hexadecimal digits. The first
one follows 64 zeros. bot/sign_off_verifier.py calculates the same without this code.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from domain.exit.record import ExitRecord
from domain.tickets.event import FIGURE_DATA, Event, EventKind

START = "0" * 64
MENTION = re.compile(r"<@[^>]*>")  # names a person, who may be erased


@dataclass(frozen=True, slots=True)
class Seal:
    """The chain of a phase's events up to a moment: number of the seal, of events in all, and its last link."""

    number: int
    events: int
    hash: str
    at: datetime


def link(before: str, entry: Mapping[str, Any]) -> str:
    """Return the link of an entry after another link."""
    return sha256((before + as_json(entry)).encode()).hexdigest()


def as_json(entry: Mapping[str, Any]) -> str:
    """Return the one spelling of an entry that is hashed."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def event_entry(number: int, event: Event) -> dict[str, Any]:
    """Return what is sealed of an event of the ticket with that number."""
    names_people = event.kind is EventKind.ASSIGNED
    data = {} if names_people else {name: value for name, value in event.data.items() if name in FIGURE_DATA}
    return {"ticket": number, "kind": event.kind.value, "at": moment(event.at), "data": data}


def record_entry(record: ExitRecord, sealed: Seal) -> dict[str, Any]:
    """Return what is sealed of a decision, together with the events until then."""
    return {"kind": record.kind.value, "subject": record.subject, "reason": MENTION.sub("<@>", record.reason),
            "at": moment(record.at), "seal": sealed.number, "events": sealed.hash}  # fmt: skip


def moment(at: datetime) -> str:
    """Return a moment as ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat()
