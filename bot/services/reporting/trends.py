"""Trends of a phase, worked out when somebody asks; and the events that they are held against."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.context import AppContext
from bot.services.phases.phases import split_off_phase
from bot.services.reporting import comparison
from bot.views.reporting import trends as views
from domain.errors import Refused
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from domain.reporting.digest import local_days
from domain.reporting.trends import RecurringIssue, Trends, find_topics, recurring_issues
from domain.statistics.capture_recapture import UndetectedDefects, estimate_undetected
from domain.statistics.co_occurrence import TypePair, co_occurring_types
from domain.statistics.coincidence import EventEffect, reports_after_events
from domain.statistics.concentration import benjamini_hochberg, hotspots, overrepresented_modules, quiet_groups
from domain.text import one_line
from domain.tickets.types import TicketType
from storage.reporting.readings import MarkedEvent
from storage.transaction import Transaction

HISTORY = 28  # days
LATELY = timedelta(days=7)
MOST_WORDS = 3000  # summaries that themes are drawn from
KIND_LIMIT, LABEL_LIMIT = 30, 200
Reports = Sequence[tuple[datetime, str, int]]  # (when, type, how many)
DEFECTS = [kind.value for kind in TicketType if kind.is_defect]


def page(app: AppContext, person: Person, channel: str, words: Sequence[str] = ()) -> dict[str, Any]:
    """For the team: groups of people are told apart in it."""
    with app.store.read() as tx:
        phase, _ = split_off_phase(tx, channel, words)
        if not is_responder(person, phase):
            raise Refused(f"Trends are for the team of {phase.name}.")
        return views.page(phase, trends(tx, phase, app.now()), app.now())


def trends(tx: Transaction, phase: Phase, now: datetime) -> Trends:
    """Everything that the last four weeks, or the time since the go-live, show; of a phase that ended, until then."""
    today, now = phase.local_date(now), phase.figures_until(now)
    days = _days(phase, now)
    since = days[0][1] if days else now - timedelta(days=HISTORY)
    said = tx.patterns.count_by_reporter(phase.id, since, now)
    modules = Counter(dict.fromkeys(phase.intake.modules, 0))
    for module, _, _, count in said:
        modules.update({module: count} if module else {})
    times, known = tx.patterns.count_by_time(phase.id, since, now), phase.user_group_of
    grouped = [(module, group, TicketType(kind)) for module, kind, person, count in said
               if (group := known.get(person)) for _ in range(count)]  # fmt: skip
    return Trends(
        recurring=_recurring(tx, phase, days), heavy=overrepresented_modules(modules),
        gathered=hotspots(report for report in grouped if report[0]),
        silent=quiet_groups(Counter(group for _, group, _ in grouped), _sizes(phase)), hours=_hours(phase, times),
        follows=_follows(tx.readings.list_events(phase.id, since, now), times, since, now),
        together=_together(phase, times, [on for on, _, _ in days]), unseen=_unseen(tx, phase, since, now),
        before=comparison.before(tx, phase, now), after=comparison.after(tx, phase, today),
        topics=find_topics(tx.patterns.list_summaries(phase.id, now - LATELY, now, MOST_WORDS),
                      tx.patterns.list_summaries(phase.id, now - 2 * LATELY, now - LATELY, MOST_WORDS)),
    )  # fmt: skip


def mark(app: AppContext, person: Person, channel: str, words: Sequence[str], at: datetime, request: str) -> str:
    """Somebody of the team says what happened to the system: its kind, and more about it."""
    with app.transaction(request) as tx:
        phase, said = split_off_phase(tx, channel, words)
        if not is_responder(person, phase):
            raise Refused(f"Events are marked by the team of {phase.name}.")
        return keep_mark(tx, phase, MarkedEvent(next(iter(said), ""), " ".join(said[1:]), at), person.id)


def keep_mark(tx: Transaction, phase: Phase, mark: MarkedEvent, said_by: str) -> str:
    """Kind and label in one line each."""
    kind, label = one_line(mark.kind.lower())[:KIND_LIMIT], one_line(mark.label)[:LABEL_LIMIT]
    if not kind:
        raise Refused("Please say what happened, as in `event deployment Release 4.2`.")
    tx.readings.insert_event(phase.id, MarkedEvent(kind, label, mark.at), said_by)
    return f"Marked for {phase.name}: {kind}{f', {label}' if label else ''}."


def _days(phase: Phase, now: datetime) -> Sequence[tuple[Any, datetime, datetime]]:
    """Whole days, not from before the go-live."""
    days = local_days(phase.timezone, now, HISTORY)
    return [day for day in days if phase.go_live is None or day[0] >= phase.go_live]


def _recurring(tx: Transaction, phase: Phase, days: Sequence[tuple[Any, datetime, datetime]]) -> list[RecurringIssue]:
    series: dict[tuple[str, str], list[int]] = {}
    for n, module, kind, count in tx.patterns.count_by_day(phase.id, [(begins, ends) for _, begins, ends in days]):
        for side, name in (("module", module), ("type", kind)):
            if name:
                series.setdefault((side, name), [0] * len(days))[n] += count
    first = next((n for n in range(len(days)) if any(counts[n] for counts in series.values())), 0)
    dates = [on for on, _, _ in days[first:]]  # days before anybody reported anything do not say what is usual
    found = []
    for side in ("module", "type"):
        mine = {name: counts[first:] for (by, name), counts in series.items() if by == side}
        found += recurring_issues(side, mine, dates)
    return found


def _sizes(phase: Phase) -> dict[str, int]:
    return {group.name: group.people or len(phase.people(group.members)) for group in phase.reporting.user_groups}


def _hours(phase: Phase, times: Reports) -> Counter[tuple[int, int]]:
    zone, found = ZoneInfo(phase.timezone), Counter[tuple[int, int]]()
    for at, _, count in times:
        local = at.astimezone(zone)
        found[local.weekday(), local.hour] += count
    return found


def _follows(
    marks: Sequence[MarkedEvent], reports: Reports, since: datetime, until: datetime
) -> list[tuple[str, EventEffect]]:  # fmt: skip
    """What comes after marked events more often than by chance, of all reports and of each type of them."""
    moments: dict[str, list[datetime]] = {}
    for one in marks:
        moments.setdefault(one.kind, []).append(one.at)
    times: dict[str, list[datetime]] = {"": []}
    for at, type_, count in reports:
        times[""] += [at] * count
        times.setdefault(type_, []).extend([at] * count)
    tried = [(type_, found) for kind in sorted(moments) for type_ in sorted(times)
             if (found := reports_after_events(kind, moments[kind], times[type_], since, until))]  # fmt: skip
    return benjamini_hochberg(tried, [one.p_value for _, one in tried])


def _together(phase: Phase, times: Reports, days: Sequence[date]) -> list[TypePair]:
    """Types that come at the same time; whole weeks of the phase's own days."""
    zone = ZoneInfo(phase.timezone)
    return co_occurring_types([(at.astimezone(zone), kind) for at, kind, _ in times], days)


def _unseen(tx: Transaction, phase: Phase, since: datetime, until: datetime) -> UndetectedDefects | None:
    """Where the phase says who tests: what neither they nor the users have told of yet."""
    if not phase.reporting.testers:
        return None
    return estimate_undetected(
        tx.patterns.list_affected_people(phase.id, since, until, DEFECTS), phase.people(phase.reporting.testers)
    )
