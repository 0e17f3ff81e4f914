"""The form that sets up a phase in Slack."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.form import Values
from bot.views.inputs import ChannelInput, ChannelsInput, PeopleInput, TextInput
from bot.views.learning.lessons import offer
from bot.views.phases.channels import list_no_access
from bot.views.text import Block, address, context, declined_scopes, mention, quote, section
from domain.phases.access import ChannelAccess
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.text import lines_of

CALLBACK = "setup"
WAITS = "Messages for these channels wait until then."
NEXT = {
    PhaseState.PLANNED: "Nothing is sent yet. To start the phase, type `/hypercare phase`.",
    PhaseState.ACTIVE: "People can report from now on with `/hypercare report`. To set dates, targets and more, type "
    "`/hypercare phase`.",
    PhaseState.EXITED: "The phase has ended and takes no reports.",
}
PEOPLE = ("leads", "responders")
FIELDS = (
    TextInput(
        id="key",
        label="Key",
        required=True,
        multiline=False,
        limit=10,
        placeholder="PAY",
        hint="Starts every ticket number, as in PAY-42",
        error="The key is empty. Use two to ten capital letters or digits.",
    ),
    TextInput(
        id="name",
        label="Name",
        required=True,
        multiline=False,
        limit=80,
        placeholder="Payday go-live",
        error="The name is empty. Enter one.",
    ),
    ChannelInput(id="triage_channel", label="Triage channel", required=True, hint="Gets the ticket cards"),
    ChannelInput(id="oncall_channel", label="On-call channel", required=True, hint="Gets critical tickets at once"),
    PeopleInput(id="leads", label="Leads", required=True),
    PeopleInput(id="responders", label="Responders"),
    ChannelsInput(id="intake_channels", label="Channels where people report"),
    ChannelInput(id="digest_channel", label="Digest channel"),
    TextInput(id="modules", label="Modules", hint="One per line, such as Payslips or Integration / Bank export"),
    TextInput(id="timezone", label="Time zone", multiline=False, limit=60, placeholder="Europe/Berlin"),
)
NOTE = "You can change all of this later, here or in a file (`hypercare phase export`)."


def setup_form(phase: Phase | None, person: str, missing: Mapping[str, str]) -> Block:
    """Return the form for a new phase, or filled with the settings of a phase; `missing` scopes are named in it."""
    values: Values = {"leads": (person,), "timezone": "UTC"}
    if phase:
        values = {f.id: getattr(phase, f.id) for f in FIELDS if f.id != "modules"}
        values["modules"] = "\n".join(phase.intake.modules)
        values |= {name: tuple(one for one in values[name] if one not in phase.groups) for name in PEOPLE}
    before = [*_before(phase), *declined_scopes(missing)]
    return form.modal(CALLBACK, "Set up a phase", FIELDS, values=values, submit="Save", before=before)


def saved(phase: Phase, missing: Mapping[str, ChannelAccess], others: Sequence[Phase] = ()) -> Block:
    """Return the modal that says what was saved, which channels can't be written to, and what happens next.

    The lessons of `others` are offered then.
    """
    channels = " ".join(map(address, sorted(phase.channels)))
    lines = [
        f"*{quote(phase.name)}* ({phase.key}) is saved.",
        f"Leads: {' '.join(map(mention, phase.leads))}",
        f"Responders: {' '.join(map(mention, phase.responders)) or 'none yet'}",
        f"Channels: {channels}",
        *(f":warning: {sentence}" for sentence in list_no_access(missing)),
        *([WAITS] if missing else []),
        NEXT[phase.state],
    ]
    return {**form.notice("Saved", ""), "blocks": [*(section(line) for line in lines), *offer(phase, others)]}


def _before(phase: Phase | None) -> list[Block]:
    """Return the notes above the form: user groups it can't change, and empty roles."""
    groups = " ".join(map(mention, sorted(phase.groups))) if phase else ""
    roles = ", ".join(role.label for role in phase.empty_roles) if phase else ""
    stays = f"The user groups {groups} stay as they are. To change them, an operator uses `hypercare phase apply`."
    empty = f":warning: These roles are empty: {roles}. To fill them, use `/hypercare phase`."
    return [context(NOTE), *([context(stays)] if groups else []), *([context(empty)] if roles else [])]


def read_setup_form(view: Mapping[str, Any]) -> Values:
    """Return the values of the form; InvalidForm names every error."""
    values = form.read(view, FIELDS)
    named = {"key": values.get("key", "").upper(), "modules": tuple(lines_of(str(values.get("modules") or ""))),
             "timezone": values.get("timezone") or "UTC"}  # fmt: skip
    return {**values, **named}
