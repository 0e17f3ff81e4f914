"""The evidence of an exit: what its figures are made of, the definitions and the figures, as lines chained by hash.

A line is the hash of it and all lines before, a space, and an entry as JSON. bot/sign_off_verifier.py reads it. People
are numbered, and there are no words but those of decisions.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.context import AppContext
from bot.services.exit.readiness import FLOW_DAYS, RATE_DAYS, decisions, readiness
from bot.services.reporting import figures
from domain.errors import Refused
from domain.exit import readiness as rules
from domain.exit.forecast import DefectForecast
from domain.exit.readiness import Readiness, scales
from domain.exit.seal import START, as_json, event_entry, link, moment
from domain.phases.phase import Phase
from domain.reporting.readings import Reading
from domain.sla.targets import DEFAULT_TARGETS
from domain.sla.working_time import parse_duration
from domain.statistics.stabilisation import NoForecast
from domain.tickets.closing import NON_RECURRENCE
from domain.tickets.ticket import Severity
from domain.typed import plain
from storage.transaction import Transaction

Entry = dict[str, Any]
Lines = Iterator[str]
VERSION = 1
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class PersonNumbers:
    """Numbers of people, in the order in which they appear."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}

    def __call__(self, person: str) -> str:
        return self._numbers.setdefault(person, f"P{len(self._numbers) + 1}") if person else ""


def export(app: AppContext, key: str) -> Lines:
    """Seal the events, and yield the lines of the evidence as of now. Refused when there is no such phase."""
    with app.transaction() as tx:
        tx.lift_timeout()
        phase = tx.phases.find_by_key(key)
        if phase is None:
            raise Refused(f"There is no phase {key.upper()}.")
        at = app.now()
        tx.seals.insert_next(phase.id, at)
        before, count = START, 0
        for entry in _entries(tx, phase, at):
            before, count = link(before, entry), count + 1
            yield f"{before} {as_json(entry)}"
        end = {"entry": "end", "lines": count}
        before = link(before, end)
        tx.audit.log("operator", "exit exported", f"{phase.key} {before}", at)
        yield f"{before} {as_json(end)}"


def _entries(tx: Transaction, phase: Phase, at: datetime) -> Iterator[Entry]:
    people = PersonNumbers()
    found, expected, decided = readiness(tx, phase, at)
    yield {"entry": "bundle", "version": VERSION, "phase": phase.key, "name": phase.name, "at": moment(at)}
    yield _definitions(phase, people)
    yield from _tickets(tx, phase)
    yield from _sealed_events(tx, phase, people)
    for one in decided.records:
        yield {"entry": "record", "kind": one.kind.value, "subject": one.subject, "person": people(one.person),
               "reason": one.reason, "at": moment(one.at), "seal": one.seal, "hash": one.hash}  # fmt: skip
    yield _readings(tx, phase, at)
    yield {"entry": "figures", **figures_of(found, expected), "signed": decisions(tx, phase).is_signed}


def _definitions(phase: Phase, people: PersonNumbers) -> Entry:
    targets = {
        severity.value: {
            name: parse_duration(text) / MINUTE
            for name, text in {**DEFAULT_TARGETS[severity], **phase.sla.targets.get(severity, {})}.items()
        }
        for severity in Severity
    }
    calendars = [
        {"severities": [one.value for one in c.severities], "modules": [plain(one).casefold() for one in c.modules],
         "team": [people(one) for one in phase.people(c.team)] if c.team else None,
         **_hours(c.days, c.hours, c.timezone or phase.timezone, phase.sla.holidays if c.holidays else ())}
        for c in phase.sla.calendars
    ]  # fmt: skip
    settings = phase.exit
    return {
        "entry": "definitions", "timezone": phase.timezone, "go_live": str(phase.go_live) if phase.go_live else None,
        "critical_rate": settings.critical_rate, "defect_rate": settings.defect_rate,
        "quiet_days": rules.QUIET_DAYS, "high_days": rules.HIGH_DAYS, "rate_days": RATE_DAYS, "flow_days": FLOW_DAYS,
        "period_days": figures.DEFAULT_PERIOD / DAY, "fix_days": NON_RECURRENCE / DAY,
        "least_coverage": rules.MIN_COVERAGE,
        "scale": {m.value: [s.weight, s.bad, s.good] for m, s in scales(settings.defect_rate).items()},
        "first_runs": [run.name for run in settings.first_runs],
        "hours": _hours(phase.sla.work_days, phase.sla.work_hours, phase.timezone, phase.sla.holidays),
        "calendars": calendars, "targets": targets,
    }  # fmt: skip


def _hours(days: str, hours: str, zone: str, holidays: Iterable[object]) -> Entry:
    return {"days": days, "hours": hours, "zone": zone, "holidays": sorted(map(str, holidays))}


def _tickets(tx: Transaction, phase: Phase) -> Iterator[Entry]:
    known = dict(tx.articles.list_known_issues(phase.id))
    for number, type_, module, private in tx.exits.list_facts(phase.id):
        yield {"entry": "ticket", "number": number, "type": type_, "module": plain(module).casefold(),
               "private": private, "known": number in known, "article": known.get(number, False)}  # fmt: skip


def _sealed_events(tx: Transaction, phase: Phase, people: PersonNumbers) -> Iterator[Entry]:
    """Yield the events in their sealed order, each seal after the events that it covers."""
    seals = {one.number: one for one in tx.seals.list_all(phase.id)}
    last = 0
    for number, seal, event in tx.seals.list_sealed(phase.id):
        if last not in (0, seal):
            yield _seal(seals, last)
        last = seal
        owner = event.data.get("owner", "")
        yield {"entry": "event", "sealed": event_entry(number, event), "by": people(event.actor),
               "owner": people(owner)}  # fmt: skip
    if last:
        yield _seal(seals, last)


def _seal(seals: Mapping[int, Any], number: int) -> Entry:
    one = seals[number]
    return {"entry": "seal", "number": number, "events": one.events, "hash": one.hash, "at": moment(one.at)}


def _readings(tx: Transaction, phase: Phase, at: datetime) -> Entry:
    """Return the use of the system by day, and the answers about satisfaction that count."""
    start = phase.local_date(figures.start_of(tx, phase, at))
    adoption = tx.readings.list_values(phase.id, Reading.ADOPTION.value, start - 7 * DAY, phase.local_date(at))
    asked = figures.satisfaction_counts(tx, phase)
    return {"entry": "readings", "adoption": [[str(on), value] for on, value in adoption],
            "satisfaction": list(asked) if asked else None}  # fmt: skip


def figures_of(found: Readiness, expected: DefectForecast) -> Entry:
    """Return each figure of a readiness."""
    fit = expected.fit
    forecast: Entry = {"defects": expected.n, "exposure": expected.exposure.until(expected.until), "refused": None}
    if isinstance(fit, NoForecast):
        forecast["refused"] = fit.value
    else:
        goel, crow = fit.goel_okumoto, fit.crow_amsaa
        forecast |= {"trend": fit.trend, "total": goel.total, "decay": goel.decay, "remaining": fit.remaining,
                     "upper_remaining": fit.upper_remaining, "scale": crow.scale, "shape": crow.shape,
                     "likelihood_ratio": fit.likelihood_ratio}  # fmt: skip
    return {
        "gates": {one.gate.value: {"value": float(one.value), "holds": one.holds, "passes": one.passes}
                  for one in found.gates},
        "measures": {measure.value: value for measure, value in found.measures.items()},
        "coverage": found.coverage, "score": found.score, "forecast": forecast,
    }  # fmt: skip
