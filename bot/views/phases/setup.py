"""Setting up a phase in Slack: one form with what a desk needs, filled with sensible defaults."""

from collections.abc import Mapping
from typing import Any

from bot.views import form
from bot.views.form import Values
from bot.views.inputs import ChannelInput, ChannelsInput, PeopleInput, TextInput
from bot.views.text import Block, context
from domain.phases.phase import Phase
from domain.text import mention, one_line

CALLBACK = "setup"
PEOPLE = ("leads", "responders")
FIELDS = (
    TextInput(
        id="key",
        label="Key",
        required=True,
        multiline=False,
        limit=10,
        placeholder="PAY",
        hint="Stands in front of every number, as in PAY-42",
        error="Two to ten capital letters or digits, please.",
    ),
    TextInput(
        id="name",
        label="Name",
        required=True,
        multiline=False,
        limit=80,
        placeholder="Payday go-live",
        error="Please give it a name.",
    ),
    ChannelInput(
        id="triage_channel", label="Desk channel", required=True, hint="Where the team works; cards appear there"
    ),
    ChannelInput(id="oncall_channel", label="On-call channel", required=True, hint="Hears of criticals at once"),
    PeopleInput(id="leads", label="Leads", required=True),
    PeopleInput(id="responders", label="Responders"),
    ChannelsInput(id="intake_channels", label="Channels people report from"),
    ChannelInput(id="digest_channel", label="Digest channel"),
    TextInput(id="modules", label="Modules", hint="One a line; a tree as Area / Part"),
    TextInput(id="timezone", label="Time zone", multiline=False, limit=60, placeholder="Europe/Berlin"),
)
NOTE = (
    "Everything can be changed later, here or in a file (`hypercare phase export`). Please invite me to the channels."
)


def setup_form(phase: Phase | None, person: str) -> Block:
    """The form for a new phase, or with what a phase has."""
    values: Values = {"leads": (person,), "timezone": "UTC"}
    if phase:
        values = {f.id: getattr(phase, f.id) for f in FIELDS if f.id != "modules"}
        values["modules"] = "\n".join(phase.intake.modules)
        values |= {name: tuple(one for one in values[name] if one not in phase.groups) for name in PEOPLE}
    return form.modal(CALLBACK, "Set up a phase", FIELDS, values=values, submit="Save", before=_before(phase))


def _before(phase: Phase | None) -> list[Block]:
    """What to know first: which roles nobody fills, and which user groups the form leaves alone."""
    groups = " ".join(map(mention, sorted(phase.groups))) if phase else ""
    roles = ", ".join(role.label for role in phase.empty_roles) if phase else ""
    stays = f"The user groups {groups} keep their part; a phase's file changes that."
    empty = f":warning: Nobody fills these roles yet: {roles}. A phase's file names people for them."
    return [context(NOTE), *([context(stays)] if groups else []), *([context(empty)] if roles else [])]


def read_setup_form(view: Mapping[str, Any]) -> Values:
    """The values of a phase; form.Invalid with every complaint."""
    values = form.read(view, FIELDS)
    modules = (one_line(line) for line in str(values.get("modules") or "").split("\n"))
    named = {"key": values.get("key", "").upper(), "modules": tuple(filter(None, modules)),
             "timezone": values.get("timezone") or "UTC"}  # fmt: skip
    return {**values, **named}
