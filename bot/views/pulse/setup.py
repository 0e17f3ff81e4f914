"""The form in which a lead sets up a pulse survey."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.views import form
from bot.views.inputs import ChannelsInput, ChoiceInput, FormField, NumberInput, PeopleInput, TextInput
from bot.views.text import Block, answer, button, context, quote, section, when
from domain.address import is_group
from domain.phases.phase import Phase
from domain.pulse.pulse import TEMPLATES, with_template_defaults
from domain.pulse.settings import Occasion, Pulse
from domain.pulse.wave import Wave

CALLBACK, EDIT = "pulse_setup", "pulse_edit"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A pulse that was saved: when its next wave starts by itself, and the wave that is open now."""

    phase: Phase
    pulse: Pulse
    starts: datetime | None
    running: Wave | None


def taken(name: str) -> str:
    """Say that a new pulse can't have that name; fields show plain text."""
    return f"There is a pulse {name} already. Choose another name, or type `/hypercare pulse edit {name}`."


def saved(done: Saved) -> Block:
    """Return the modal that says what was saved and when the next wave is."""
    name, phase, pulse = quote(done.pulse.title), quote(done.phase.name), done.pulse
    lines = [f"*{name}* (`{pulse.name}`) of {phase} is saved.", _next_wave(done)]
    if done.running:
        lines.append(f"A wave is open until {when(done.running.closes_at)}. It stays as it was started.")
    lines.append(f"To see the message, type `/hypercare pulse preview {pulse.name}`.")
    return {**form.notice("Saved", ""), "blocks": [section("\n".join(lines))]}


def _next_wave(done: Saved) -> str:
    if done.starts:
        return f"The next wave starts {when(done.starts)}."
    match done.pulse.occasion:
        case Occasion.RESOLVED:
            return "Reporters are asked after their ticket is resolved."
        case Occasion.END:
            return "No wave is planned, because the phase has no planned end to come. Set it with `/hypercare phase`."
        case Occasion.SCHEDULE:
            return "No wave is planned, because the phase has not started or no day of the schedule is left."
        case Occasion.HAND:
            return f"A wave starts when a lead types `/hypercare pulse now {done.pulse.name}`."


def to_choose(found: Sequence[tuple[Phase, Pulse]]) -> Block:
    """List the pulses that a lead may change, each with its button."""
    blocks = [
        section(f"*{quote(with_template_defaults(pulse).title)}* (`{pulse.name}`) of {quote(phase.name)}",
                accessory=button("Edit", f"{EDIT}:{n}", f"{phase.key}:{pulse.name}", name=f"Edit {pulse.name}"))
        for n, (phase, pulse) in enumerate(found)
    ]  # fmt: skip
    return answer("Which pulse do you want to change?", [section("Which pulse do you want to change?"), *blocks])


def setup_form(phase: Phase, name: str, known: Pulse | None = None) -> Block:
    """The form for a new pulse of that name, or filled with a known one, which keeps its name."""
    pulse = with_template_defaults(known) if known else Pulse(name=name or "weekly")
    segment = pulse.segments[0] if pulse.segments else None
    values = {
        "name": pulse.name, "template": pulse.template, "title": known.title if known else "", "intro": pulse.intro,
        "occasion": pulse.occasion.value if known else "schedule", "days": pulse.days, "open_days": pulse.open_days,
        "anonymous": "yes" if pulse.anonymous else "no", "readers": pulse.readers.value,
        "channels": segment.channels if segment else (), "people": segment.people if segment else (),
    }  # fmt: skip
    left_out = {*(() if is_plain(pulse) else AUDIENCE), *(("name",) if known else ())}
    fields = [f for f in FIELDS if f.id not in left_out]
    before = (
        [context(f"You are changing the pulse `{pulse.name}`. An open wave stays as it was started.")] if known else []
    )
    data = {"phase": phase.key, "pulse": known.name if known else ""}
    return form.modal(CALLBACK, f"Pulse of {phase.key}", fields, values=values, metadata=data, before=before)


def is_plain(pulse: Pulse) -> bool:
    """Whether the form can hold the audience: one segment without user groups."""
    plain = all(s.label == ALL and not any(map(is_group, s.people)) for s in pulse.segments)
    return plain and len(pulse.segments) <= 1


def read_setup(view: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return (phase key, name of the pulse to change or "", settings as in a phase file that the form has)."""
    name = form.word(view, "pulse")
    values = form.read(view, FIELDS)
    own, asked = values.pop("own", ""), any(name in values for name in AUDIENCE)
    channels, people = values.pop("channels", ()), values.pop("people", ())
    made = {
        name: value for name, value in values.items() if value is not None and (value or name in ("title", "intro"))
    }
    made |= {"anonymous": values["anonymous"] == "yes", "name": name or values["name"].lower()}
    if asked:
        made["segments"] = [{"name": ALL, "channels": channels, "people": people}] if channels or people else []
    if own:
        made["own"] = own
    return form.word(view, "phase"), name, made
