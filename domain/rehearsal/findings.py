"""What a rehearsal finds that would not work at the go-live, and who mends it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.address import is_group, is_person
from domain.oncall.paging import PAGERDUTY, WEBHOOK
from domain.phases.phase import Phase
from domain.tickets.ticket import Severity

ANSWER_TIME = timedelta(minutes=15)  # how long people have to answer
CONNECTION = "connection:"  # how the place of a connection begins
ADDRESSES = {"webhook": "HYPERCARE_WEBHOOKS__", "teams": "HYPERCARE_TEAMS__"}  # the settings, before a name
USERS = ("reporting.user_groups", "reporting.testers")  # people who are users: one of them may leave


class FindingKind(StrEnum):
    NO_ACCESS = "no access"  # to a channel
    REFUSED = "refused"  # a message to a channel or a person did not arrive
    NO_ANSWER = "no answer"
    PERSON_GONE = "person gone"
    EMPTY_GROUP = "empty group"
    NO_LEAD = "no lead"
    UNCOVERED = "uncovered"  # hours in which no one is on call
    NO_PAGE = "no page"  # no policy is for critical tickets
    NO_ADDRESS = "no address"  # of a webhook or a channel of Teams
    NO_TRACKER = "no tracker"
    NO_SECRET = "no secret"  # which anonymous surveys need  # noqa: S105
    NOT_PLANNED = "not planned"  # a digest or a survey has no time
    QUIET_INTEGRATION = "quiet integration"  # no alert ever came
    NO_SCOPE = "no scope"
    NO_WAY_IN = "no way in"  # a report did not become a ticket
    IDLE_RULE = "idle rule"  # a rule whose steps do nothing
    NO_DIGEST = "no digest"
    NO_SURVEY = "no survey"
    NO_CONNECTION = "no connection"  # to another system, or from one


class Mender(StrEnum):
    """Who can mend a finding."""

    LEAD = "a lead"
    ADMIN = "a workspace admin"
    OPERATOR = "the operator"


MENDERS: Mapping[FindingKind, Mender] = {
    **dict.fromkeys(FindingKind, Mender.LEAD),
    FindingKind.REFUSED: Mender.ADMIN,
    FindingKind.NO_SCOPE: Mender.ADMIN,
    FindingKind.NO_ADDRESS: Mender.OPERATOR,
    FindingKind.NO_TRACKER: Mender.OPERATOR,
    FindingKind.NO_SECRET: Mender.OPERATOR,
    FindingKind.QUIET_INTEGRATION: Mender.OPERATOR,
    FindingKind.NO_WAY_IN: Mender.OPERATOR,
    FindingKind.NO_CONNECTION: Mender.OPERATOR,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What would not work: `subject` is an id or a name, `detail` where or why."""

    kind: FindingKind
    subject: str = ""
    detail: str = ""

    @property
    def mender(self) -> Mender:
        return MENDERS[self.kind]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A rehearsal that is going on: `access` is what stands in the way of messages, by channel, `request` its key.

    `played` are the findings that were found by what was played and undone; None until that has happened.
    """

    id: int
    phase_id: int
    started_by: str
    ends: datetime
    access: Mapping[str, str]
    played: Sequence[Finding] | None
    request: str
    is_told: bool  # whether its verdict was sent


@dataclass(frozen=True, slots=True)
class Call:
    """A message that was sent to a channel or a person, `answered` by a person; or a connection that was tried."""

    place: str
    answered: bool = False

    @property
    def needs_answer(self) -> bool:
        return is_person(self.place)

    @property
    def is_connection(self) -> bool:
        return self.place.startswith(CONNECTION)


def named_in(settings: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text in the settings of a phase with the name of its setting, such as `oncall.rotas`.

    People may also be the keys of a table, such as `connections.people`. Everything is looked at, so that no setting is
    forgotten which comes later.
    """
    if isinstance(settings, Mapping):
        yield from ((path, name) for name in settings if is_person(name))
        for name, value in settings.items():
            yield from named_in(value, f"{path}.{name}" if path.count(".") < 1 and path else path or str(name))
    elif isinstance(settings, list | tuple):
        for value in settings:
            yield from named_in(value, path)
    elif isinstance(settings, str):
        yield path, settings


def people_who_left(phase: Phase, gone: frozenset[str]) -> list[Finding]:
    """Return a finding for each setting that names a person who has left."""
    named = dict.fromkeys((one, path) for path, one in _settings_of(phase) if one in gone and path not in USERS)
    return [Finding(FindingKind.PERSON_GONE, person, path) for person, path in named]


def empty_groups(phase: Phase) -> list[Finding]:
    """Return a finding for each user group without members, or whose members Slack doesn't tell."""
    named = dict.fromkeys((one, path) for path, one in _settings_of(phase) if is_group(one))
    return [Finding(FindingKind.EMPTY_GROUP, group, path) for group, path in named if not phase.members.get(group)]


def missing_addresses(phase: Phase, addresses: frozenset[str] | None) -> list[Finding]:
    """Return a finding for each system without an address; `addresses` is None where it is not known which have one."""
    if addresses is None:
        return []
    missing = (one.partition(":") for one in sorted(systems_named(phase)) if one not in addresses)
    return [
        Finding(FindingKind.NO_ADDRESS, f"{kind} {name}", ADDRESSES[kind] + name.upper()) for kind, _, name in missing
    ]


def systems_named(phase: Phase) -> frozenset[str]:
    """Return the systems that a phase tells of things, such as `webhook:ops`, `teams:ops` and `pagerduty`."""
    steps = [step for policy in phase.oncall.policies for step in policy.steps]
    targets = {one for _, one in _settings_of(phase) if one.startswith(WEBHOOK)}
    targets |= {one for step in steps for one in step.targets if one == PAGERDUTY}
    rules = {f"{WEBHOOK}{rule.webhook}" for rule in phase.automation.rules if rule.webhook and rule.enabled}
    told = {*(one.system for one in phase.webhooks), *(one.system for one in phase.teams_channels)}
    return frozenset(targets | rules | told)


def settings_findings(phase: Phase, *, has_secret: bool, trackers: frozenset[str]) -> list[Finding]:
    """Return what the settings of a phase lack by themselves."""
    found = [] if phase.lead_people else [Finding(FindingKind.NO_LEAD)]
    policies = phase.oncall.policies
    if policies and not any(not one.severities or Severity.CRITICAL in one.severities for one in policies):
        found.append(Finding(FindingKind.NO_PAGE))
    found += [Finding(FindingKind.NO_TRACKER, one.system) for one in phase.connections if one.system not in trackers]
    if not has_secret:
        found += [Finding(FindingKind.NO_SECRET, one.name) for one in phase.pulse.pulses if one.anonymous]
    return found


def _settings_of(phase: Phase) -> Iterator[tuple[str, str]]:
    return named_in(phase.settings.model_dump(mode="json"))
