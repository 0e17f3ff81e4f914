"""Send digests to their audiences, once a planned time, and preview them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from bot.context import AppContext
from bot.extras import REPORT
from bot.services.mail import digests as digest_mails
from bot.services.oncall import shifts
from bot.services.phases import links
from bot.services.phases.phases import split_off_phase
from bot.services.phases.planning import timer_key
from bot.services.reporting import figures, milestones
from bot.services.reporting.walks import contacts_line
from bot.services.teams import posting
from bot.views.actions import actions as action_views
from bot.views.decisions import decisions as decision_views
from bot.views.reporting import digest as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.followup.promises import PromiseKind
from domain.followup.workarounds import WorkaroundCounts
from domain.phases.link import LinkKind
from domain.phases.permissions import Person, is_lead, reads
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.pulse.settings import Readers
from domain.pulse.wave import Wave
from domain.reporting.digest import (
    CHART_DAYS,
    HISTORY_DAYS,
    DigestData,
    DigestSchedule,
    WeekSummary,
    local_days,
    unusual_counts,
)
from domain.reporting.metrics import merge_cohorts
from domain.reporting.settings import Audience, Digest, DigestFrequency
from domain.sla.targets import working_hours
from domain.sla.working_time import parse_duration
from domain.tickets.filters import Filter
from domain.tickets.ticket import Ticket
from storage.operations.timers import Timer
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

KIND = "digest"
MAX_OCCASION = 40  # characters of a lane's name, which has at most 80
MAX_TICKETS = 5  # named in a list of a digest
LINK = links.LinkRule(
    kind=LinkKind.REPORT, days=7, most_days=90, only_leads="Only leads of {phase} can create report links.",
    wrong_days="A link can last from 1 to {most} days, such as `digest link 7`.",
)  # fmt: skip


def send(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Send the digest that is due; one that was removed from the phase is cancelled."""
    phase = tx.phases.get(timer.data["phase"])
    rhythm = next((one for one in phase.digest_schedules if one.digest.name == timer.data["digest"]), None)
    if rhythm is None or phase.state is not PhaseState.ACTIVE:
        tx.timers.cancel(timer.key)
        return
    if timer.pending and (moment := rhythm.send_time(timer.pending)):
        post(app, tx, phase, rhythm, f"{timer.pending}", moment)


def now(app: AppContext, person: Person, channel: str, words: Sequence[str], request: str) -> Digest:
    """Send a digest now, for a lead; the next planned one still covers the time since the last planned one."""
    with app.transaction(request) as tx:
        phase, rhythm = _named(tx, person, channel, words)
        if not is_lead(person, phase):
            raise Refused(f"Only leads of {phase.name} can send digests. `/hypercare digest` shows one only to you.")
        post(app, tx, phase, rhythm, request, app.now())
        tx.audit.log(person.id, "digest now", f"{phase.key} {rhythm.digest.name}", app.now())
        return rhythm.digest


