"""What can be reported and how: the report form, and the channels in which messages become reports."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.intake.dates import DateOrder
from domain.settings import ChannelId, Duration, EachOnce, FieldId, Name, Names, PersonId, Table, TimeZone, Use
from domain.tickets.ticket import Severity
from domain.tickets.types import TicketType


class FormFieldName(StrEnum):
    """A field of the report form that can be switched off or made required."""

    HAPPENED = "happened"
    TYPE = "type"
    CATEGORY = "category"
    MODULE = "module"
    PROCESS = "process"
    IMPACT = "impact"
    BUSINESS = "business"
    URGENCY = "urgency"
    PEOPLE = "people"
    STEPS = "steps"
    EXPECTED = "expected"
    ACTUAL = "actual"
    ENVIRONMENT = "environment"
    FILES = "files"


class TypeFamily(StrEnum):
    """More types of tickets than the usual, for systems of that kind."""

    GATEWAY = "gateway"
    AI = "ai"
    API = "api"


class CustomField(Table):
    """A field of your own in the report form: a choice where it has options, otherwise text."""

    id: FieldId = Field(description="Short name, in lower case")
    label: Name = Field(description="Label in the form")
    options: tuple[Name, ...] = Field(default=(), max_length=100, description="Options to choose from")
    required: bool = Field(default=False, description="Whether it must be filled in")


Synonym = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^,]+(,[^,]+)+$", max_length=300)]


class IntakeSettings(Table):
    """What can be reported and how."""

    modules: Names = Field(
        default=(), max_length=100, description="Parts of the system, as a tree: `Integration / Bank export`"
    )
    processes: Names = Field(default=(), max_length=100, description="Business processes")
    parties: Names = Field(
        default=("Integrator", "Vendor", "Customer IT", "Business"), min_length=1, max_length=20,
        description="Whose a ticket may be, once it is judged as agreed, a defect, a wish or a training gap",
    )  # fmt: skip
    categories: Names = Field(default=(), max_length=100, description="Your own categories")
    templates: tuple[TypeFamily, ...] = Field(default=(), description="More types of tickets: `gateway`, `ai`, `api`")
    fields: dict[FormFieldName, Use] = Field(
        default_factory=dict, description="Fields of the report form, each `off`, `optional` or `required`"
    )
    custom_fields: Annotated[tuple[CustomField, ...], EachOnce] = Field(
        default=(), max_length=10, description="Your own fields in the report form"
    )
    emoji: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_+'-]{1,80}$")] = Field(
        default="sos", description="Reacting with this emoji to a message reports the message"
    )
    auto_intake: tuple[ChannelId, ...] = Field(
        default=(), description="Ids of channels in which every new message is a report, unless it starts with `//`"
    )
    sort_within: Duration = Field(
        default="24h", description="How long a report may lack a type, a module, a process or an owner until the "
        "team's digest names it; `none` for never",
    )  # fmt: skip
    app_posts: bool = Field(
        default=False,
        description="Whether posts of other apps and of workflows become tickets, in those channels and where they "
        "mention the bot",
    )
    synonyms: tuple[Synonym, ...] = Field(
        default=(),
        max_length=200,
        description="Words that mean the same here, such as `payslip, pay stub`; likely duplicates are found by them",
    )
    anonymous: bool = Field(default=True, description="Whether people may report anonymously")

    def use_of(self, name: str) -> Use:
        """Return whether the form asks for that field."""
        return {field.value: use for field, use in self.fields.items()}.get(name, Use.OPTIONAL)


class ImportField(StrEnum):
    """What a column of another system's export can become."""

    KEY = "key"
    SUMMARY = "summary"
    SEVERITY = "severity"
    STATUS = "status"
    TYPE = "type"
    REPORTER = "reporter"
    OWNER = "owner"
    OPENED = "opened"
    CLOSED = "closed"
    HAPPENED = "happened"
    STEPS = "steps"
    EXPECTED = "expected"
    ACTUAL = "actual"
    ENVIRONMENT = "environment"
    IMPACT = "impact"
    MODULE = "module"
    PROCESS = "process"
    CATEGORY = "category"
    LABELS = "labels"
    SOLUTION = "solution"
    COMMENTS = "comments"


class ImportStatus(StrEnum):
    """The statuses that an imported ticket can have. Of a resolved one no one is asked whether it is fixed."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    FIXING = "fixing"
    WAITING = "waiting"
    DEFERRED = "deferred"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


class ImportBase(StrEnum):
    """The systems whose exports are known."""

    JIRA = "jira"
    SERVICENOW = "servicenow"
    GLPI = "glpi"
    ZENDESK = "zendesk"


class ImportMap(Table):
    """How the export of another system is read: a file for `hypercare import --map`. Words count in any case."""

    base: ImportBase | None = Field(default=None, description="A known system whose columns and words are used too")
    system: Name | None = Field(default=None, description="Name of the other system, as people read it")
    columns: dict[ImportField, Names] = Field(
        default_factory=dict, description="Columns of the file by what they become; the first that has a value counts"
    )
    severities: dict[str, Severity] = Field(default_factory=dict, description="Severities by the file's words")
    statuses: dict[str, ImportStatus] = Field(default_factory=dict, description="Statuses by the file's words")
    types: dict[str, TicketType] = Field(default_factory=dict, description="Types by the file's words")
    people: dict[str, PersonId] = Field(default_factory=dict, description="Slack ids by name or e-mail address")
    dates: DateOrder | None = Field(
        default=None, description="`day-first` or `month-first`, if the dates don't show it"
    )
    timezone: TimeZone | None = Field(default=None, description="Time zone of dates without one; else the phase's")
    ignore: Names = Field(default=(), description="Columns that are left out without being listed")
