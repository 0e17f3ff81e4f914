"""Set up a pulse in Slack: the preview, the form and saving it in its phase."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from bot.context import AppContext
from bot.services.phases import phases
from bot.services.phases.phases import phases_at
from bot.services.phases.planning import timer_key
from bot.services.pulse import pulses
from bot.settings.errors import error_text
from bot.views.form import InvalidForm
from bot.views.pulse import pulse as invitations
from bot.views.pulse import setup as views
from bot.views.pulse.setup import Saved
from domain.errors import Refused
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.pulse.pulse import TEMPLATES, with_template_defaults
from domain.pulse.settings import Pulse, PulseTemplate
from domain.pulse.wave import Wave, WaveState
from storage.transaction import Transaction


def preview(app: AppContext, person: Person, channel: str, name: str) -> dict[str, Any]:
    """Return the invitation with buttons that store nothing."""
    with app.store.read() as tx:
        phase, pulse = pulses.named(tx, person, channel, name)
    now = app.now()
    shown = Wave(id=0, phase_id=phase.id, pulse=pulse, occurrence="", state=WaveState.OPEN, opens_at=now,
                 closes_at=now + timedelta(days=pulse.open_days))  # fmt: skip
    return invitations.invitation(shown, phase)


def phase_for_new(app: AppContext, person: Person, channel: str, name: str) -> Phase:
    """Return the phase here, for one of its leads; refused when it has a pulse of that name."""
    with app.store.read() as tx:
        found = [phase for phase in phases_at(tx, channel=channel) if is_lead(person, phase)]
    if not found:
        raise Refused("Only leads can set up pulses.")
    if len(found) > 1:
        raise Refused("You lead several phases. Please use a channel of the phase that you mean.")
    if _known(found[0], name):
        raise Refused(views.taken(name))
    return found[0]


def to_change(app: AppContext, person: Person, channel: str, name: str) -> list[tuple[Phase, Pulse]]:
    """Return the pulses of that name here that the person may change; without a name all of them."""
    with app.store.read() as tx:
        found = [phase for phase in phases_at(tx, channel=channel) if is_lead(person, phase)]
    if not found:
        raise Refused("Only leads can set up pulses.")
    known = [(phase, pulse) for phase in found for pulse in phase.pulse.pulses if name in ("", pulse.name)]
    if not known:
        which = f"no pulse {name}" if name else "no pulse"
        raise Refused(f"There is {which} here yet. Create one with `/hypercare pulse new`.")
    return known


def find(app: AppContext, person: Person, key: str, name: str) -> tuple[Phase, Pulse]:
    """Return a pulse of that phase, for one of its leads."""
    phase = phases.get_phase(app, key)
    if not is_lead(person, phase):
        raise Refused("Only leads can set up pulses.")
    pulse = _known(phase, name)
    if pulse is None:
        raise Refused(f"There is no pulse {name} any more. Create one with `/hypercare pulse new`.")
    return phase, pulse


def _known(phase: Phase, name: str) -> Pulse | None:
    return next((pulse for pulse in phase.pulse.pulses if pulse.name == name), None)


def save(app: AppContext, person: Person, key: str, name: str, values: Mapping[str, Any], request: str) -> Saved:
    """Change the pulse of that name, or create one without a name; a new one can't have the name of another."""
    phase = phases.get_phase(app, key)
    if not is_lead(person, phase):
        raise Refused("Only leads can set up pulses.")
    before = find(app, person, key, name)[1].model_dump() if name else {}
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

    def still_free(tx: Transaction) -> None:
        # Asked after the request's key is taken, so that a repeated delivery doesn't meet its own pulse.
        if not name and _known(tx.phases.get(phase.id), made.name):
            raise InvalidForm({"name": views.taken(made.name)})

    return _saved(
        app, phases.save_change(app, person, changed, f"pulse set up: {made.name}", request, still_free), made
    )


def _saved(app: AppContext, phase: Phase, pulse: Pulse) -> Saved:
    """Return what to tell the lead: when the next wave starts, and the wave that is open."""
    with app.store.read() as tx:
        latest = tx.waves.list_of_phase(phase.id, pulse.name, 1)
        starts = tx.timers.find_next(timer_key(pulses.PULSE, phase, pulse.name))
    is_running = bool(latest) and latest[0].state is not WaveState.CLOSED
    return Saved(phase=phase, pulse=with_template_defaults(pulse), starts=starts,
                 running=latest[0] if is_running else None)  # fmt: skip


def _template_questions(template: str) -> list[dict[str, Any]]:
    """Return the questions of a template as in a phase file."""
    return [{"id": q.id, "kind": q.kind.value, "text": q.text, "options": q.options, "required": q.required,
             "when_low": q.when_low} for q in TEMPLATES[PulseTemplate(template)].questions]  # fmt: skip


def _with_own(questions: Sequence[Mapping[str, Any]], text: str) -> list[Mapping[str, Any]]:
    """Add a text question, replacing the previous one."""
    return [*(q for q in questions if q["id"] != "own"), {"id": "own", "kind": "text", "text": text}]
