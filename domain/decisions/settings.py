"""Who may decide what, and the triggers that ask for a decision."""

from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from domain.decisions.decision import MAX_OPTIONS, OPTION_LIMIT, QUESTION_LIMIT, DecisionKind
from domain.decisions.triggers import parse_rule
from domain.settings import EachOnce, Name, ShortName, Table, TeamId, Wait, is_team_id

ROLES = ("business", "development", "operations", "support", "qa", "project_management")


def _decider(value: str) -> str:
    if value not in ROLES and not is_team_id(value):
        roles = ", ".join(ROLES)
        raise ValueError(f"who decides is an id of a person or a user group, or one of the roles {roles}")
    return value


def _rule(value: str) -> str:
    parse_rule(value)
    return value


Decider = Annotated[str, AfterValidator(_decider)]
Option = Annotated[Name, Field(max_length=OPTION_LIMIT)]


class DecisionTrigger(Table):
    """A rule that is written before the go-live and opens a decision when it holds."""

    name: ShortName = Field(description="Short name, such as `criticals`")
    rule: Annotated[str, AfterValidator(_rule)] = Field(
        description="What has to hold, such as `critical_open >= 3 for 30m`, or `error_budget_burn`"
    )
    question: str = Field(min_length=1, max_length=QUESTION_LIMIT, description="What is to be decided then")
    kind: DecisionKind = Field(default=DecisionKind.GO_NO_GO, description="Kind of decision")
    options: Annotated[tuple[Option, ...], EachOnce] = Field(
        min_length=2, max_length=MAX_OPTIONS, description="Options, such as `Roll back` and `Go on`"
    )
    steps: dict[Option, tuple[Name, ...]] = Field(
        default_factory=dict, description="Checklist by option: what has to be done when it is chosen"
    )
    approver: TeamId = Field(description="Id of the person or user group who is asked first")
    deputy: TeamId | None = Field(
        default=None, description="Id of the person or user group who is asked next; without one, the leads"
    )
    timer: Wait = Field(default="15m", description="Time to decide before the deputy is asked, and then the leads")

    @field_validator("steps")
    @classmethod
    def _are_options(cls, steps: dict[str, tuple[str, ...]], given: object) -> dict[str, tuple[str, ...]]:
        options = getattr(given, "data", {}).get("options", ())
        if unknown := sorted(steps.keys() - set(options)):
            raise ValueError(f"these are no options: {', '.join(unknown)}")
        return steps


class DecisionSettings(Table):
    """Who may decide what, and when a decision is asked for."""

    deciders: dict[DecisionKind, Annotated[tuple[Decider, ...], EachOnce]] = Field(
        default_factory=dict,
        description="Who may decide each kind besides the leads: ids of people and user groups, and roles of the phase",
    )
    slo: float = Field(
        default=0.999, gt=0, lt=1, description="Share of requests that have to succeed, for `error_budget_burn`"
    )
    triggers: Annotated[tuple[DecisionTrigger, ...], EachOnce] = Field(
        default=(), max_length=20, description="Rules that open a decision when they hold"
    )
