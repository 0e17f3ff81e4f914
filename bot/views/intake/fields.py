"""The fields of the report form: those of every phase, those of a type, and the phase's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.views.inputs import ChoiceInput, FilesInput, FormField, NumberInput, PersonInput, TextInput
from domain.phases.phase import Phase
from domain.settings import Use
from domain.tickets.priority import Consequence, Urgency
from domain.tickets.ticket import MODULE_LIMIT, SUMMARY_LIMIT, Severity
from domain.tickets.types import FAMILIES, TicketType, asks, offered

SUMMARY = TextInput(
    id="summary", label="Summary", required=True, multiline=False, limit=SUMMARY_LIMIT, dispatches=True,
    placeholder="The payslip page stays empty", error="The summary is empty. Say in a few words what's wrong.",
)  # fmt: skip
SEVERITY = ChoiceInput(
    id="severity", label="Severity", required=True, radio=True,
    options=tuple((s.value, s.capitalize(), s.meaning) for s in Severity),
)  # fmt: skip
URGENCY = ChoiceInput(id="urgency", label="Urgency", options=tuple((u.value, u.label, "") for u in Urgency))
BUSINESS = ChoiceInput(id="business", label="Business consequence", hint="Cost or reputation",
                  options=tuple((c.value, c.label, "") for c in Consequence))  # fmt: skip
PEOPLE = NumberInput(id="people", label="People affected", hint="As far as you know")
MORE_FIELDS: tuple[FormField, ...] = (
    TextInput(id="impact", label="Business impact", hint="Who can't do what, and what does it cost?"),
    BUSINESS,
    URGENCY,
    PEOPLE,
    TextInput(id="steps", label="Steps to reproduce"),
    TextInput(id="expected", label="What you expected"),
    TextInput(id="actual", label="What happened instead"),
    TextInput(id="environment", label="Environment", hint="Browser, device, data you used"),
    FilesInput(id="files", label="Screenshots and files"),
)
HAPPENED = TextInput(id="happened", label="What happened", placeholder="What you did and what you saw")
EXTRA_PREFIX = "own_"  # in front of the id of a field that a type or a phase has of its own
ANONYMOUS, BEHALF, PHASE = "anonymous", "behalf", "phase"


def fields(
    phase: Phase, values: Mapping[str, Any], *, unfolded: bool, asks_name: bool, behalf: bool = False
) -> tuple[FormField, ...]:  # fmt: skip
    """Return the basic and required fields, or all of them when unfolded.

    `asks_name` asks whether to give a name, `behalf` whose report it is.
    """
    asked = (HAPPENED, type_choice(phase), *_own(_type_in(values), phase), *_lists(phase), *MORE_FIELDS)
    used = [_as_used(field, phase) for field in asked if phase.use_of(field.id) is not Use.OFF]
    shown = [f for f in used if unfolded or f.required or f.id == "happened"]
    who = [
        *([behalf_choice()] if behalf else []),
        *([anonymous_choice()] if asks_name and phase.intake.anonymous else []),
    ]
    return (SUMMARY, SEVERITY, *shown, *(who if unfolded else []))


def phase_choice(phases: Sequence[Phase]) -> FormField:
    """Return the choice of the phase, for when the channel does not tell."""
    return ChoiceInput(
        id=PHASE,
        label="What is it about?",
        required=True,
        dispatches=True,
        options=tuple((p.key, p.name, p.system if p.system_name != p.name else "") for p in phases),
    )


def type_choice(phase: Phase) -> FormField:
    """Return the choice of the type, with the phase's type families under headings."""
    options = {t: (t.value, t.label, "") for t in offered(phase.intake.templates)}
    families = ["", *phase.intake.templates]
    gathered = tuple(
        (FAMILIES.get(f, "Usual"), tuple(o for t, o in options.items() if t.family == f)) for f in families
    )
    return ChoiceInput(id="type", label="Type", options=tuple(options.values()), dispatches=True,
                  groups=gathered if phase.intake.templates else ())  # fmt: skip


def _type_in(values: Mapping[str, Any]) -> TicketType:
    found = values.get("type")
    return TicketType(found) if found in list(TicketType) else TicketType.NONE


def _own(kind: TicketType, phase: Phase) -> list[FormField]:
    """Return the fields of the type and the phase's custom fields."""
    own = [(ask.id, ask.label, ask.options, ask.hint, False) for ask in asks(kind)]
    own += [(f.id, f.label, f.options, "", f.required) for f in phase.intake.custom_fields]
    return [
        ChoiceInput(
            id=EXTRA_PREFIX + id_, label=label, options=tuple((o, o, "") for o in options), hint=hint, required=required
        )
        if options
        else TextInput(id=EXTRA_PREFIX + id_, label=label, hint=hint, multiline=False, limit=500, required=required)
        for id_, label, options, hint, required in own
    ]


def _lists(phase: Phase) -> list[FormField]:
    module = _choice("module", "Module", phase.intake.modules)
    found: list[FormField] = [module or TextInput(id="module", label="Module", multiline=False, limit=MODULE_LIMIT)]
    chosen = (
        _choice("process", "Business process", phase.intake.processes),
        _choice("category", "Category", phase.intake.categories),
    )
    return [*found, *(field for field in chosen if field)]


def _choice(id_: str, label: str, names: tuple[str, ...]) -> ChoiceInput | None:
    return ChoiceInput(id=id_, label=label, options=tuple((n, n, "") for n in names)) if names else None


def _as_used(field: FormField, phase: Phase) -> FormField:
    return replace(field, required=True) if phase.use_of(field.id) is Use.REQUIRED else field


def behalf_choice() -> FormField:
    return PersonInput(id=BEHALF, label="On behalf of", hint="The person who told you. They get the updates.")


def anonymous_choice() -> FormField:
    return ChoiceInput(id=ANONYMOUS, label="Your name", hint="The team can answer you without knowing who you are",
                  options=(("no", "Show my name", ""), ("yes", "Report anonymously", "")))  # fmt: skip
