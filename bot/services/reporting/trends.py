"""Trends of a phase, calculated on demand, and the events of the system."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.context import AppContext
from bot.services.phases.phases import split_off_phase
from bot.services.reporting import comparison, figures
from bot.services.reporting.walks import met_groups
from bot.views.reporting import trends as views
from domain.errors import Refused
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from domain.reporting.digest import local_days
from domain.reporting.trends import RecurringIssue, Trends, find_topics, recurring_issues, relapses
from domain.statistics.capture_recapture import UndetectedDefects, estimate_undetected
from domain.statistics.co_occurrence import TypePair, co_occurring_types
from domain.statistics.coincidence import EventEffect, reports_after_events
from domain.statistics.concentration import Hotspot, benjamini_hochberg, hotspots, overrepresented_modules, quiet_groups
from domain.text import one_line
from domain.tickets import filters
from domain.tickets.types import TicketType
from storage.reporting.readings import MarkedEvent
from storage.transaction import Transaction

HISTORY = 28  # days
WORDS_PERIOD = timedelta(days=7)
MAX_SUMMARIES = 3000  # from which words are counted
MAX_REPEATED = 10
TEAM = "team"  # the one source that everyone is who walks the floor or holds sessions
MAX_KIND_LENGTH, MAX_LABEL_LENGTH = 30, 200
Reports = Sequence[tuple[datetime, str, int]]  # (time, type, count)
DEFECTS = [kind.value for kind in TicketType if kind.is_defect]


def page(app: AppContext, person: Person, channel: str, words: Sequence[str] = ()) -> dict[str, Any]:
    """Return the trends, for the team only, since they show user groups."""
    with app.store.read() as tx:
        phase, rest = split_off_phase(tx, channel, words)
        if not is_responder(person, phase):
            raise Refused(f"Only the team of {phase.name} can see trends.")
        found = trends(tx, phase, app.now())
        return views.hours_page(phase, found, _kind(rest)) if rest else views.page(phase, found, app.now())


def _kind(words: Sequence[str]) -> TicketType:
    """Return the type that these words name; Refused, with the nearest one, for other words."""
    (kind,) = filters.read(f'type:"{" ".join(words)}"').types
    return kind


def trends(tx: Transaction, phase: Phase, now: datetime) -> Trends:
    """Calculate the trends of the last four weeks, or since the go-live; of an ended phase, until its end."""
    today, now = phase.local_date(now), phase.figures_until(now)
    days, since = _days(phase, now), since_for_trends(phase, now)
    reports = tx.patterns.count_by_reporter(phase.id, since, now)
    modules = Counter(dict.fromkeys(phase.intake.modules, 0))
    for module, _, _, count in reports:
        modules.update({module: count} if module else {})
    times = tx.patterns.count_by_time(phase.id, since, now)
    sizes = figures.group_sizes(phase)
    grouped = _by_group(phase, reports)
    return Trends(
        recurring=_recurring(tx, phase, days),
        repeated=tx.patterns.list_repeated(phase.id, since, MAX_REPEATED),
        overrepresented=overrepresented_modules(modules),
        hotspots=hotspots(report for report in grouped if report[0]),
        quiet_groups=quiet_groups(Counter(group for _, group, _ in grouped) + met_groups(tx, phase, since, now), sizes),
        hours=_hours(phase, times),
        hours_by_type=_hours_by_type(phase, times),
        after_events=_after_events(tx.readings.list_events(phase.id, since, now), times, since, now),
        co_occurring=_co_occurring(phase, times, [on for on, _, _ in days]),
        undetected=_undetected(tx, phase, since, now),
        before=comparison.before(tx, phase, now),
        after=comparison.after(tx, phase, today),
        topics=find_topics(
            tx.patterns.list_summaries(phase.id, now - WORDS_PERIOD, now, MAX_SUMMARIES),
            tx.patterns.list_summaries(phase.id, now - 2 * WORDS_PERIOD, now - WORDS_PERIOD, MAX_SUMMARIES),
        ),
    )


def find_hotspots(tx: Transaction, phase: Phase, now: datetime) -> list[Hotspot]:
    """Return the modules that one user group reports more about than the others."""
    until = phase.figures_until(now)
    reports = tx.patterns.count_by_reporter(phase.id, since_for_trends(phase, until), until)
    return list(hotspots(report for report in _by_group(phase, reports) if report[0]))


def since_for_trends(phase: Phase, until: datetime) -> datetime:
    """Return where the period of trends begins: four weeks before, or at the go-live."""
    days = _days(phase, until)
    return days[0][1] if days else until - timedelta(days=HISTORY)


def heard_groups(tx: Transaction, phase: Phase, since: datetime, until: datetime) -> Counter[str]:
    """Return how often each user group was heard of: its reports, and its contacts and sessions without a report."""
    reports = _by_group(phase, tx.patterns.count_by_reporter(phase.id, since, until))
    return Counter(group for _, group, _ in reports) + met_groups(tx, phase, since, until)


def _by_group(phase: Phase, reports: Sequence[tuple[str, str, str, int]]) -> list[tuple[str, str, TicketType]]:
    """Return module, user group and type of each report of a person of a group that may be shown."""
    known, sizes = phase.user_group_of, figures.group_sizes(phase)
    return [(module, group, TicketType(kind)) for module, kind, person, count in reports
            if (group := known.get(person, "")) in sizes for _ in range(count)]  # fmt: skip


def mark(app: AppContext, person: Person, channel: str, words: Sequence[str], at: datetime, request: str) -> str:
    """Record an event of the system, for the team: its kind and a label."""
    with app.transaction(request) as tx:
        phase, rest = split_off_phase(tx, channel, words)
        if not is_responder(person, phase):
            raise Refused(f"Only the team of {phase.name} can mark events.")
        return save_event(tx, phase, MarkedEvent(next(iter(rest), ""), " ".join(rest[1:]), at), person.id)


def save_event(tx: Transaction, phase: Phase, event: MarkedEvent, said_by: str) -> str:
    """Save an event with its kind and label cut to one line each; return the confirmation."""
    kind, label = one_line(event.kind.lower())[:MAX_KIND_LENGTH], one_line(event.label)[:MAX_LABEL_LENGTH]
    if not kind:
        raise Refused("Say what happened, as in `event deployment Release 4.2`.")
    tx.readings.insert_event(phase.id, MarkedEvent(kind, label, event.at), said_by)
    return f"Marked for {phase.name}: {kind}{f', {label}' if label else ''}."


def _days(phase: Phase, now: datetime) -> Sequence[tuple[Any, datetime, datetime]]:
    """Return the whole days of the period since the go-live."""
    days = local_days(phase.timezone, now, HISTORY)
    return [day for day in days if phase.go_live is None or day[0] >= phase.go_live]


def _recurring(tx: Transaction, phase: Phase, days: Sequence[tuple[Any, datetime, datetime]]) -> list[RecurringIssue]:
    series: dict[tuple[str, str], list[int]] = {}
    for n, module, kind, count in tx.patterns.count_by_day(phase.id, [(begins, ends) for _, begins, ends in days]):
        for dimension, name in (("module", module), ("type", kind)):
            if name:
                series.setdefault((dimension, name), [0] * len(days))[n] += count
    first = next((n for n in range(len(days)) if any(counts[n] for counts in series.values())), 0)
    dates = [on for on, _, _ in days[first:]]  # days before the first report do not show the usual rate
    falling = relapses({key: counts[first:] for key, counts in series.items()}, dates)
    if falling is not None:
        return falling
    found = []
    for dimension in ("module", "type"):
        mine = {name: counts[first:] for (by, name), counts in series.items() if by == dimension}
        found += recurring_issues(dimension, mine, dates)
    return found


def _hours(phase: Phase, times: Reports) -> Counter[tuple[int, int]]:
    zone, found = ZoneInfo(phase.timezone), Counter[tuple[int, int]]()
    for at, _, count in times:
        local = at.astimezone(zone)
        found[local.weekday(), local.hour] += count
    return found


def _hours_by_type(phase: Phase, times: Reports) -> dict[str, Counter[tuple[int, int]]]:
    by_type: dict[str, list[tuple[datetime, str, int]]] = {}
    for one in times:
        by_type.setdefault(one[1], []).append(one)
    return {kind: _hours(phase, some) for kind, some in by_type.items() if kind}


def _after_events(
    events: Sequence[MarkedEvent], reports: Reports, since: datetime, until: datetime
) -> list[tuple[str, EventEffect]]:  # fmt: skip
    """Test the effect of each kind of event on all reports and on each type."""
    moments: dict[str, list[datetime]] = {}
    for one in events:
        moments.setdefault(one.kind, []).append(one.at)
    times: dict[str, list[datetime]] = {"": []}
    for at, type_, count in reports:
        times[""] += [at] * count
        times.setdefault(type_, []).extend([at] * count)
    tried = [(type_, found) for kind in sorted(moments) for type_ in sorted(times)
             if (found := reports_after_events(kind, moments[kind], times[type_], since, until))]  # fmt: skip
    return benjamini_hochberg(tried, [one.p_value for _, one in tried])


def _co_occurring(phase: Phase, times: Reports, days: Sequence[date]) -> list[TypePair]:
    """Return types that occur together, by the phase's local days."""
    zone = ZoneInfo(phase.timezone)
    return co_occurring_types([(at.astimezone(zone), kind) for at, kind, _ in times], days)


def _undetected(tx: Transaction, phase: Phase, since: datetime, until: datetime) -> UndetectedDefects | None:
    """Estimate the undetected defects, if users are not the only source: testers, monitoring, walkers and sessions."""
    seen = {**tx.session_items.get_sightings(phase.id, since), **tx.contacts.get_sightings(phase.id, since)}
    team = (TEAM,) if seen else ()
    testers = (*phase.people(phase.reporting.testers), *tx.patterns.list_monitors(phase.id), *team)
    if not testers:
        return None
    found = tx.patterns.list_affected_people(phase.id, since, until, DEFECTS)
    return estimate_undetected((found_by(people, seen.get(ticket)) for ticket, people in found.items()), testers)


def found_by(people: Sequence[str], met: str | None) -> list[str]:
    """Return who found a defect; one heard from a user who was met was found by the team, and not by that user."""
    return [*people] if met is None else [*(one for one in people if one != met), TEAM]
