"""A link that is opened without Slack: what it shows, for which phase, and through whose right."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.phases.permissions import Person, is_lead, is_responder
from domain.phases.phase import Phase


class LinkKind(StrEnum):
    """What a link shows."""

    CALENDAR = "calendar"  # the shifts of its person
    WALLBOARD = "wallboard"  # a page for a screen in the war room
    REPORT = "report"  # the report of a phase, for people outside Slack
    FORM = "form"  # the form for people without a Slack account
    API = "api"  # tickets, for programs
    REHEARSAL = "rehearsal"  # the ways into a phase, for inputs of which nothing stays


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a person; it opens until `expires_at`, and only while the person could create it again.

    One of a rehearsal is known to the bot alone, for the seconds of a trial, so it needs no one's right.
    """

    id: int
    kind: LinkKind
    phase_id: int
    person: str
    created_at: datetime
    expires_at: datetime
    scopes: tuple[str, ...] = ()  # what a program may read

    def opens_for(self, person: Person, phase: Phase, now: datetime) -> bool:
        """Return whether it still opens, given who its person is today."""
        allowed = is_responder if self.kind is LinkKind.CALENDAR else is_lead
        return now < self.expires_at and (self.kind is LinkKind.REHEARSAL or allowed(person, phase))
