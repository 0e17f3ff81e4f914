"""Digests: how things stand, for each audience in its place, at its local time, once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import signed_links
from bot.context import AppContext
from bot.services.oncall import shifts
from bot.services.phases.phases import split_off_phase
from bot.services.phases.planning import timer_key
from bot.services.reporting import figures, milestones
from bot.views.reporting import digest as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.followup.promises import PromiseKind
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.pulse.settings import Readers
from domain.pulse.wave import Wave
from domain.reporting.digest import HISTORY_DAYS, DigestData, DigestSchedule, WeekSummary, local_days, unusual_counts
from domain.reporting.metrics import merge_cohorts
from domain.reporting.settings import Audience, Digest, DigestFrequency
from domain.sla.targets import working_hours
from domain.tickets.ticket import Ticket
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "digest"
FEW = 5  # tickets that are named under a figure
USUAL, LONGEST = 7, 90  # days that a link is good for


def send(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Its moment has come. One that the phase does not have any more comes no more."""
    phase = tx.phases.get(timer.data["phase"])
    rhythm = next((one for one in phase.digest_schedules if one.digest.name == timer.data["digest"]), None)
    if rhythm is None or phase.state is not PhaseState.ACTIVE:
        tx.timers.cancel(timer.key)
        return
    if timer.pending and (moment := rhythm.moment(timer.pending)):
        _post(app, tx, phase, rhythm, f"{timer.pending}", moment)


def now(app: AppContext, person: Person, channel: str, words: Sequence[str], request: str) -> Digest:
    """Before its time, by a lead; the next one tells of the time since the last that came by itself all the same."""
    with app.transaction(request) as tx:
        phase, rhythm = _named(tx, person, channel, words)
        if not is_lead(person, phase):
            raise Refused(f"Digests are sent by the leads of {phase.name}. `/hypercare digest` shows one to you alone.")
        _post(app, tx, phase, rhythm, request, app.now())
        tx.audit.log(person.id, "digest now", f"{phase.key} {rhythm.digest.name}", app.now())
        return rhythm.digest


