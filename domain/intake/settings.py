"""What can be reported and how: the report form, and the channels in which messages become reports."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.settings import ChannelId, EachOnce, FieldId, Name, Names, Table, Use


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
