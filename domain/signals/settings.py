"""What follows from the signals of monitoring systems: rules, waits, and the mapping of the generic integration."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.settings import EachOnce, HoursPastMidnight, PersonId, ShortName, Table, Wait
from domain.tickets.ticket import MODULE_LIMIT, Severity

FieldPath = Annotated[str, StringConstraints(pattern=r"^[\w@$ -]*(\.[\w@$ -]+)*$", max_length=200)]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SignalAction(StrEnum):
    OPEN = "open"
    NOTE = "note"
    IGNORE = "ignore"


class SignalRule(Table):
    """What to do with some alerts. The first rule that fits an alert counts."""

    name: ShortName = Field(description="Short name, shown where an alert is listed")
    kinds: tuple[ShortName, ...] = Field(
        default=(), description="Integrations it is for, such as `grafana`; without any, all"
    )
    labels: dict[str, Pattern] = Field(
        default_factory=dict,
        description="Labels that the alert must have, with `*` for any text; `title` is the alert's title",
    )
    severities: tuple[Severity, ...] = Field(default=(), description="Severities it is for; without any, all")
    do: SignalAction = Field(
        default=SignalAction.OPEN, description="`open` a ticket, only `note` the alert, or `ignore` it"
    )
    severity: Severity | None = Field(default=None, description="Severity of the ticket; without one, the alert's")
    module: str = Field(default="", max_length=MODULE_LIMIT, description="Module of the ticket")
    endpoint: str = Field(default="", max_length=200, description="Endpoint of the ticket; without one, the alert's")
    owner: PersonId | None = Field(default=None, description="Id of the responder who gets the ticket")
    lasting: Wait | None = Field(
        default=None, description="Open the ticket only when the alert has fired for this long, as in `5m`"
    )
    quiet_hours: HoursPastMidnight | None = Field(
        default=None,
        description="Hours, such as `22:00-06:00`, in which an alert is only noted, as long as they last",
    )


class SignalThreshold(Table):
    """A limit for a metric whose values are sent. With several, the worst one that is crossed counts."""

    metric: Pattern = Field(description="The key of the metric, with `*` for any text")
    above: float | None = Field(default=None, description="Values above this are an alert")
    below: float | None = Field(default=None, description="Values below this are an alert")
    severity: Severity = Field(default=Severity.MEDIUM, description="Severity of the alert")

    def is_crossed(self, value: float) -> bool:
        return (self.above is not None and value > self.above) or (self.below is not None and value < self.below)


class GenericMapping(Table):
    """Where the fields of an alert stand in the body of the generic integration, such as `event.name`."""

    alerts: FieldPath = Field(default="", description="The list of alerts; without it, the body is one alert or a list")
    key: FieldPath = Field(default="key", description="What is the same each time the alert fires; required")
    occurrence: FieldPath = Field(default="occurrence", description="What names one of those times")
    title: FieldPath = Field(default="title", description="The title; without one, the key")
    state: FieldPath = Field(default="state", description="The state")
    severity: FieldPath = Field(default="severity", description="The severity")
    text: FieldPath = Field(default="text", description="The description")
    link: FieldPath = Field(default="link", description="A link to the alert")
    labels: FieldPath = Field(default="labels", description="An object with labels")
    since: FieldPath = Field(default="since", description="Since when it fires, as in `2026-11-24T18:00:00Z`")
    value: FieldPath = Field(default="value", description="The value of a metric, for thresholds")
    thresholds: tuple[SignalThreshold, ...] = Field(
        default=(), max_length=100, description="Limits for values that come without a state"
    )
    resolved: tuple[str, ...] = Field(
        default=("resolved", "ok", "recovered", "up", "closed", "0", "false"),
        description="States in which the alert is over",
    )


class SignalSettings(Table):
    """What follows from the signals of monitoring systems."""

    rules: Annotated[tuple[SignalRule, ...], EachOnce] = Field(
        default=(), max_length=100, description="What to do with which alerts; the first rule that fits counts"
    )
    open_from: Severity = Field(
        default=Severity.MEDIUM, description="Without a rule, alerts of this severity or above open a ticket"
    )
    severity: Severity = Field(default=Severity.MEDIUM, description="Severity of alerts that don't say theirs")
    recovery_wait: Wait = Field(
        default="5m", description="How long all alerts of a ticket must be over before it is resolved"
    )
    storm_limit: int = Field(
        default=2, ge=1, le=20, description="Tickets that alerts open within a minute before the others share one"
    )
    generic: GenericMapping = Field(default=GenericMapping(), description="Fields of the generic integration")
