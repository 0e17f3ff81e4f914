"""A step of a workflow: what it was given, and the changes that it can make."""

from dataclasses import dataclass
from enum import StrEnum

from domain.tickets.ticket import Severity


class StepAction(StrEnum):
    """What a step does with a ticket that there is."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRun:
    """One run of a step: Slack's id of it, and the key that all its deliveries share."""

    execution: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """What the step "Report a problem" was given; `severity` is None where the workflow leaves it open."""

    summary: str
    happened: str = ""
    severity: Severity | None = None
    module: str = ""
    phase: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChange:
    """What the step "Change a ticket" was given."""

    ticket: str
    action: StepAction
    text: str = ""
    test: str = ""  # that proved the fix
