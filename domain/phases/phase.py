"""A hypercare phase: the system that went live, its channels, its people, and what its reports are made of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.conversations.macros import Macro
from domain.oncall.escalation import EscalationPolicy
from domain.oncall.rota import Member, Rota
from domain.pulse.pulse import Pulse
from domain.reporting.digest import Audience, Digest, DigestSchedule
from domain.text import GROUP

CALLED = ("U", "W", GROUP)  # what the ids of people and groups begin with
PLACE = re.compile(r"^[CGUWS](?=[A-Z0-9]*\d)[A-Z0-9]{6,}$")  # the id of a channel, a person or a user group
TREE = " / "  # between the levels of a module's name


class PhaseState(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    EXITED = "exited"


class Role(StrEnum):
    """The six of a cross-functional hypercare team."""

    BUSINESS = "business"
    DEVELOPMENT = "development"
    OPERATIONS = "operations"
    SUPPORT = "support"
    QA = "qa"
    PROJECT_MANAGEMENT = "project_management"

    @property
    def label(self) -> str:
        return {"qa": "quality assurance"}.get(self.value, self.value.replace("_", " "))


class Use(StrEnum):
    """Whether the report form asks for a field."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field of this phase's own; one of `options` where there are any, else words."""

    id: str
    label: str
    options: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Other working hours than the phase's, for some severities, modules and teams; for all where it names none."""

    severities: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    team: tuple[str, ...] = ()  # people and user groups, one of whom has the ticket
    days: str = "mon tue wed thu fri sat sun"
    hours: str = "00:00-24:00"
    timezone: str | None = None
    holidays: bool = False  # whether the phase's are free


