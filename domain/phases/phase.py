"""A hypercare phase: what an operator set up, and what the database and Slack know of it."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field

from domain.address import Address, is_channel, is_group, is_person
from domain.phases.settings import PhaseSettings, PhaseState, Role
from domain.reporting.digest import DigestSchedule
from domain.reporting.settings import Audience, Digest
from domain.settings import Use

NOT_SET_UP = {"id": 0, "members": {}}  # what the database and Slack say of a phase, not an operator


class Phase(PhaseSettings):
    """A phase in the database. Two are equal when they are set up alike, whatever their ids and user groups."""

    state: PhaseState = PhaseState.ACTIVE
    ended_at: datetime | None = None  # when it was archived
    id: int = 0  # 0 until the database has given one
    members: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)  # by user group, as Slack says

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phase) and vars(self) | NOT_SET_UP == vars(other) | NOT_SET_UP

    __hash__ = None  # type: ignore[assignment]  # like every value with a mapping in it

    @property
    def settings(self) -> PhaseSettings:
        """The phase as an operator would write it."""
        given = self.model_dump(include=set(PhaseSettings.model_fields))
        if self.state is PhaseState.EXITED:
            given["state"] = PhaseState.PLANNED
        return PhaseSettings.model_validate(given)

    @property
    def is_active(self) -> bool:
        return self.state is PhaseState.ACTIVE

    def activated(self) -> Self:
        """Return the phase as it will be once it is active, for what is tried before."""
        return self.model_copy(update={"state": PhaseState.ACTIVE})

    @property
    def system_name(self) -> str:
        return self.system or self.name

    @property
    def groups(self) -> frozenset[str]:
        """Return the ids of all user groups in the settings, whose members have to be known."""
        told = (target for policy in self.oncall.policies for step in policy.steps for target in step.targets)
        teams = (one for calendar in self.sla.calendars for one in calendar.team)
        asked = (one for pulse in self.pulse.pulses for segment in pulse.segments for one in segment.people)
        users = (one for group in self.reporting.user_groups for one in group.members)
        read = (
            *filter(_is_place, self.reporting.consumers),
            *(place for digest in self.reporting.digests for place in digest.places),
        )
        every = (
            *self.leads,
            *self.responders,
            *self.oncall.capacity_path,
            *teams,
            *asked,
            *told,
            *users,
            *self.reporting.testers,
            *(one for named in self.decisions.deciders.values() for one in named),
            *(one.approver for one in self.decisions.triggers),
            *(one.deputy for one in self.decisions.triggers if one.deputy),
            *(place for rule in self.automation.rules for place in rule.tell),
            *(one for named in self.roles.values() for one in named),
            *self.war_room.stand_up_people,
            *self.exit.run_owners,
            *self.exit.business_owners,
            *(run.owner for run in self.exit.first_runs),
            *read,
        )
        return frozenset(one for one in every if is_group(one))

    @property
    def lead_people(self) -> tuple[str, ...]:
        return self.people(self.leads)

    @property
    def responder_people(self) -> tuple[str, ...]:
        """Return responders and leads, everyone on a rota or the roster, and everyone an escalation policy pages."""
        on_call = (person for rota in self.oncall.rotas for layer in rota.layers for person in layer.people)
        called = (
            t for p in self.oncall.policies for step in p.steps for t in step.targets if is_person(t) or is_group(t)
        )
        roster = (member.person for member in self.oncall.roster)
        return self.people((*self.responders, *self.leads, *on_call, *roster, *called))

    def people(self, named: tuple[str, ...]) -> tuple[str, ...]:
        """Return these people and the members of these user groups, each once and people named directly first."""
        alone = [one for one in named if not is_group(one)]
        return tuple(dict.fromkeys((*alone, *(one for group in named for one in self.members.get(group, ())))))

    @property
    def user_count(self) -> int:
        """Return how many people use the system: as given, or else those in the user groups; 0 when unknown."""
        counted = Counter(self.user_group_of.values())
        return self.users or sum(group.people or counted[group.name] for group in self.reporting.user_groups)

    def figures_until(self, now: datetime) -> datetime:
        """Return the moment up to which figures are calculated: now, or the end of the phase."""
        return min(now, self.ended_at) if self.ended_at else now

    def start_of_day(self, on: date) -> datetime:
        """Return the moment that day begins in the phase's time zone."""
        return datetime.combine(on, time(), ZoneInfo(self.timezone))

    def local_date(self, moment: datetime) -> date:
        """Return the date at that moment in the phase's time zone."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def digest_schedules(self) -> tuple[DigestSchedule, ...]:
        """Return when each digest is posted."""
        usual = (Digest(name="daily"),)
        return tuple(
            DigestSchedule(
                digest=digest,
                work_days=self.sla.work_days,
                timezone=self.timezone,
                holidays=frozenset(self.sla.holidays),
            )
            for digest in self.reporting.digests or usual
        )

    @property
    def team_digest_channel(self) -> str:
        """The channel in which the team reads digests and results: its own, or the triage channel."""
        return self.digest_channel or self.triage_channel

    def digest_places(self, digest: Digest) -> tuple[str, ...]:
        """Return the channels, people and user groups that get that digest."""
        usual = {Audience.TEAM: (self.team_digest_channel,), Audience.REPORTERS: self.intake_channels,
                 Audience.STAKEHOLDERS: tuple(filter(_is_place, self.reporting.consumers))}  # fmt: skip
        return digest.places or usual[digest.audience]

    def digest_recipients(self, digest: Digest) -> tuple[str, ...]:
        """Return the channels and people who get that digest."""
        named = self.digest_places(digest)
        channels = tuple(one for one in named if is_channel(one))
        return (*channels, *self.people(tuple(one for one in named if one not in channels)))

    @property
    def user_group_of(self) -> Mapping[str, str]:
        """Return the name of each person's first user group."""
        found: dict[str, str] = {}
        for group in self.reporting.user_groups:
            found |= {person: group.name for person in self.people(group.members) if person not in found}
        return found

    @property
    def channels(self) -> frozenset[str]:
        """Return all channels of this phase."""
        own = {self.triage_channel, self.oncall_channel, self.digest_channel, self.private_channel}
        return frozenset(own.union(self.intake_channels, self.intake.auto_intake)) - {""}

    @property
    def empty_roles(self) -> tuple[Role, ...]:
        """Return the roles that no one has."""
        return tuple(role for role in Role if not self.roles.get(role))

    def use_of(self, name: str) -> Use:
        return self.intake.use_of(name)


def _is_place(text: str) -> bool:
    return Address.parse(text).is_place
