"""Start waves: by schedule, by a lead, or after a ticket is resolved."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from bot.context import AppContext
from bot.services.delivery.outbox import notify_admins
from bot.services.phases.phases import phases_at
from bot.views.text import message, when
from domain.errors import Refused
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.pulse.pulse import with_template_defaults
from domain.pulse.settings import Occasion, Pulse
from domain.pulse.wave import BUDGET_WINDOW, Invitee, Wave, WaveState, new_salt, next_working_time
from domain.tickets.ticket import Ticket
from storage.operations.timers import Timer
from storage.transaction import Transaction

PULSE = "pulse"  # the timer of a pulse with a schedule
CLOSE, ANNOUNCE, RELEASE = "pulse_close", "pulse_results", "pulse_comments"
RESOLVED_DELAY = timedelta(hours=1)  # before the reporter of a resolved ticket is asked
NOT_STARTED = ("The pulse did not start, because anonymous pulses need HYPERCARE_SECRET to protect answers. "
             "Ask an operator to set it.")  # fmt: skip
NOT_SAVED = ("Your answer can't be saved, because HYPERCARE_SECRET was changed after this pulse started. "
                  "Please tell an operator.")  # fmt: skip


def begin(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Start the wave that is planned for today."""
    phase = tx.phases.get(timer.data["phase"])
    pulse = next((p for p in map(with_template_defaults, phase.pulse.pulses) if p.name == timer.data["pulse"]), None)
    if pulse is None or phase.state is not PhaseState.ACTIVE:
        tx.timers.cancel(timer.key)
        return
    if pulse.anonymous and not app.secret:
        notify_admins(app, tx, f"pulse:{phase.id}:{pulse.name}:{timer.pending}", message(NOT_STARTED))
        return
    planned = timer.plan.moment(timer.pending) if timer.plan and timer.pending else None
    start(app, tx, phase, pulse, f"{timer.pending}", planned)


def start(
    app: AppContext, tx: Transaction, phase: Phase, pulse: Pulse, occurrence: str, planned: datetime | None = None,
    until: datetime | None = None,
) -> Wave | None:  # fmt: skip
    """Start a wave; its audience is looked up in Slack next. None when this occurrence already has a wave.

    `planned` is when it should have started, if earlier: people whose time has passed since are asked at once. `until`
    is when the last people are asked, if later.
    """
    if pulse.anonymous and not app.secret:
        raise Refused(NOT_STARTED)
    now = app.now()
    closes = (until or now) + timedelta(days=pulse.open_days)
    wave = tx.waves.insert(phase.id, pulse, occurrence, planned or now, closes, new_salt(app.secret))
    if wave:
        tx.timers.set_once(f"{CLOSE}:{wave.id}", CLOSE, closes, data={"wave": wave.id})
    return wave


def now(app: AppContext, person: Person, channel: str, name: str, request: str | None = None) -> tuple[Phase, Wave]:
    """Start a wave for a lead."""
    with app.transaction(request) as tx:
        phase, pulse = named(tx, person, channel, name)
        still = next(
            (w for w in tx.waves.list_of_phase(phase.id, pulse.name, 1) if w.state is not WaveState.CLOSED), None
        )
        if still:
            raise Refused(
                f"A wave of {pulse.name} is already open until {when(still.closes_at)}. Start the next one after that."
            )
        wave = start(app, tx, phase, pulse, app.now().strftime("%Y-%m-%dT%H:%M:%S"))
        if wave is None:
            raise Refused("That wave has already started.")
        tx.audit.log(person.id, "pulse begun", f"{phase.key} {pulse.name}", app.now())
    return phase, wave


def named(tx: Transaction, person: Person, channel: str, name: str) -> tuple[Phase, Pulse]:
    """Return the pulse of that name here, for a lead; without a name the only one."""
    found = [
        (phase, pulse)
        for phase in phases_at(tx, channel=channel)
        for pulse in map(with_template_defaults, phase.pulse.pulses)
        if name in ("", pulse.name)
    ]
    if not found:
        raise Refused(
            f"There is no pulse {name} here."
            if name
            else "There is no pulse here yet. Create one with `/hypercare pulse new`."
        )
    phase, pulse = only(found)
    if not is_lead(person, phase):
        raise Refused(f"Only leads of {phase.name} can manage pulses.")
    return phase, pulse


def only(found: Sequence[tuple[Phase, Pulse]]) -> tuple[Phase, Pulse]:
    """Return the only one; Refused when there are several."""
    if len(found) > 1:
        names = ", ".join(sorted({pulse.name for _, pulse in found}))
        raise Refused(f"There are several pulses. Add one of these names: {names}.")
    return found[0]


def after_resolution(app: AppContext, tx: Transaction, phase: Phase, ticket: Ticket) -> None:
    """Invite the reporter of a resolved ticket to each pulse about resolutions, within the pulse budget."""
    for pulse in map(with_template_defaults, phase.pulse.pulses):
        if pulse.occasion is Occasion.RESOLVED and not ticket.anonymous:
            wave = _weekly_wave(app, tx, phase, pulse)
            at = next_working_time(
                app.now() + RESOLVED_DELAY, phase.timezone, pulse.at, phase.sla.work_days, phase.sla.holidays
            )
            over_budget = tx.waves.list_over_budget(
                (app.now() - BUDGET_WINDOW).date(), phase.pulse.budget, ticket.reporter
            )
            if wave and at < wave.closes_at and ticket.reporter not in over_budget:
                tx.waves.insert_invitations(
                    wave.id, [(Invitee(person=ticket.reporter, segment="", zone=phase.timezone), at)]
                )


def _weekly_wave(app: AppContext, tx: Transaction, phase: Phase, pulse: Pulse) -> Wave | None:
    """Return this week's wave; None when it has closed."""
    monday = _monday(app.now())
    wave = tx.waves.find_occurrence(phase.id, pulse.name, monday.isoformat())
    if wave is None:
        ends = datetime.combine(monday + timedelta(days=7), time(), UTC)
        wave = start(app, tx, phase, pulse, monday.isoformat(), until=ends)
        if wave:
            tx.waves.update_state(wave.id, WaveState.GATHERING, state=WaveState.OPEN)
        else:  # another process created it
            wave = tx.waves.find_occurrence(phase.id, pulse.name, monday.isoformat())
    return wave if wave and wave.state is not WaveState.CLOSED else None


def _monday(at: datetime) -> date:
    return at.date() - timedelta(days=at.weekday())
