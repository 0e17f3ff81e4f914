"""Rules of a phase: when something happens to a ticket that fits, what is done."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from domain.address import Address, is_channel
from domain.api.settings import WebhookName
from domain.settings import EachOnce, Name, PersonId, ShortName, Table, Wait
from domain.tickets.status import Status
from domain.tickets.ticket import MODULE_LIMIT, Severity

MAX_RULES = 50  # of a phase
HOURLY_LIMIT = 20  # times that one rule acts in an hour, unless the settings say otherwise


class RuleOccasion(StrEnum):
    """What can happen to a ticket that a rule waits for."""

    OPENED = "opened"
    SEVERITY = "severity"
    STATUS = "status"
    DETAILS = "details"
    OVERDUE = "overdue"
    SIGNAL = "signal"

    @property
    def label(self) -> str:
        return {
            RuleOccasion.OPENED: "it is opened",
            RuleOccasion.SEVERITY: "its severity changes",
            RuleOccasion.STATUS: "its status changes",
            RuleOccasion.DETAILS: "its details change",
            RuleOccasion.OVERDUE: "it misses a target or a promise",
            RuleOccasion.SIGNAL: "its alert fires",
        }[self]


def _place(value: str) -> str:
    if not Address.parse(value).is_place:
        raise ValueError(f"who is told is the id of a channel, a person or a user group, unlike {value}")
    return value


Place = Annotated[str, AfterValidator(_place)]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class AutomationRule(Table):
    """A rule: when something happens to a ticket, and all conditions fit, everything it names is done."""

    name: ShortName = Field(description="Short name, shown on the ticket and in the log")
    enabled: bool = Field(default=True, description="Whether it acts. One that does not can still be tried")
    when: Annotated[tuple[RuleOccasion, ...], EachOnce] = Field(
        min_length=1, description="What happens: `opened`, `severity`, `status`, `details`, `overdue`, `signal`"
    )
    severities: tuple[Severity, ...] = Field(default=(), description="Severities it is for; without any, all")
    statuses: tuple[Status, ...] = Field(default=(), description="Statuses it is for; without any, all")
    modules: tuple[Name, ...] = Field(default=(), description="Modules it is for, with those below; without any, all")
    labels: dict[str, Pattern] = Field(
        default_factory=dict,
        description="What has to fit, with `*` for any text: `title`, `type`, `process`, `category`, `environment`, "
        "`intake`, `party`, fields of the phase, and labels of alerts",
    )
    tell: Annotated[tuple[Place, ...], EachOnce] = Field(
        default=(), max_length=5, description="Ids of the channels, people and user groups that are told"
    )
    page: bool = Field(default=False, description="Page the people on call, unless that happens already")
    assign: PersonId | None = Field(default=None, description="Id of the responder who gets an unassigned ticket")
    severity: Severity | None = Field(default=None, description="Severity that the ticket gets")
    module: str = Field(default="", max_length=MODULE_LIMIT, description="Module that the ticket gets")
    ask: str = Field(default="", max_length=300, description="Question to the reporter")
    webhook: WebhookName | None = Field(default=None, description="Name of the webhook that is called, as in `ops`")

    @model_validator(mode="after")
    def _does_something(self) -> "AutomationRule":
        if not any((self.tell, self.page, self.assign, self.severity, self.module, self.ask, self.webhook)):
            raise ValueError(f"the rule {self.name} does nothing; say what it does, as in `page = true`")
        return self


class AutomationSettings(Table):
    """What happens to tickets by itself, and how often at most."""

    rules: Annotated[tuple[AutomationRule, ...], EachOnce] = Field(
        default=(), max_length=MAX_RULES, description="Rules; every one that fits acts, in this order"
    )
    hourly_limit: int = Field(
        default=HOURLY_LIMIT, ge=1, le=100, description="Most times that one rule acts in an hour; more is only logged"
    )
    rest: Wait = Field(default="24h", description="How long a rule leaves a ticket alone after it has acted on it")

    @property
    def channels(self) -> frozenset[str]:
        """Return the channels that rules tell."""
        return frozenset(place for rule in self.rules for place in rule.tell if is_channel(place))
