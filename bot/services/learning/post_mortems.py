"""The post-mortem of a phase: made from its data, with what people say in an anonymous form, edited by its leads."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.context import AppContext
from bot.services.phases.phases import choose_known_phase, get_phase, split_off_known_phase
from bot.services.pulse import pulses
from bot.services.reporting import figures
from bot.services.reporting.trends import find_hotspots
from bot.views.learning import post_mortem as views
from bot.views.learning.post_mortem import PostMortemData, PostMortemPage
from bot.views.reporting.trends import training_title
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.learning.post_mortem import LessonKind, PostMortemDocument
from domain.phases.permissions import Person, is_lead, is_responder
from domain.phases.phase import Phase
from domain.pulse.pulse import with_template_defaults
from domain.pulse.settings import Pulse, PulseTemplate, Readers, Segment
from domain.pulse.wave import Wave, WaveState
from domain.reporting.metrics import calculate_metrics, merge_cohorts
from storage.transaction import Transaction

WAVES = 100  # pulses whose results are shown
MAX_TICKETS = 200_000  # of which Slack shows figures of the whole phase; the document does for any number


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the post-mortem of a phase, for its team."""
    with app.store.read() as tx:
        phase, _ = split_off_known_phase(tx, channel, words)
        return views.page(_shown(app, tx, person, phase))


def open_form(app: AppContext, person: Person, key: str, learned: str = "") -> dict[str, Any]:
    """Return the form for the leads, with a draft of what was learned if there is one."""
    with app.store.read() as tx:
        phase = choose_known_phase(tx, key=key)
        _require_lead(person, phase)
        return views.edit_form(_shown(app, tx, person, phase), learned)


def save(
    app: AppContext, person: Person, key: str, version: int, texts: Mapping[LessonKind, str], request: str
) -> None:
    """Save what the leads have written; Refused when someone else has changed it meanwhile."""
    with app.transaction(request) as tx:
        phase = choose_known_phase(tx, key=key)
        _require_lead(person, phase)
        found = tx.post_mortems.get(phase.id, lock=True)
        if found.version != version:
            raise Refused("Another lead changed the post-mortem after you opened it. Copy your words, close this form, "
                          "and edit it again.", field=LessonKind.WENT_WELL.value)  # fmt: skip
        tx.post_mortems.save(found, texts, person.id, app.now())
        tx.audit.log(person.id, "post-mortem edited", phase.key, app.now())


def collect(app: AppContext, person: Person, key: str, request: str) -> str:
    """Ask the team and the users with an anonymous form; return the confirmation."""
    with app.transaction(request) as tx:
        phase = choose_known_phase(tx, key=key)
        _require_lead(person, phase)
        before = _last_wave(tx, phase)
        if before and before.state is not WaveState.CLOSED:
            raise Refused("People are already being asked. Their answers are in *Edit* a few hours after it closes.")
        wave = pulses.start(app, tx, phase, _form_for(phase), f"{app.now():%Y-%m-%dT%H:%M:%S}")
        if wave is None:
            raise Refused("People are already being asked.")
        tx.audit.log(person.id, "post-mortem form sent", phase.key, app.now())
    return views.asked(wave.closes_at)


def post(app: AppContext, person: Person, key: str, request: str) -> None:
    """Post the post-mortem to the team."""
    with app.transaction(request) as tx:
        phase = choose_known_phase(tx, key=key)
        _require_lead(person, phase)
        written = tx.post_mortems.get(phase.id, lock=True)
        if written.is_empty:
            raise Refused("The post-mortem has no words yet. Press *Edit*, and say what went well and what went wrong.")
        told = views.posted(_data(app, tx, phase), written)
        lane = tx.outbox.lane(lane_name(LaneKind.POST_MORTEM, phase.id), phase.team_digest_channel)
        tx.outbox.post(lane, told, at=app.now(), priority=MessagePriority.DIGEST)
        tx.post_mortems.update_posted(phase.id, app.now())
        tx.audit.log(person.id, "post-mortem posted", phase.key, app.now())


def document(app: AppContext, key: str) -> PostMortemDocument:
    """Return the post-mortem for people outside Slack; Refused when there is no such phase."""
    phase = get_phase(app, key)
    with app.store.read() as tx:
        tx.lift_timeout()
        return views.document(_data(app, tx, phase, whole=True), tx.post_mortems.get(phase.id))


