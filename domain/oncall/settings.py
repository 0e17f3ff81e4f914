"""Who works for a phase, who is on call when, and who is paged for which tickets."""

import re
from datetime import date
from functools import lru_cache
from typing import Annotated, Self

from dateutil.rrule import rrulestr
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from domain.address import Address
from domain.schedule import ALL_DAY, EVERY_DAY
from domain.settings import (
    Days,
    Duration,
    EachOnce,
    HoursPastMidnight,
    Name,
    PersonId,
    Table,
    TeamId,
    TimeOfDay,
    TimeZone,
    Wait,
)
from domain.tickets.ticket import Severity

TURN_RULES = {"daily": "FREQ=DAILY", "weekly": "FREQ=WEEKLY"}  # anything else is a rule itself (RFC 5545)
TARGET = re.compile(r"^(oncall(:[\w -]{1,40})?|leads|responders|owner|pagerduty|webhook:[a-z][a-z0-9_]{0,19})$")


@lru_cache(maxsize=256)  # a phase is validated each time it is read, and parsing a rule is slow
def _turn(value: str) -> str:
    if value in TURN_RULES:
        return value
    rule = value.upper()
    if "COUNT" in rule or "UNTIL" in rule or not re.match(r"^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;|$)", rule):
        raise ValueError("a turn is `daily`, `weekly`, or a rule without an end such as `FREQ=WEEKLY;BYDAY=MO,TH`")
    try:
        rrulestr(rule)
    except ValueError:
        raise ValueError(f"{value!r} is not a recurrence rule such as `FREQ=WEEKLY;BYDAY=MO,TH`") from None
    return rule


def _target(value: str) -> str:
    if not (TARGET.match(value) or Address.parse(value).is_id):
        raise ValueError("a target is `oncall`, `oncall:` and a rota, `leads`, `responders`, `owner`, `pagerduty`, "
                         "`webhook:` and its name, or the id of a person, a user group or a channel")  # fmt: skip
    return value


Turn = Annotated[str, AfterValidator(_turn)]
Target = Annotated[str, AfterValidator(_target)]
RotaName = Annotated[str, StringConstraints(pattern=r"^[\w -]{1,40}$")]


class Member(Table):
    """A person who works for the phase, and how much of their time."""

    person: PersonId = Field(description="Their id")
    share: float = Field(default=1.0, gt=0, le=1, description="How much of their time is for this phase; 1.0 is all")
    since: date | None = Field(default=None, description="Their first day")
    until: date | None = Field(default=None, description="Their last day")

    def serves(self, on: date) -> bool:
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


class Layer(Table):
    """People who take turns on call. The first layer with a person on call at a given time counts."""

    people: tuple[PersonId, ...] = Field(
        default=(), max_length=50, description="Ids, in the order of their turns; without any, everyone on the roster"
    )
    turn: Turn = Field(default="weekly", description="`daily`, `weekly`, or a rule as `FREQ=WEEKLY;BYDAY=MO,TH`")
    hand_over: TimeOfDay = Field(default="09:00", description="Time of day when the next person takes over")
    since: date = Field(default=date(2024, 1, 1), description="First day of the first person's first turn")
    timezone: TimeZone | None = Field(default=None, description="Time zone; without one, the rota's")
    days: Days = Field(default=EVERY_DAY, description="Days this layer covers")
    hours: HoursPastMidnight = Field(
        default=ALL_DAY, description="Hours this layer covers; `20:00-08:00` ends the next morning"
    )
    shadow: bool = Field(
        default=False, description="Whether these people are only learning: they are told too, but never on call"
    )


class Rota(Table):
    """A plan of who is on call when."""

    name: RotaName = Field(description="Name, as in `oncall:primary`")
    layers: tuple[Layer, ...] = Field(default=(), max_length=10, description="Who takes turns")
    group: str = Field(
        default="",
        pattern=r"^(S[A-Z0-9]{5,})?$",
        description="Id of a user group whose members are always the people on call",
    )
    days: Days = Field(default=EVERY_DAY, description="Days that must be covered")
    hours: HoursPastMidnight = Field(default=ALL_DAY, description="Hours that must be covered")
    timezone: TimeZone | None = Field(default=None, description="Time zone; without one, the phase's")


class EscalationStep(Table):
    """One step of an escalation policy: who is paged, and how long they have to respond."""

    targets: tuple[Target, ...] = Field(
        min_length=1,
        max_length=20,
        description="`oncall`, `oncall:NAME`, `leads`, `responders`, `owner`, ids, `webhook:NAME`, `pagerduty`",
    )
    wait: Wait = Field(default="5m", description="How long to wait for an answer before the next step")


class EscalationPolicy(Table):
    """Who is paged for which tickets, in which order. The first policy that fits a ticket counts."""

    name: Name = Field(description="Name of the policy")
    steps: tuple[EscalationStep, ...] = Field(min_length=1, max_length=20, description="Who is paged, in this order")
    severities: tuple[Severity, ...] = Field(
        default=(Severity.CRITICAL,), description="Only for tickets of these severities; without any, for all"
    )
    modules: tuple[Name, ...] = Field(
        default=(), description="Only for tickets of these modules and of the modules below them"
    )
    days: Days = Field(default=EVERY_DAY, description="Only for escalations that start on these days")
    hours: HoursPastMidnight = Field(default=ALL_DAY, description="Only for escalations that start within these hours")
    timezone: TimeZone | None = Field(default=None, description="Time zone; without one, the phase's")
    repeat: int | None = Field(
        default=None, ge=0, le=100, description="How often to repeat all steps; without it, until a person responds"
    )
    silence: Duration = Field(
        default="30m", description="How long the owner may be silent before they are asked; `none` for no limit"
    )
    answer: Wait = Field(default="10m", description="How long the owner has to answer before the escalation goes on")


class OnCallSettings(Table):
    """Who works for the phase, who is on call when, and who is paged for which tickets."""

    roster: Annotated[tuple[Member, ...], EachOnce] = Field(
        default=(), max_length=100, description="Who works for the phase, how much of their time, and until when"
    )
    rotas: Annotated[tuple[Rota, ...], EachOnce] = Field(default=(), max_length=10, description="Who is on call when")
    policies: Annotated[tuple[EscalationPolicy, ...], EachOnce] = Field(
        default=(), max_length=20, description="Who is paged for which tickets; without any, for critical tickets only"
    )
    capacity_path: tuple[TeamId, ...] = Field(
        default=(), description="Ids of who is asked for help when there is too much work; without any, the leads"
    )
    productive_hours: float = Field(
        default=5.0, gt=0, le=24, description="Hours a day that one person works on tickets"
    )

    @model_validator(mode="after")
    def _rotas_exist(self) -> Self:
        known = {f"oncall:{rota.name}" for rota in self.rotas}
        wanted = {target for policy in self.policies for step in policy.steps for target in step.targets}
        if unknown := sorted(target for target in wanted - known if target.startswith("oncall:")):
            raise ValueError(f"policies: there is no rota for {', '.join(unknown)}")
        return self
