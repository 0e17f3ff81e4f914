"""Set up a pulse in Slack: the preview, the form and saving it in its phase."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from bot.context import AppContext
from bot.services.phases import phases
from bot.services.phases.phases import phases_at
from bot.services.pulse import pulses
from bot.settings.errors import error_text
from bot.views.form import InvalidForm
from bot.views.pulse import pulse as views
from domain.errors import Refused
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.pulse.pulse import TEMPLATES
from domain.pulse.settings import Pulse, PulseTemplate
from domain.pulse.wave import Wave, WaveState


def preview(app: AppContext, person: Person, channel: str, name: str) -> dict[str, Any]:
    """Return the invitation with buttons that store nothing."""
    with app.store.read() as tx:
        phase, pulse = pulses.named(tx, person, channel, name)
    now = app.now()
    shown = Wave(id=0, phase_id=phase.id, pulse=pulse, occurrence="", state=WaveState.OPEN, opens_at=now,
                 closes_at=now + timedelta(days=pulse.open_days))  # fmt: skip
    return views.invitation(shown, phase)


def to_change(app: AppContext, person: Person, channel: str, name: str) -> tuple[Phase, str]:
    """Return the phase here, for one of its leads, and the name of the pulse to change."""
    with app.store.read() as tx:
        found = [phase for phase in phases_at(tx, channel=channel) if is_lead(person, phase)]
    if not found:
        raise Refused("Only leads can set up pulses.")
    if len(found) > 1:
        raise Refused("You lead several phases. Please use a channel of the phase that you mean.")
    return found[0], name


def save(app: AppContext, person: Person, key: str, values: Mapping[str, Any], request: str) -> None:
    """Create the pulse, or change the one with that name."""
    phase = phases.get_phase(app, key)
    if not is_lead(person, phase):
        raise Refused("Only leads can set up pulses.")
    known = next((pulse for pulse in phase.pulse.pulses if pulse.name == values["name"]), None)
    before = known.model_dump() if known else {}
    own = values.get("own")
    asked = {name: value for name, value in values.items() if name != "own"}
    if own:
        asked["questions"] = _with_own(
            before.get("questions") or _template_questions(str(values["template"])), str(own)
        )
    try:
        made = Pulse.model_validate({**before, **asked})
    except ValidationError as error:
        raise InvalidForm(
            {str(e["loc"][0]) if e["loc"] else "name": f"{error_text(e)}." for e in error.errors()}
        ) from None
    others = tuple(pulse for pulse in phase.pulse.pulses if pulse.name != made.name)
    pulse_settings = phase.pulse.model_copy(update={"pulses": (*others, made)})
    changed = phase.model_copy(update={"pulse": pulse_settings})
    phases.save_change(app, person, changed, f"pulse set up: {made.name}", request)


def _template_questions(template: str) -> list[dict[str, Any]]:
    """Return the questions of a template as in a phase file."""
    return [{"id": q.id, "kind": q.kind.value, "text": q.text, "options": q.options, "required": q.required,
             "when_low": q.when_low} for q in TEMPLATES[PulseTemplate(template)].questions]  # fmt: skip


def _with_own(questions: Sequence[Mapping[str, Any]], text: str) -> list[Mapping[str, Any]]:
    """Add a text question, replacing the previous one."""
    return [*(q for q in questions if q["id"] != "own"), {"id": "own", "kind": "text", "text": text}]
