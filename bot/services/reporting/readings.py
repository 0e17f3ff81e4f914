"""Readings from people, files and other systems, and marked events."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dateutil.parser import ParserError, isoparse

from bot.context import AppContext
from bot.services.csv_files import InvalidFile, read_table
from bot.services.phases import marks
from bot.services.phases.phases import get_phase, split_off_known_phase
from bot.services.reporting.trends import save_event
from domain.errors import Refused
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.rehearsal.marks import UNDONE
from domain.reporting.readings import Baseline, ObjectiveReading, Reading
from storage.reporting.baselines import BaselineValue
from storage.reporting.readings import MarkedEvent
from storage.transaction import Transaction

SIGNAL = "signal"  # the author of what another system sends
YEARS = range(2000, 2101)  # others are a mistake, and some of their moments exist in no time zone
MAX_REQUESTS = 2_000_000_000  # between two counts
Metric = Reading | ObjectiveReading
COLUMNS = ("metric", "day", "value")


def record(
    app: AppContext, person: Person, channel: str, key: Sequence[str], name: str, value: str, day: str = "", *,
    request: str,
) -> str:  # fmt: skip
    """`uptime 99.93 [day]`: record a reading of today or another day, for a lead."""
    with app.transaction(request) as tx:
        phase, _ = split_off_known_phase(tx, channel, key)  # which may have ended, and is still watched
        if not is_lead(person, phase):
            raise Refused(f"Only leads of {phase.name} can record readings.")
        if name == Baseline.SATISFIED:
            tx.audit.log(person.id, f"reading: {name}", phase.key, app.now())
            return _keep_answers(app, tx, phase, value, day)
        metric = _metric(phase, name, Baseline.SATISFIED)
        tx.audit.log(person.id, f"reading: {metric.value}", phase.key, app.now())
        return _keep(app, tx, phase, metric, value, day, person.id)


def is_metric(app: AppContext, word: str) -> bool:
    """Return whether a word names a reading, or a business objective of a phase."""
    if word in {*Reading, Baseline.SATISFIED}:
        return True
    with app.store.read() as tx:
        return any(word == one.name for phase in tx.phases.list_phases() for one in phase.reporting.objectives)


def receive(app: AppContext, key: str, body: Mapping[str, Any], request: str | None) -> str:
    """Record what another system sent.

    `{"metric", "value", "day"?}`, `{"event", "label"?, "at"?}`, or `{"requests", "errors"}` since the last time.
    """
    phase = get_phase(app, key)
    with app.transaction(request) as tx:
        return _take_in(app, tx, phase, body)


def rehearse(app: AppContext, key: str, body: Mapping[str, Any], mark: str) -> str:
    """Record what a rehearsal sent and keep nothing of it; return "" where its mark is not one."""
    with app.store.read() as tx:
        phase = tx.phases.find_by_key(key)
    if phase is None or not marks.is_marked(app, phase, mark):
        return ""
    with app.undone() as tx:
        _take_in(app, tx, phase, body)
    return UNDONE


def _take_in(app: AppContext, tx: Transaction, phase: Phase, body: Mapping[str, Any]) -> str:
    if "event" in body:
        event = MarkedEvent(str(body["event"]), str(body.get("label") or ""), _at(app, str(body.get("at") or "")))
        return save_event(tx, phase, event, SIGNAL)
    if "requests" in body:
        return _keep_requests(tx, phase, body, app.now())
    name, value, day = str(body.get("metric") or ""), str(body.get("value")), str(body.get("day") or "")
    if name == Baseline.SATISFIED:
        return _keep_answers(app, tx, phase, value, day)
    return _keep(app, tx, phase, _metric(phase, name, Baseline.SATISFIED), value, day, SIGNAL)


def _keep_requests(tx: Transaction, phase: Phase, body: Mapping[str, Any], at: datetime) -> str:
    requests, errors = body.get("requests"), body.get("errors", 0)
    if not (type(requests) is int and type(errors) is int and 0 <= errors <= requests <= MAX_REQUESTS):
        raise Refused("`requests` and `errors` are whole numbers, with no more errors than requests.")
    tx.decisions.insert_requests(phase.id, at, requests, errors)
    return f"Counted {requests} requests, {errors} of them failed."


def read_file(app: AppContext, key: str, file: Path) -> int:
    """Import a CSV file with the columns metric, day and value, whole or not at all; return the number of rows.

    A day has one value of each reading, and any number of single reports. InvalidFile lists the errors.
    """
    phase, errors, rows = get_phase(app, key), list[str](), [*read_table(file, COLUMNS)]
    today = phase.local_date(app.now())
    daily, single = dict[Metric, dict[date, float]](), dict[Baseline, dict[date, Counter[BaselineValue]]]()
    for line, row in rows:
        metric, day, value = (row[column].strip() for column in COLUMNS)
        try:
            if metric in set(Baseline):
                _add_values(single.setdefault(Baseline(metric), {}), Baseline(metric), _past(_day(day), today), value)
            else:
                reading = _metric(phase, metric, *Baseline)
                daily.setdefault(reading, {})[_past(_day(day), today)] = _value(reading, value)
        except Refused as error:
            errors.append(f"line {line}: {error.text}")
    if errors:
        raise InvalidFile("\n".join(errors))
    with app.transaction() as tx:
        for reading, values in daily.items():
            tx.readings.replace(phase.id, reading.value, values.items(), "operator", app.now())
        for baseline, found in single.items():
            tx.baselines.replace(phase.id, baseline.value, found)
        tx.audit.log("operator", "readings imported", phase.key, app.now())
    return len(rows)


def _add_values(found: dict[date, Counter[BaselineValue]], metric: Baseline, day: date, text: str) -> None:
    try:
        found.setdefault(day, Counter()).update(metric.parse(text))
    except ValueError:
        raise Refused(f"“{text}” is not {metric.example}.") from None


def _keep(app: AppContext, tx: Transaction, phase: Phase, metric: Metric, value: str, day: str, said_by: str) -> str:
    on = _on(app, phase, day)
    number = _value(metric, value)
    tx.readings.replace(phase.id, metric.value, [(on, number)], said_by, app.now())
    label = metric.value.replace("_", " ").capitalize()
    return f"{label} of {phase.name} on {on.day} {on:%b}: {number:g}{' %' if metric.is_percentage else ''}."


def _keep_answers(app: AppContext, tx: Transaction, phase: Phase, value: str, day: str) -> str:
    """Record the answers of a day about satisfaction."""
    on, counts = _on(app, phase, day), dict[date, Counter[BaselineValue]]()
    _add_values(counts, Baseline.SATISFIED, on, value)
    tx.baselines.replace(phase.id, Baseline.SATISFIED.value, counts)
    return f"Satisfied answers of {phase.name} on {on.day} {on:%b}: {counts[on][1, True]} of {counts[on].total()}."


def _on(app: AppContext, phase: Phase, day: str) -> date:
    today = phase.local_date(app.now())
    return _past(_day(day), today) if day else today


def _metric(phase: Phase, name: str, *also: str) -> Metric:
    objectives = [one.name for one in phase.reporting.objectives]
    if name in objectives:
        return ObjectiveReading(name)
    if name not in set(Reading):
        raise Refused(f"There is no metric “{name}”. Use one of: {', '.join([*Reading, *objectives, *also])}.")
    return Reading(name)


def _past(on: date, today: date) -> date:
    if on > today:
        raise Refused(f"{on.day} {on:%b %Y} is in the future.")
    return on


def _value(metric: Metric, text: str) -> float:
    try:
        found = float(text.rstrip(" %").replace(",", ".") if metric.is_percentage else text)
    except ValueError:
        raise Refused(f"“{text}” is not a number such as 99.93.") from None
    if not metric.accepts(found):
        raise Refused(
            "The value must be from 0 to 100." if metric.is_percentage else "The value must be a daily count or number."
        )
    return found


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Refused(f"“{text}” is not a day such as 2026-11-24.") from None
    if found.year not in YEARS:
        raise Refused(f"“{text}” is not a day such as 2026-11-24.")
    return found


def _at(app: AppContext, text: str) -> datetime:
    try:
        found = isoparse(text) if text else app.now()
    except (ParserError, ValueError):
        raise Refused(f"“{text}” is not a time such as 2026-11-24T18:00:00Z.") from None
    if found.year not in YEARS:
        raise Refused(f"“{text}” is not a time such as 2026-11-24T18:00:00Z.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
