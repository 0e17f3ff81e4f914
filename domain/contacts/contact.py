"""Contacts: what a person who stands beside users logs, and where to walk next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.errors import Refused
from domain.statistics.concentration import MIN_EXPECTED, SIGNIFICANCE, quiet_groups
from domain.statistics.distributions import poisson_at_most

NOTE_LIMIT = 300  # characters
MAX_WALKS = 3  # groups that are proposed


class ContactOutcome(StrEnum):
    SOLVED = "solved"
    TICKET = "ticket"

    @property
    def label(self) -> str:
        return {ContactOutcome.SOLVED: "Solved on the spot", ContactOutcome.TICKET: "Needs a ticket"}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDraft:
    """What a walker logs: which group or person, what about, and how it ended."""

    group: str = ""
    person: str = ""
    module: str = ""
    note: str = ""
    outcome: ContactOutcome = ContactOutcome.SOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(ContactDraft):
    """A contact that was logged; `group` is the name of a user group, `ticket_id` what it became."""

    phase_id: int
    walker: str
    at: datetime
    ticket_id: int | None = None


def check_contact(draft: ContactDraft) -> None:
    """Refuse a ticket about nothing."""
    if draft.outcome is ContactOutcome.TICKET and not draft.note:
        raise Refused("A ticket needs some words. Write what doesn't work.", field="note")


class WalkReason(StrEnum):
    """Why a group is worth a walk."""

    BUSY = "busy"  # many contacts of late
    QUIET = "quiet"  # hardly heard of
    UNVISITED = "unvisited"  # no one was there of late

    @property
    def label(self) -> str:
        return {
            WalkReason.BUSY: "many contacts there today",
            WalkReason.QUIET: "hardly heard of this week",
            WalkReason.UNVISITED: "no contact there for the longest time",
        }[self]


@dataclass(frozen=True, slots=True)
class Walk:
    """A group to walk to, and why."""

    group: str
    reason: WalkReason


def plan_walks(
    people: Mapping[str, int], heard: Mapping[str, int], today: Mapping[str, int], last: Mapping[str, datetime]
) -> list[Walk]:  # fmt: skip
    """Return where to walk next: where much is asked, then who is hardly heard of, then who was not visited.

    By user group: how many `people` it has, how often it was `heard` of in a week by reports and contacts, contacts of
    `today`, and when the `last` contact was.
    """
    found = dict.fromkeys(_busy(people, today), WalkReason.BUSY)
    for one in quiet_groups(heard, people):
        found.setdefault(one.name, WalkReason.QUIET)
    unvisited = [name for name in people if name not in found and name not in today]
    for name in sorted(unvisited, key=lambda one: (last[one].timestamp() if one in last else 0.0, -people[one], one)):
        found[name] = WalkReason.UNVISITED
    return [Walk(name, reason) for name, reason in found.items()][:MAX_WALKS]


def _busy(people: Mapping[str, int], today: Mapping[str, int]) -> Sequence[str]:
    """Return the groups with more contacts than the rate of the others makes likely (Poisson, 5 %), most first."""
    found = []
    for name, size in people.items():
        count, others = today.get(name, 0), sum(size for other, size in people.items() if other != name)
        met = sum(today.get(other, 0) for other in people if other != name)
        expected = met / others * size if others else 0.0
        if count >= MIN_EXPECTED and 1 - poisson_at_most(count - 1, expected) < SIGNIFICANCE:
            found.append(name)
    return sorted(found, key=lambda name: (-today[name], name))
