"""Digests: how things stand, for each audience in its place, at its local time, once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import links
from bot.desk import Desk
from bot.services import figures, shifts
from bot.services.phases import choose, meant
from bot.views import digest as views
from domain.digest import HISTORY, Audience, Digest, Every, Morning, Rhythm, unusual
from domain.errors import Refused
from domain.figures import Cohort
from domain.letter import Priority
from domain.permissions import Person, is_lead
from domain.phase import Phase, PhaseState
from domain.promises import working_hours
from domain.wave import Wave
from storage.store import Tx
from storage.timers import Timer

FEW = 5  # tickets that are named under a figure
LONGEST = 90  # days that a link is good for


def send(desk: Desk, tx: Tx, timer: Timer) -> None:
    """Its moment has come. One that the phase does not have any more comes no more."""
    phase = tx.phases.get(timer.data["phase"])
    rhythm = next((one for one in phase.rhythms if one.digest.name == timer.data["digest"]), None)
    if rhythm is None or phase.state is not PhaseState.ACTIVE:
        tx.timers.cancel(timer.key)
        return
    if timer.pending and rhythm.comes(timer.pending):
        _post(desk, tx, phase, rhythm, f"{timer.pending}", rhythm.plan.moment(timer.pending) or desk.now())


def now(desk: Desk, person: Person, channel: str, name: str, request: str) -> Digest:
    """Before its time, by a lead; the next one tells of the time since the last that came by itself all the same."""
    with desk.transaction(request) as tx:
        phase, rhythm = _named(tx, person, channel, name)
        if not (is_lead(person, phase) or person.admin):
            raise Refused(f"Digests are sent by the leads of {phase.name}. `/hypercare digest` shows one to you alone.")
        _post(desk, tx, phase, rhythm, request, desk.now())
        tx.audit.log(person.id, "digest now", f"{phase.key} {rhythm.digest.name}", desk.now())
        return rhythm.digest


def preview(desk: Desk, person: Person, channel: str, name: str) -> dict[str, Any]:
    """As it would be now."""
    with desk.store.read() as tx:
        phase, rhythm = _named(tx, person, channel, name)
        return _rendered(desk, tx, phase, rhythm, desk.now())


def link(desk: Desk, person: Person, channel: str, days: int, request: str) -> str:
    """The address of a report of everything, for people outside of Slack; it ends after so many days."""
    if not (desk.public_url and desk.secret):
        raise Refused("There is no address that others could reach; an operator sets HYPERCARE_PUBLIC_URL for that.")
    if not 0 < days <= LONGEST:
        raise Refused(f"A link is good for one to {LONGEST} days, as in `digest link 7`.")
    with desk.transaction(request) as tx:
        phase = choose(tx, channel=channel)
        if not (is_lead(person, phase) or person.admin):
            raise Refused(f"Links to the report are made by the leads of {phase.name}.")
        tx.audit.log(person.id, f"report link, {days} days", phase.key, desk.now())
    token = links.sign(desk.secret, phase.key, desk.now() + timedelta(days=days))
    return views.link(phase, f"{desk.public_url}/reports/{token}", days)


def opened(desk: Desk, token: str) -> str | None:
    """The key of the phase whose report a link opens; None for one that is over."""
    return links.opened(desk.secret, token, desk.now())


def morning(tx: Tx, phase: Phase, rhythm: Rhythm, until: datetime, now: datetime) -> Morning:
    """What has happened until then since the digest before, and what is open now."""
    since, _ = rhythm.span(until)
    count, before = tx.milestones.counts(phase.id, [(since, until), (since - (until - since), since)])
    tonight = _midnight(phase, now)
    history = figures.days(tx, phase, until, HISTORY)
    hours = working_hours(phase)
    on_call = [(duty.rota.name, duty.at(now).person) for duty in shifts.duties(tx, phase, now)]
    return Morning(
        since=since, until=until, count=count, before=before, backlog=tx.backlogs.now(phase.id, now),
        unanswered=next(iter(tx.backlogs.unanswered(phase.id, 1)), None),
        late=tx.backlogs.late(phase.id, now, FEW), promised=tx.backlogs.promised(phase.id, now, tonight, FEW),
        promises=tx.backlogs.count_promised(phase.id, now, tonight), days=history,
        unusual=unusual(_since_go_live(phase, history), sorted(hours.days), hours.holidays), on_call=on_call,
        pulse=_pulse(tx, phase, since, until), expected=phase.expected_daily,
    )  # fmt: skip


def _since_go_live(phase: Phase, history: Sequence[Any]) -> Sequence[Any]:
    """Days before anybody used the system say nothing about what is usual."""
    first = next((on for on, count in history if count.opened), None)
    begins = max((on for on in (phase.go_live, first) if on), default=None)
    return [day for day in history if begins and day[0] >= begins]


def _post(desk: Desk, tx: Tx, phase: Phase, rhythm: Rhythm, occasion: str, until: datetime) -> None:
    message = _rendered(desk, tx, phase, rhythm, until)
    for place in phase.readers(rhythm.digest):
        lane = tx.outbox.lane(f"digest:{phase.id}:{rhythm.digest.name}:{occasion}:{place}"[-80:], place)
        tx.outbox.post(lane, message, at=desk.now(), priority=Priority.DIGEST)


def _rendered(desk: Desk, tx: Tx, phase: Phase, rhythm: Rhythm, until: datetime) -> dict[str, Any]:
    found = morning(tx, phase, rhythm, until, desk.now())
    weekly = rhythm.digest.every is Every.WEEK
    week = figures.cohorts(tx, phase, until - figures.WINDOW, until).get("", Cohort()) if weekly else None
    judged = figures.judged(tx, phase, desk.now()) if weekly or rhythm.digest.audience is Audience.STAKEHOLDERS else []
    return views.digest(phase, rhythm.digest, found, week, judged)


def _named(tx: Tx, person: Person, channel: str, name: str) -> tuple[Phase, Rhythm]:
    """The digest that is meant there: the team's first one, unless it is named."""
    if person.foreign:
        raise Refused("Digests are for people of this workspace.")
    phases = meant(tx, channel=channel)
    found = [(phase, rhythm) for phase in phases for rhythm in phase.rhythms if name in ("", rhythm.digest.name)]
    if not found:
        names = ", ".join(sorted({rhythm.digest.name for phase in phases for rhythm in phase.rhythms}))
        raise Refused(f"There is no digest {name} here; there is {names}.")
    if len({phase.id for phase, _ in found}) > 1:
        raise Refused(f"Please ask in a channel of the phase: {', '.join(sorted({p.name for p, _ in found}))}.")
    return found[0]


def _pulse(tx: Tx, phase: Phase, since: datetime, until: datetime) -> Wave | None:
    """The one that was closed meanwhile."""
    return next((w for w in tx.waves.of(phase.id) if w.tally and since <= w.closes_at < until), None)


def _midnight(phase: Phase, now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(phase.timezone))
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