def preview(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the digest as it would be sent now."""
    with app.store.read() as tx:
        phase, rhythm = _named(tx, person, channel, words)
        return _rendered(app, tx, phase, rhythm, app.now())


def link(app: AppContext, person: Person, channel: str, words: Sequence[str], request: str) -> str:
    """Create a link to the report for people outside of Slack; it expires after seven days by default."""
    if not app.public_url:
        raise Refused(
            "Report links are not available, because HYPERCARE_PUBLIC_URL is not set. Ask an operator to set it."
        )
    if not REPORT.is_installed:
        raise Refused(
            "Report links are not available, because the server can't draw reports yet. "
            "Ask an operator to run `pip install 'hypercare[report]'`."
        )
    phase, token, ends = links.create_by_lead(app, person, channel, words, request, LINK)
    return views.link(phase, f"{app.public_url}/reports/{token}", ends)


def opened(app: AppContext, token: str) -> str | None:
    """Return the phase key of a report link; None when it is unknown, expired, or its person leads no more."""
    found = links.find_open(app, LinkKind.REPORT, token)
    return found[0].key if found else None


def digest_data(tx: Transaction, phase: Phase, rhythm: DigestSchedule, until: datetime, now: datetime) -> DigestData:
    """Collect what happened between the previous digest and `until`, and what is open now."""
    since = _since(tx, phase, rhythm, until)
    local, tonight = (
        local_days(phase.timezone, until, HISTORY_DAYS),
        phase.start_of_day(phase.local_date(now) + timedelta(days=1)),
    )
    spans = [(since, until), *((begins, ends) for _, begins, ends in local)]
    count, *counts = tx.milestones.count_spans(phase.id, spans)
    history = [(on, one) for (on, _, _), one in zip(local, counts, strict=True)]
    first, hours = tx.backlogs.list_first(phase.id, now, tonight, MAX_TICKETS), working_hours(phase)
    on_call = [(duty.rota.name, duty.at(now).person) for duty in shifts.rota_schedules(tx, phase, now)]
    return DigestData(
        since=since, until=until, count=count, backlog=tx.backlogs.count(phase.id, now, tonight),
        oldest_unacknowledged=next(iter(first["unacknowledged"]), None), overdue=first["overdue"],
        due_today=first["due_today"],
        days=history,
        unusual=unusual_counts(_since_go_live(phase, history), hours), on_call=on_call,
        pulse=_pulse(tx, phase, since, until), expected_daily=phase.reporting.expected_daily,
        promises=_promises(tx, phase, now, tonight), unsorted=_unsorted(tx, phase, now),
        thanks=tx.notes.list_thanks(phase.id, since, until), is_incomplete=milestones.is_incomplete(tx),
        decisions_line=decision_views.digest_line(*tx.decisions.count_open_public(phase.id, now)),
        actions_line=_actions_line(tx, phase, now),
        contacts_line=contacts_line(tx, phase, since, until),
        workarounds=_workarounds(tx, phase, now, local[-CHART_DAYS:]),
        exit_line=tx.exits.find_line(phase.id, phase.local_date(now)),
    )  # fmt: skip


def _workarounds(
    tx: Transaction, phase: Phase, now: datetime, days: Sequence[tuple[date, datetime, datetime]]
) -> WorkaroundCounts:
    """Return the workarounds in use now, and at the end of each of these days."""
    return tx.workarounds.count(phase.id, phase.local_date(now), [(on, ends) for on, _, ends in days])


def _unsorted(tx: Transaction, phase: Phase, now: datetime) -> tuple[Sequence[Ticket], int]:
    """Return the first public tickets that lack a type, a place or an owner for longer than allowed, and how many."""
    allowed = parse_duration(phase.intake.sort_within)
    if not allowed:
        return (), 0
    asked, reader = Filter(unsorted=True, public=True, older=allowed), ListReader(id="")
    found = tx.lists.list_page(asked, [phase], reader, now, skip=0, limit=MAX_TICKETS)
    return found, tx.lists.count_tickets(asked, [phase], reader, now) if found else 0


def _actions_line(tx: Transaction, phase: Phase, now: datetime) -> str:
    found = tx.actions.count_public(phase.id, phase.local_date(now))
    return action_views.digest_line(found.open, found.overdue, found.unowned)


def _week(tx: Transaction, phase: Phase, since: datetime, until: datetime) -> WeekSummary:
    cohort = merge_cohorts(figures.cohorts(tx, phase, until - figures.DEFAULT_PERIOD, until).values())
    previous = tx.milestones.count_spans(phase.id, [(since - (until - since), since)])[0]
    return WeekSummary(cohort=cohort, previous=previous, promises=tx.promises.count_kept(phase.id, since, until))


def _promises(
    tx: Transaction, phase: Phase, now: datetime, tonight: datetime
) -> list[tuple[Ticket, PromiseKind, str, datetime]]:
    """Return the promises to reporters that are due today."""
    due = tx.promises.list_due(phase.id, now, tonight)
    known = {one.id: one for one in tx.tickets.list_by_ids([row.ticket_id for row in due])} if due else {}
    return [(known[row.ticket_id], PromiseKind(row.kind), row.maker, row.due) for row in due]


def _since(tx: Transaction, phase: Phase, rhythm: DigestSchedule, until: datetime) -> datetime:
    """Return when the last digest was sent, or when the previous one was planned if none was sent."""
    key, usual = timer_key(KIND, phase, rhythm.digest.name), rhythm.previous_send_time(until)
    before = str(until.astimezone(ZoneInfo(rhythm.zone)).date() + timedelta(days=1))
    while last := tx.timers.find_last_done(key, before=before):
        before, sent = last, rhythm.send_time(date.fromisoformat(last))
        if sent and sent < until:
            return min(usual, sent)
    return usual


def _since_go_live(phase: Phase, history: Sequence[Any]) -> Sequence[Any]:
    """Return the days since the go-live or the first report, which tell what is usual."""
    first = next((on for on, count in history if count.opened), None)
    begins = max((on for on in (phase.go_live, first) if on), default=None)
    return [day for day in history if begins and day[0] >= begins]


def post(
    app: AppContext, tx: Transaction, phase: Phase, rhythm: DigestSchedule, occasion: str, until: datetime
) -> None:
    """Post a digest to everyone who gets it."""
    message = _rendered(app, tx, phase, rhythm, until)
    for place in phase.digest_recipients(rhythm.digest):
        lane = tx.outbox.lane(lane_name(LaneKind.DIGEST, phase.id, _short(rhythm.digest.name, occasion), place), place)
        tx.outbox.post(lane, message, at=app.now(), priority=MessagePriority.DIGEST)
    name = rhythm.digest.name
    if any(name in channel.digests for channel in phase.teams_channels):
        content = _rendered(app, tx, phase, _for_outside(rhythm), until)
        posting.queue_digest(app, tx, phase, name, _short(name, occasion), content, rhythm.zone)
    if rhythm.digest.mails:
        content = _rendered(app, tx, phase, _figures(rhythm), until)
        digest_mails.queue(app, tx, phase, rhythm.digest, _short(name, occasion), content)


def _for_outside(rhythm: DigestSchedule) -> DigestSchedule:
    """Return the digest as it leaves Slack: that of the team too without tickets and people, who may be anonymous."""
    audience = Audience.STAKEHOLDERS if rhythm.digest.audience is Audience.TEAM else rhythm.digest.audience
    return replace(rhythm, digest=rhythm.digest.model_copy(update={"audience": audience}))


def _figures(rhythm: DigestSchedule) -> DigestSchedule:
    """Return the digest as people outside Slack read it: its figures, and no commands."""
    return replace(rhythm, digest=rhythm.digest.model_copy(update={"audience": Audience.STAKEHOLDERS}))


def _short(name: str, occasion: str) -> str:
    """Return what tells one digest from another; a request's key is too long for the name of a lane."""
    whole = f"{name}:{occasion}"
    return whole if len(whole) <= MAX_OCCASION else f"{name[:20]}:{sha256(whole.encode()).hexdigest()[:20]}"


def _rendered(
    app: AppContext, tx: Transaction, phase: Phase, rhythm: DigestSchedule, until: datetime
) -> dict[str, Any]:
    found = digest_data(tx, phase, rhythm, until, app.now())
    week = _week(tx, phase, found.since, until) if rhythm.digest.every is DigestFrequency.WEEK else None
    kpis = figures.kpi_values(tx, phase, app.now()) if week or rhythm.digest.audience is Audience.STAKEHOLDERS else []
    return views.digest(phase, rhythm.digest, found, week, kpis)


def _named(tx: Transaction, person: Person, channel: str, words: Sequence[str]) -> tuple[Phase, DigestSchedule]:
    """Return the digest for `[PAY] [daily]`; without a name an active one of the team."""
    phase, rest = split_off_phase(tx, channel, words)
    if not reads(person, phase):
        raise Refused("Only people of this workspace can see digests.")
    name = rest[0].lower() if rest else ""
    named = [one for one in phase.digest_schedules if name in ("", one.digest.name)]
    usual = [
        one for one in named if one.digest.audience is Audience.TEAM and one.digest.every is not DigestFrequency.NEVER
    ]
    if not named:
        names = ", ".join(sorted(one.digest.name for one in phase.digest_schedules))
        raise Refused(f"There is no digest {name} here. Use one of: {names}.")
    return phase, (usual or named)[0]


def _pulse(tx: Transaction, phase: Phase, since: datetime, until: datetime) -> Wave | None:
    """Return the wave that closed in the period, if its results are public."""
    public = (w for w in tx.waves.list_of_phase(phase.id) if w.pulse.readers is Readers.EVERYONE)
    return next((w for w in public if w.result and since <= w.closes_at < until), None)
