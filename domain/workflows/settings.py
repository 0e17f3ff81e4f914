"""What steps of Slack's Workflow Builder may do with the tickets of a phase."""

from enum import StrEnum

from pydantic import Field

from domain.settings import Table


class StepAccess(StrEnum):
    """How far steps may go; each of these includes the one before it."""

    OFF = "off"
    REPORT = "report"
    CHANGE = "change"

    @property
    def may_report(self) -> bool:
        return self is not StepAccess.OFF

    @property
    def may_change(self) -> bool:
        return self is StepAccess.CHANGE


class WorkflowSettings(Table):
    """Steps of Slack's Workflow Builder."""

    steps: StepAccess = Field(
        default=StepAccess.REPORT,
        description="What steps may do: nothing with `off`, open and find tickets with `report`, also change them with "
        "`change`. Slack doesn't prove for whom a step runs",
    )