@dataclass(frozen=True, slots=True, kw_only=True)
class UserGroup:
    """Users whose reports are told apart from others'; `people` is how many they are, 0 for as many as members."""

    name: str
    members: tuple[str, ...] = ()
    people: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """`id` is 0 until the database has given one; people, groups and channels are Slack ids."""

    key: str
    name: str
    system: str
    triage_channel: str
    oncall_channel: str
    digest_channel: str = ""
    private_channel: str = ""  # where tickets go that not everybody may see; without one, a lead's DM
    intake_channels: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    responders: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()  # a tree, each as `Integration / Bank export`
    processes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()  # families of types beyond the usual ones, see domain/types.py
    fields: Mapping[str, Use] = field(default_factory=dict)
    custom_fields: tuple[CustomField, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    providers: tuple[str, ...] = ()  # of feedback: people, groups, or the names of external partners
    consumers: tuple[str, ...] = ()
    users: int = 0  # how many people work with the system; 0 when nobody knows
    go_live: date | None = None
    planned_end: date | None = None
    timezone: str = "UTC"
    work_days: str = "mon tue wed thu fri"
    work_hours: str = "09:00-17:00"
    holidays: tuple[date, ...] = ()
    targets: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # by severity and goal, see domain/targets.py
    calendars: tuple[Hours, ...] = ()  # the first that fits a ticket counts
    roster: tuple[Member, ...] = ()
    rotas: tuple[Rota, ...] = ()
    policies: tuple[
        EscalationPolicy, ...
    ] = ()  # the first that fits a ticket counts; without any the usual one, for criticals
    capacity_path: tuple[str, ...] = ()  # who is asked when there is more to do than people can; the leads without
    productive_hours: float = 5.0  # of a day of whoever is on the roster with all of their time
    digests: tuple[Digest, ...] = ()  # the usual one without any
    goals: Mapping[str, float | str] = field(default_factory=dict)  # targets other than the usual, see domain/goals.py
    user_groups: tuple[UserGroup, ...] = ()
    testers: tuple[str, ...] = ()  # people and groups who look for defects, apart from those who work with the system
    expected_daily: float = 0.0  # reports a working day that were planned for; 0 when nobody planned
    pulses: tuple[Pulse, ...] = ()
    pulse_budget: int = 4  # how often anybody is asked within four weeks
    emoji: str = "sos"  # reacting with it to a message reports the message
    auto_intake: tuple[str, ...] = ()  # channels in which every top-level message is a report
    anonymous: bool = True  # whether reports without a name are taken
    fix_tests: Use = Use.OPTIONAL  # whether resolving asks for the test that proved it
    two_way: bool = False  # whether the team's thread goes to the reporter, but for what is marked
    macros: tuple[Macro, ...] = ()  # answers that are given often
    note: str = "fri 14:00"  # when leads get the week's note to reporters to read; or `never`
    pitfalls: Mapping[str, float] = field(
        default_factory=dict
    )  # thresholds other than the usual, see domain/pitfalls.py
    state: PhaseState = PhaseState.ACTIVE
    ended_at: datetime | None = None  # when it was archived
    id: int = field(default=0, compare=False)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)  # by user group, as Slack says

    @property
    def groups(self) -> frozenset[str]:
        """The user groups among all who lead, respond, share hours, report, test, are asked or are told."""
        told = (target for policy in self.policies for step in policy.steps for target in step.targets)
        teams = (one for calendar in self.calendars for one in calendar.team)
        asked = (one for pulse in self.pulses for segment in pulse.segments for one in segment.people)
        users = (one for group in self.user_groups for one in group.members)
        read = (*filter(PLACE.match, self.consumers), *(place for digest in self.digests for place in digest.places))
        every = (
            *self.leads,
            *self.responders,
            *self.capacity_path,
            *teams,
            *asked,
            *told,
            *users,
            *self.testers,
            *read,
        )
        return frozenset(one for one in every if one.startswith(GROUP))

    @property
    def lead_people(self) -> tuple[str, ...]:
        return self.people(self.leads)

    @property
    def responder_people(self) -> tuple[str, ...]:
        """Leads among them, everybody who may be on call, and whoever a policy calls."""
        on_call = (person for rota in self.rotas for layer in rota.layers for person in layer.people)
        called = (t for p in self.policies for step in p.steps for t in step.targets if t.startswith(CALLED))
        roster = (member.person for member in self.roster)
        return self.people((*self.responders, *self.leads, *on_call, *roster, *called))

    def people(self, named: tuple[str, ...]) -> tuple[str, ...]:
        """Each once, groups as their members; people who are named go before those who are only members."""
        alone = [one for one in named if not one.startswith(GROUP)]
        return tuple(dict.fromkeys((*alone, *(one for group in named for one in self.members.get(group, ())))))

    def so_far(self, now: datetime) -> datetime:
        """The moment that its figures are of: now, or its end."""
        return min(now, self.ended_at) if self.ended_at else now

    def midnight(self, on: date) -> datetime:
        """When that day begins here."""
        return datetime.combine(on, time(), ZoneInfo(self.timezone))

    def day_of(self, moment: datetime) -> date:
        """The date on its own calendar then."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def rhythms(self) -> tuple[DigestSchedule, ...]:
        """When each of its digests comes."""
        usual = (Digest(name="daily"),)
        return tuple(DigestSchedule(digest=digest, work_days=self.work_days, timezone=self.timezone,
                            holidays=frozenset(self.holidays)) for digest in self.digests or usual)  # fmt: skip

    def readers(self, digest: Digest) -> tuple[str, ...]:
        """Channels and people it goes to."""
        usual = {Audience.TEAM: (self.digest_channel or self.triage_channel,), Audience.REPORTERS: self.intake_channels,
                 Audience.STAKEHOLDERS: tuple(one for one in self.consumers if PLACE.match(one))}  # fmt: skip
        named = digest.places or usual[digest.audience]
        channels = tuple(one for one in named if one[:1] in "CG")
        return (*channels, *self.people(tuple(one for one in named if one not in channels)))

    @property
    def users_in_groups(self) -> Mapping[str, str]:
        """By person the first of its user groups that they are in."""
        found: dict[str, str] = {}
        for group in self.user_groups:
            found |= {person: group.name for person in self.people(group.members) if person not in found}
        return found

    @property
    def channels(self) -> frozenset[str]:
        """Every channel that belongs to this phase."""
        own = {self.triage_channel, self.oncall_channel, self.digest_channel, self.private_channel}
        return frozenset(own.union(self.intake_channels, self.auto_intake)) - {""}

    @property
    def empty_roles(self) -> tuple[Role, ...]:
        """Those that nobody fills."""
        return tuple(role for role in Role if not self.roles.get(role))

    def use_of(self, name: str) -> Use:
        return self.fields.get(name, Use.OPTIONAL)


def under(module: str, branch: str) -> bool:
    """Whether a module is that branch of the tree or within it, by the beginnings of its names in whatever case."""
    parts, wanted = module.casefold().split(TREE), branch.casefold().split(TREE)
    return any(len(parts) - i >= len(wanted) and all(map(str.startswith, parts[i:], wanted)) for i in range(len(parts)))