def preview(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """As it would be now."""
    with app.store.read() as tx:
        phase, rhythm = _named(tx, person, channel, words)
        return _rendered(app, tx, phase, rhythm, app.now())


def link(app: AppContext, person: Person, channel: str, words: Sequence[str], request: str) -> str:
    """The address of a report of everything, for people outside of Slack; it ends after seven days, unless said."""
    if not (app.public_url and app.secret):
        raise Refused("There is no address that others could reach; an operator sets HYPERCARE_PUBLIC_URL for that.")
    with app.transaction(request) as tx:
        phase, rest = split_off_phase(tx, channel, words)
        if not is_lead(person, phase):
            raise Refused(f"Links to the report are made by the leads of {phase.name}.")
        days = int(rest[0]) if rest and rest[0].isdecimal() else 0 if rest else USUAL
        if not 0 < days <= LONGEST:
            raise Refused(f"A link is good for one to {LONGEST} days, as in `digest link 7`.")
        tx.audit.log(person.id, f"report link, {days} days", phase.key, app.now())
    token = signed_links.sign(app.secret, phase.key, app.now() + timedelta(days=days))
    return views.link(phase, f"{app.public_url}/reports/{token}", days)


def opened(app: AppContext, token: str) -> str | None:
    """The key of the phase whose report a link opens; None for one that is over."""
    return signed_links.opened(app.secret, token, app.now())


def morning(tx: Transaction, phase: Phase, rhythm: DigestSchedule, until: datetime, now: datetime) -> DigestData:
    """What has happened until then since the digest before, and what is open now."""
    since = _since(tx, phase, rhythm, until)
    local, tonight = (
        local_days(phase.timezone, until, HISTORY_DAYS),
        phase.start_of_day(phase.local_date(now) + timedelta(days=1)),
    )
    spans = [(since, until), *((begins, ends) for _, begins, ends in local)]
    count, *counts = tx.milestones.count_spans(phase.id, spans)
    history = [(on, one) for (on, _, _), one in zip(local, counts, strict=True)]
    first, hours = tx.backlogs.list_first(phase.id, now, tonight, FEW), working_hours(phase)
    on_call = [(duty.rota.name, duty.at(now).person) for duty in shifts.rota_schedules(tx, phase, now)]
    return DigestData(
        since=since, until=until, count=count, backlog=tx.backlogs.count(phase.id, now, tonight),
        unanswered=next(iter(first["unanswered"]), None), late=first["late"], promised=first["promised"],
        days=history,
        unusual=unusual_counts(_since_go_live(phase, history), sorted(hours.days), hours.holidays), on_call=on_call,
        pulse=_pulse(tx, phase, since, until), expected=phase.reporting.expected_daily,
        promises=_promises(tx, phase, now, tonight),
        thanks=tx.notes.thanks(phase.id, since, until), behind=milestones.is_behind(tx),
    )  # fmt: skip


def _week(tx: Transaction, phase: Phase, since: datetime, until: datetime) -> WeekSummary:
    whole = merge_cohorts(figures.cohorts(tx, phase, until - figures.WINDOW, until).values())
    before = tx.milestones.count_spans(phase.id, [(since - (until - since), since)])[0]
    return WeekSummary(whole=whole, before=before, kept=tx.promises.kept(phase.id, since, until))


def _promises(
    tx: Transaction, phase: Phase, now: datetime, tonight: datetime
) -> list[tuple[Ticket, str, str, datetime]]:
    """What was promised to reporters for the rest of the day."""
    due = tx.promises.due(phase.id, now, tonight)
    known = {one.id: one for one in tx.tickets.some([row.ticket_id for row in due])} if due else {}
    return [(known[row.ticket_id], PromiseKind(row.kind).label, row.maker, row.due) for row in due]


def _since(tx: Transaction, phase: Phase, rhythm: DigestSchedule, until: datetime) -> datetime:
    """The moment of the last one that was sent, however many were missed since; without any, of the one before."""
    key, usual = timer_key(KIND, phase, rhythm.digest.name), rhythm.before(until)
    before = str(until.astimezone(ZoneInfo(rhythm.zone)).date() + timedelta(days=1))
    while last := tx.timers.last_done(key, before=before):
        before, sent = last, rhythm.moment(date.fromisoformat(last))
        if sent and sent < until:
            return min(usual, sent)
    return usual


def _since_go_live(phase: Phase, history: Sequence[Any]) -> Sequence[Any]:
    """Days before anybody used the system say nothing about what is usual."""
    first = next((on for on, count in history if count.opened), None)
    begins = max((on for on in (phase.go_live, first) if on), default=None)
    return [day for day in history if begins and day[0] >= begins]


def _post(
    app: AppContext, tx: Transaction, phase: Phase, rhythm: DigestSchedule, occasion: str, until: datetime
) -> None:
    message = _rendered(app, tx, phase, rhythm, until)
    for place in phase.digest_recipients(rhythm.digest):
        lane = tx.outbox.lane(lane_name(LaneKind.DIGEST, phase.id, rhythm.digest.name, occasion, place)[-80:], place)
        tx.outbox.post(lane, message, at=app.now(), priority=MessagePriority.DIGEST)


def _rendered(
    app: AppContext, tx: Transaction, phase: Phase, rhythm: DigestSchedule, until: datetime
) -> dict[str, Any]:
    found = morning(tx, phase, rhythm, until, app.now())
    week = _week(tx, phase, found.since, until) if rhythm.digest.every is DigestFrequency.WEEK else None
    judged = figures.judged(tx, phase, app.now()) if week or rhythm.digest.audience is Audience.STAKEHOLDERS else []
    return views.digest(phase, rhythm.digest, found, week, judged)


def _named(tx: Transaction, person: Person, channel: str, words: Sequence[str]) -> tuple[Phase, DigestSchedule]:
    """The digest that is meant by `[PAY] [daily]`: one of the team's, unless it is named."""
    if person.foreign:
        raise Refused("Digests are for people of this workspace.")
    phase, rest = split_off_phase(tx, channel, words)
    name = rest[0].lower() if rest else ""
    named = [one for one in phase.digest_schedules if name in ("", one.digest.name)]
    usual = [
        one for one in named if one.digest.audience is Audience.TEAM and one.digest.every is not DigestFrequency.NEVER
    ]
    if not named:
        names = ", ".join(sorted(one.digest.name for one in phase.digest_schedules))
        raise Refused(f"There is no digest {name} here; there is {names}.")
    return phase, (usual or named)[0]


def _pulse(tx: Transaction, phase: Phase, since: datetime, until: datetime) -> Wave | None:
    """The one that was closed meanwhile, if everybody may read it."""
    every = (w for w in tx.waves.list_of_phase(phase.id) if w.pulse.readers is Readers.EVERYONE)
    return next((w for w in every if w.result and since <= w.closes_at < until), None)