def _shown(app: AppContext, tx: Transaction, person: Person, phase: Phase) -> PostMortemPage:
    if not is_responder(person, phase):
        raise Refused(f"Only the team of {phase.name} can see its post-mortem before it is posted.")
    wave = _last_wave(tx, phase)
    asking = wave is not None and wave.state is not WaveState.CLOSED
    return PostMortemPage(
        data=_data(app, tx, phase), written=tx.post_mortems.get(phase.id), notes=_notes(tx, wave),
        asked_until=wave.closes_at if wave and asking else None, leads=is_lead(person, phase),
        can_draft=app.model is not None,
    )  # fmt: skip


def _data(app: AppContext, tx: Transaction, phase: Phase, *, whole: bool = False) -> PostMortemData:
    """Return what the data say, until the end of the phase.

    Figures of the whole phase are left out where it has so many tickets that a person in Slack would wait too long for
    them, unless the `whole` is asked for.
    """
    until = phase.figures_until(app.now())
    since = figures.start_of(tx, phase, until)
    count, metrics = None, None
    if whole or tx.phases.count_tickets(phase.id) <= MAX_TICKETS:
        count = tx.milestones.count_spans(phase.id, [(since, until)])[0]
        metrics = calculate_metrics(merge_cohorts(figures.cohorts(tx, phase, since, until).values()))
    decisions, found = tx.decisions.list_of_phase(phase.id), tx.actions.list_of_phase(phase.id)
    about = {one.ticket_id for one in decisions} | {one.ticket_id for one in found}
    private = {one.id for one in tx.tickets.list_by_ids([id_ for id_ in about if id_]) if one.private}
    gaps = [training_title(one) for one in find_hotspots(tx, phase, app.now()) if one.training_helps]
    return PostMortemData(
        phase=phase, since=since, until=until, count=count,
        kpis=figures.kpi_values(tx, phase, until), metrics=metrics,
        satisfaction=figures.satisfaction_by_wave(tx, phase, WAVES)[::-1], themes=_themes(tx, phase),
        critical=tx.post_mortems.list_critical(phase.id, until),
        marked=[(one.at, f"{one.kind} {one.label}".strip()) for one in tx.readings.list_events(phase.id, since, until)],
        decisions=[one for one in decisions if one.ticket_id not in private], exits=tx.exits.list_records(phase.id),
        actions=[one for one in found if one.ticket_id not in private], trainings=gaps,
    )  # fmt: skip


def _themes(tx: Transaction, phase: Phase) -> list[tuple[str, int]]:
    """Return the words of the comments of the newest pulse that everyone may read."""
    for wave in tx.waves.list_of_phase(phase.id, limit=WAVES):
        if wave.pulse.readers is Readers.EVERYONE and wave.comment_summary and wave.comment_summary.themes:
            return [(one.word, one.count) for one in wave.comment_summary.themes]
    return []


def _notes(tx: Transaction, wave: Wave | None) -> Mapping[LessonKind, Sequence[str]]:
    """Return what people wrote, in random order; nothing until comments of the wave may be shown."""
    found: dict[LessonKind, list[str]] = {kind: [] for kind in LessonKind}
    summary = wave.comment_summary if wave else None
    if wave is None or summary is None or summary.themes is None:
        return found
    for texts in tx.responses.list_comments_by_author(wave.id):
        for one in texts:
            if one.question in list(LessonKind):
                found[LessonKind(one.question)].append(one.text)
    return found


def _last_wave(tx: Transaction, phase: Phase) -> Wave | None:
    known = tx.waves.list_of_phase(phase.id, limit=WAVES)
    return next((one for one in known if one.pulse.template is PulseTemplate.REVIEW), None)


def _form_for(phase: Phase) -> Pulse:
    """Return the form: the phase's own pulse of that template, or else one to the team and the users."""
    own = next((one for one in phase.pulse.pulses if one.template is PulseTemplate.REVIEW), None)
    channels = tuple(dict.fromkeys((*phase.intake_channels, *phase.intake.auto_intake)))
    users = (Segment(name="Users", channels=channels),) if channels else ()
    usual = Pulse(
        name="review", template=PulseTemplate.REVIEW, readers=Readers.RESPONDERS,
        segments=(Segment(name="Team", people=(*phase.leads, *phase.responders)), *users),
    )  # fmt: skip
    return with_template_defaults(own or usual)


def _require_lead(person: Person, phase: Phase) -> None:
    if not is_lead(person, phase):
        raise Refused(f"Only the leads of {phase.name} can write its post-mortem.")
