"""What a rehearsal tries beside Slack: other systems that are called, and the ways in by which they call us."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

READINGS, CHAT = "readings", "teams chat"  # senders that are no systems
MARK = "{mark}"  # stands where the mark of a rehearsal belongs, until the request is made


class ConnectionPart(StrEnum):
    """A kind of connection, as the verdict names what is not set up."""

    TRACKER = "trackers"
    TRACKER_WEBHOOK = "webhooks from trackers"
    MAIL = "mail"
    ALERTS = "alerts of monitoring"
    LINES = "lines of gateways"
    READINGS = "readings"
    PAGERDUTY = "webhooks from PagerDuty"
    FORM = "the web form"
    API = "the API"
    WEBHOOK = "webhooks to other systems"
    TEAMS = "channels in Teams"
    TEAMS_CHAT = "the chat in Teams"


@dataclass(frozen=True, slots=True)
class TriedConnection:
    """One connection: its name in the verdict, and what says how it is tried."""

    part: ConnectionPart
    name: str
    payload: dict[str, Any]
