"""The form in which a lead sets up a pulse survey."""

from collections.abc import Mapping
from typing import Any

from bot.views import form
from bot.views.inputs import ChannelsInput, ChoiceInput, FormField, NumberInput, PeopleInput, TextInput
from bot.views.text import Block
from domain.address import is_group
from domain.phases.phase import Phase
from domain.pulse.pulse import TEMPLATES, with_template_defaults
from domain.pulse.settings import Pulse

CALLBACK = "pulse_setup"
ALL = "Everyone"
AUDIENCE = ("channels", "people")
FIELDS: tuple[FormField, ...] = (
    TextInput(id="name", label="Short name", required=True, limit=30, multiline=False, hint="Such as `weekly`."),
    ChoiceInput(
        id="template",
        label="Questions",
        required=True,
        options=tuple(
            (name, pulse.title, ", ".join(q.kind.value for q in pulse.questions)[:75])
            for name, pulse in TEMPLATES.items()
        ),
    ),
    TextInput(id="title", label="Title", limit=60, multiline=False),
    TextInput(id="intro", label="Introduction", limit=500),
    TextInput(id="own", label="Your own question", limit=150, multiline=False),
    ChoiceInput(
        id="occasion",
        label="When",
        required=True,
        options=(
            ("schedule", "Every week", "On the day below"),
            ("end", "At the end of the phase", ""),
            ("resolved", "After a ticket is resolved", "Asks its reporter"),
            ("hand", "When a lead starts it", ""),
        ),
    ),
    ChoiceInput(
        id="days",
        label="Day of the week",
        options=tuple(
            (f"FREQ=WEEKLY;BYDAY={day[:2].upper()}", day, "")
            for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
        ),
    ),
    ChannelsInput(
        id="channels", label="Channels whose members to ask", hint="Leave empty for the channels where people report."
    ),
    PeopleInput(id="people", label="More people to ask"),
    NumberInput(id="open_days", label="Days to answer", limit=28),
    ChoiceInput(
        id="anonymous",
        label="Anonymity",
        required=True,
        options=(
            ("yes", "Anonymous", "Answers are stored without names"),
            ("no", "Not anonymous", "Names are stored with answers"),
        ),
    ),
    ChoiceInput(
        id="readers",
        label="Who sees the results",
        required=True,
        options=(
            ("everyone", "Everyone, in the digest channel", ""),
            ("responders", "Responders, in the triage channel", ""),
            ("leads", "Leads, in direct messages", ""),
        ),
    ),
)


def setup_form(phase: Phase, name: str) -> Block:
    """The form, filled with the pulse of that name if it exists."""
    known = next((pulse for pulse in phase.pulse.pulses if pulse.name == name), None)
    pulse = with_template_defaults(known) if known else Pulse(name=name or "weekly")
    segment = pulse.segments[0] if pulse.segments else None
    values = {
        "name": pulse.name, "template": pulse.template, "title": known.title if known else "", "intro": pulse.intro,
        "occasion": pulse.occasion.value if known else "schedule", "days": pulse.days, "open_days": pulse.open_days,
        "anonymous": "yes" if pulse.anonymous else "no", "readers": pulse.readers.value,
        "channels": segment.channels if segment else (), "people": segment.people if segment else (),
    }  # fmt: skip
    fields = [f for f in FIELDS if f.id not in AUDIENCE or is_plain(pulse)]
    return form.modal(CALLBACK, f"Pulse of {phase.key}", fields, values=values, metadata={"phase": phase.key})


def is_plain(pulse: Pulse) -> bool:
    """Whether the form can hold the audience: one segment without user groups."""
    plain = all(s.label == ALL and not any(map(is_group, s.people)) for s in pulse.segments)
    return plain and len(pulse.segments) <= 1


def read_setup(view: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return (phase key, settings as in a phase file) without the settings that the form does not have."""
    values = form.read(view, FIELDS)
    own, asked = values.pop("own", ""), any(name in values for name in AUDIENCE)
    channels, people = values.pop("channels", ()), values.pop("people", ())
    made = {
        name: value for name, value in values.items() if value is not None and (value or name in ("title", "intro"))
    }
    made |= {"anonymous": values["anonymous"] == "yes", "name": values["name"].lower()}
    if asked:
        made["segments"] = [{"name": ALL, "channels": channels, "people": people}] if channels or people else []
    if own:
        made["own"] = own
    return form.word(view, "phase"), made
