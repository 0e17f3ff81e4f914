"""The connections of a phase: which tracker gets issues, from which tickets, and which side counts for each field."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from domain.settings import PersonId, ShortName, Table
from domain.tickets.status import Status
from domain.tickets.ticket import Severity

RemoteName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


USUAL_PRIORITIES = {
    Severity.CRITICAL: "Highest",
    Severity.HIGH: "High",
    Severity.MEDIUM: "Medium",
    Severity.LOW: "Low",
}


class Direction(StrEnum):
    """Whose value of a field counts, where the two sides differ."""

    OURS = "ours"  # Hypercare's, and changes there are ignored
    THEIRS = "theirs"  # the tracker's, and changes here are not sent
    NEWEST = "newest"  # the one that was changed last


class Connection(Table):
    """A tracker whose issues belong to tickets of the phase."""

    system: ShortName = Field(description="The system, such as `jira`; its address and token are in the environment")
    project: RemoteName = Field(
        description="In which issues are made: key of the project (Jira), or name of the assignment group (ServiceNow)"
    )
    issue_type: RemoteName = Field(default="Bug", description="Type of the issues that are made, in Jira")
    subtask_type: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = Field(
        default="",
        description="Type of the sub-tasks that actions become in Jira, such as `Sub-task`; without it, none",
    )
    create: tuple[Severity, ...] = Field(
        default=(), description="Tickets of these severities get an issue at once; others by `/hypercare issue`"
    )
    private: bool = Field(
        default=False, description="Whether private and anonymous tickets may go there, without the name of a person"
    )
    notes: bool = Field(
        default=False, description="Whether what the team writes among itself goes there, as internal comments"
    )
    status: Direction = Field(default=Direction.NEWEST, description="Whose status counts: `ours`, `theirs`, `newest`")
    severity: Direction = Field(default=Direction.NEWEST, description="Whose severity or priority counts")
    owner: Direction = Field(default=Direction.NEWEST, description="Whose owner or assignee counts")
    statuses: dict[Status, tuple[RemoteName, ...]] = Field(
        default_factory=dict,
        description="Names of the statuses there, by ours; without them, open, in progress and done are told apart",
    )
    severities: dict[Severity, RemoteName] = Field(
        default_factory=dict,
        description="Names of the priorities there, by severity; without them `Highest`, `High`, `Medium`, `Low`. "
        "In ServiceNow impact and urgency, as in `2/1`",
    )
    people: dict[PersonId, RemoteName] = Field(
        default_factory=dict, description="Account ids (Jira Cloud) or user names (all others) there, by Slack id"
    )
    fields: dict[RemoteName, str] = Field(
        default_factory=dict, description="Values of more fields of a new issue, by the id of the field"
    )
    transition_fields: dict[RemoteName, str] = Field(
        default_factory=dict, description="Values of fields that a transition asks for, such as `resolution`"
    )

    @property
    def priorities(self) -> dict[Severity, str]:
        """Return the name of the priority of each severity."""
        return USUAL_PRIORITIES | self.severities


def _each_system_once(connections: tuple[Connection, ...]) -> tuple[Connection, ...]:
    names = [one.system for one in connections]
    if len(names) != len(set(names)):
        raise ValueError("each system may appear once")
    return connections


Connections = Annotated[tuple[Connection, ...], AfterValidator(_each_system_once)]
