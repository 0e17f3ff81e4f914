"""What PagerDuty tells of its incidents by Webhooks v3: who acknowledged or resolved which one.

https://developer.pagerduty.com/docs/webhooks-overview
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain import foreign
from domain.oncall.escalation import Escalation
from domain.signals import fields
from domain.tickets.ticket import Ticket

SIGNATURE = "x-pagerduty-signature"
VERSION = "v1="
MAX_SIGNATURES = 10  # PagerDuty sends one for each of its secrets, of which there are two while one is rotated
KEY = re.compile(r"hypercare-([A-Z][A-Z0-9]*-[0-9]{1,9})-([0-9]{1,9})")
TITLE = re.compile(r"([A-Z][A-Z0-9]*-[0-9]{1,9}): ")
USER_ID = re.compile(r"[A-Z0-9]{1,20}")
MAX_NAME = 75
NO_INCIDENT = "hypercare-REHEARSAL-0-0"  # tickets are counted from 1


class IncidentChange(StrEnum):
    ACKNOWLEDGED = "incident.acknowledged"
    RESOLVED = "incident.resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent:
    """What a person did to an incident of ours. `escalation_id` is 0 where PagerDuty only gives the title."""

    id: str
    change: IncidentChange
    ticket: str
    escalation_id: int
    user_id: str
    user_name: str


def dedup_key(ticket: Ticket, escalation: Escalation) -> str:
    """Return the key by which PagerDuty knows the incident of an escalation."""
    return f"hypercare-{ticket.name}-{escalation.id}"


def title(ticket: Ticket) -> str:
    """Return the title of the incident; it begins with the ticket, since webhooks may come without the key."""
    return f"{ticket.name}: {ticket.summary}"[:1024]


def is_signed(secrets: Sequence[str], header: str, body: bytes) -> bool:
    """Return whether one of the signatures in a header was made of these bytes with one of the secrets."""
    given = [one.strip() for one in header.split(",", MAX_SIGNATURES)[:MAX_SIGNATURES]]
    found = False
    for secret in secrets:
        wanted = _signature(secret, body)
        for one in given:
            found |= hmac.compare_digest(wanted.encode(), one.encode("utf-8", "surrogateescape"))
    return found


def read_event(body: bytes) -> IncidentEvent | None:
    """Return what a person did to one of our incidents; None for everything else.

    What an integration did is our own echo, or done by another program. An incident that was merged into another one
    is resolved in PagerDuty although no one took it, so that says nothing either.
    """
    try:
        event = foreign.table(foreign.table(json.loads(body)).get("event"))
    except (ValueError, RecursionError):
        return None
    agent, data = foreign.table(event.get("agent")), foreign.table(event.get("data"))
    kind, user, id_ = (
        foreign.scalar(event.get("event_type")),
        foreign.scalar(agent.get("id")),
        fields.key(event.get("id")),
    )
    is_merge = foreign.table(data.get("resolve_reason")).get("type") == "merge_resolve_reason"
    if kind not in {*IncidentChange} or agent.get("type") != "user_reference" or is_merge or not id_:
        return None
    key = KEY.fullmatch(foreign.scalar(data.get("incident_key")))
    named = key or TITLE.match(foreign.scalar(data.get("title")))
    if named is None:
        return None
    return IncidentEvent(
        id=id_, change=IncidentChange(kind), ticket=named[1], escalation_id=int(key[2]) if key else 0,
        user_id=user if USER_ID.fullmatch(user) else "", user_name=fields.line(agent.get("summary"), limit=MAX_NAME),
    )  # fmt: skip


def sample(secret: str) -> tuple[bytes, Mapping[str, str]]:
    """Return the body and the headers of a webhook about an incident that belongs to no ticket."""
    event = {"id": "rehearsal", "event_type": IncidentChange.ACKNOWLEDGED.value, "agent": {"type": "user_reference"},
             "data": {"incident_key": NO_INCIDENT}}  # fmt: skip
    body = json.dumps({"event": event}).encode()
    return body, {SIGNATURE: _signature(secret, body)}


def _signature(secret: str, body: bytes) -> str:
    return VERSION + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
