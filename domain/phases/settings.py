"""A phase as an operator writes it: the go-live, its channels, its people, and the settings of each area."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from domain.address import is_group
from domain.api.settings import Webhooks
from domain.automation.settings import AutomationSettings
from domain.connectors.settings import Connections
from domain.conversations.settings import ConversationSettings
from domain.decisions.settings import DecisionSettings
from domain.exit.settings import ExitSettings
from domain.followup.settings import FollowupSettings
from domain.gateways.settings import GatewaySettings
from domain.intake.settings import IntakeSettings
from domain.mail.settings import MailSettings
from domain.oncall.settings import OnCallSettings
from domain.problems.settings import ProblemSettings
from domain.pulse.settings import PulseSettings
from domain.reporting.settings import ReportingSettings
from domain.settings import ChannelId, EachOnce, Name, OptionalChannelId, Table, TeamId, TimeZone
from domain.signals.settings import SignalSettings
from domain.sla.settings import SlaSettings
from domain.teams.settings import TeamsChannels, TeamsSettings
from domain.warroom.settings import WarRoomSettings
from domain.workflows.settings import WorkflowSettings


class PhaseState(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    EXITED = "exited"


class Risk(StrEnum):
    """How much is at stake with the go-live."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Role(StrEnum):
    """The six roles of a cross-functional hypercare team."""

    BUSINESS = "business"
    DEVELOPMENT = "development"
    OPERATIONS = "operations"
    SUPPORT = "support"
    QA = "qa"
    PROJECT_MANAGEMENT = "project_management"

    @property
    def label(self) -> str:
        return {"qa": "quality assurance"}.get(self.value, self.value.replace("_", " "))


Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


def _not_exited(state: PhaseState) -> PhaseState:
    if state is PhaseState.EXITED:
        raise ValueError("a phase is `planned` or `active`; end one with `hypercare phase archive`")
    return state


def _with_a_person(leads: tuple[str, ...]) -> tuple[str, ...]:
    if all(map(is_group, leads)):
        raise ValueError("at least one lead must be a person, who gets private messages when a user group is empty")
    return leads


class PhaseSettings(Table):
    """A phase: one go-live, its channels, its people, and the settings of each area."""

    key: str = Field(
        pattern=r"^[A-Z][A-Z0-9]{1,9}$", description="Short key at the start of every ticket number: `PAY` gives PAY-42"
    )
    name: str = Field(min_length=1, max_length=80, description="Name of the phase")
    system: str = Field(default="", max_length=80, description="The system that went live; without it, the name")
    state: Annotated[PhaseState, AfterValidator(_not_exited)] = Field(
        default=PhaseState.ACTIVE, description="`planned` or `active`; a planned phase takes no reports yet"
    )
    go_live: date | None = Field(default=None, description="The day the system goes live")
    planned_end: date | None = Field(default=None, description="The day the phase is planned to end")
    risk: Risk | Literal[""] = Field(default="", description="Risk class: `low`, `medium` or `high`")
    timezone: TimeZone = Field(default="UTC", description="Time zone of the phase, such as Europe/Berlin")
    languages: Annotated[tuple[Language, ...], EachOnce] = Field(
        default=("en",), min_length=1, max_length=10,
        description="Languages that people write in, as in `en` or `de`. Blame is looked for in `en`, tone in `en`. "
        "Where others are named, the places that show them say that they are not checked",
    )  # fmt: skip
    users: int = Field(default=0, ge=0, description="How many people use the system; 0 when unknown")
    triage_channel: ChannelId = Field(description="Id of the channel that gets the ticket cards")
    oncall_channel: ChannelId = Field(description="Id of the channel that gets critical tickets at once")
    digest_channel: OptionalChannelId = Field(
        default="", description="Id of the channel that gets digests; without one, the triage channel"
    )
    private_channel: OptionalChannelId = Field(
        default="", description="Id of a private channel for security tickets; without one, a lead's direct messages"
    )
    intake_channels: tuple[ChannelId, ...] = Field(default=(), description="Ids of the channels in which people report")
    leads: Annotated[tuple[TeamId, ...], AfterValidator(_with_a_person)] = Field(
        min_length=1, description="Ids of the leads: user groups, and at least one person"
    )
    responders: tuple[TeamId, ...] = Field(default=(), description="Ids of the responders: people and user groups")
    roles: dict[Role, tuple[Name, ...]] = Field(
        default_factory=dict, description="Who has each of the six roles of the team; `phase apply` names empty roles"
    )
    intake: IntakeSettings = Field(default=IntakeSettings(), description="What can be reported and how")
    sla: SlaSettings = Field(default=SlaSettings(), description="Working hours and SLA targets")
    conversations: ConversationSettings = Field(
        default=ConversationSettings(), description="How the team and reporters talk"
    )
    followup: FollowupSettings = Field(default=FollowupSettings(), description="What happens after a fix")
    oncall: OnCallSettings = Field(default=OnCallSettings(), description="Who is on call, and who is paged")
    pulse: PulseSettings = Field(default=PulseSettings(), description="What people are asked regularly")
    signals: SignalSettings = Field(
        default=SignalSettings(), description="What follows from the alerts of monitoring systems"
    )
    gateways: GatewaySettings = Field(
        default=GatewaySettings(), description="What is expected of the gateways in front of the system"
    )
    connections: Connections = Field(default=(), description="Trackers whose issues belong to tickets")
    webhooks: Webhooks = Field(default=(), description="Programs that are told of changes to tickets")
    teams_channels: TeamsChannels = Field(
        default=(), description="Channels of Microsoft Teams that get digests and severe tickets"
    )
    mail: MailSettings = Field(default=MailSettings(), description="Reports and answers by e-mail")
    teams: TeamsSettings = Field(default=TeamsSettings(), description="The bot in Microsoft Teams")
    reporting: ReportingSettings = Field(default=ReportingSettings(), description="Who reads which figures")
    problems: ProblemSettings = Field(
        default=ProblemSettings(), description="How deep causes of problems are looked for"
    )
    decisions: DecisionSettings = Field(
        default=DecisionSettings(), description="Who may decide what, and what asks for a decision"
    )
    automation: AutomationSettings = Field(
        default=AutomationSettings(), description="Rules that act on tickets by themselves"
    )
    war_room: WarRoomSettings = Field(
        default=WarRoomSettings(), description="Where people work on critical tickets together"
    )
    workflows: WorkflowSettings = Field(
        default=WorkflowSettings(), description="What steps of Slack's Workflow Builder may do"
    )
    exit: ExitSettings = Field(default=ExitSettings(), description="When the phase may end, and who signs")

    @field_validator("planned_end")
    @classmethod
    def _ends_after_go_live(cls, planned_end: date | None, given: ValidationInfo) -> date | None:
        go_live = given.data.get("go_live")
        if planned_end and go_live and planned_end <= go_live:
            raise ValueError("the planned end has to be after the go-live")
        return planned_end
