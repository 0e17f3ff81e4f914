"""Metrics on demand: of everybody's reports, told apart as asked."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.desk import Desk
from bot.services import figures
from bot.services.phases import choose
from bot.views import metrics as views
from domain.errors import Refused
from domain.figures import Cohort
from domain.goals import Goal
from domain.metrics import joined
from domain.permissions import Person, is_lead
from domain.phase import Phase
from domain.words import nearest

WHOLE = "all"
SAID = (Goal.UPTIME, Goal.ERROR_RATE)  # what only other systems and people know


def page(desk: Desk, person: Person, channel: str, words: list[str]) -> dict[str, Any]:
    """`module 7d`: by a side, of so many days or `all`; by severity of four weeks without."""
    side, length = _asked(words)
    with desk.store.read() as tx:
        if person.foreign:
            raise Refused("Metrics are for people of this workspace.")
        phase, now = choose(tx, channel=channel), desk.now()
        since = _beginning(phase) if length is None else now - length
        cohorts = figures.cohorts(tx, phase, since, now, side)
        count = tx.milestones.counts(phase.id, [(since, now)])[0]
        return views.page(phase, side, since, cohorts, joined(cohorts.values()) or Cohort(), count,
                          tx.backlogs.now(phase.id, now), figures.judged(tx, phase, now))  # fmt: skip


def say(desk: Desk, person: Person, channel: str, metric: str, value: str, on: date | None, request: str) -> str:
    """`uptime 99.93`: what a lead knows of a day from elsewhere."""
    goal = next((one for one in SAID if one.value == metric), None)
    if goal is None:
        raise Refused(f"Only {' and '.join(one.value for one in SAID)} can be said; the rest is counted.")
    with desk.transaction(request) as tx:
        phase = choose(tx, channel=channel)
        if not (is_lead(person, phase) or person.admin):
            raise Refused(f"Readings are said by the leads of {phase.name}.")
        day = on or today(phase, desk.now())
        share = _percent(value)
        tx.readings.put(phase.id, goal.value, [(day, share)], person.id, desk.now())
        tx.audit.log(person.id, f"reading: {goal.value}", phase.key, desk.now())
    return f"{goal.label} of {phase.name} on {day:%d %b}: {share:g} %."


def today(phase: Phase, now: datetime) -> date:
    return now.astimezone(ZoneInfo(phase.timezone)).date()


def _percent(value: str) -> float:
    try:
        found = float(value.rstrip(" %").replace(",", "."))
    except ValueError:
        raise Refused(f"“{value}” is not a number such as 99.93.") from None
    if not 0 <= found <= 100:
        raise Refused("It is a share, from 0 to 100.")
    return found


def _asked(words: list[str]) -> tuple[str, timedelta | None]:
    side, length = "severity", figures.WINDOW
    given: timedelta | None = length
    for word in words:
        if word in views.SIDES:
            side = word
        elif word == WHOLE:
            given = None
        elif word[:-1].isdecimal() and word[-1] in "dw" and 0 < int(word[:-1]) < 1000:
            given = timedelta(days=int(word[:-1]) * (7 if word[-1] == "w" else 1))
        else:
            guess = nearest(word, (*views.SIDES, WHOLE))
            hint = f" Did you mean `{guess}`?" if guess else f" There is {', '.join(views.SIDES)}, `7d` and `all`."
            raise Refused(f"I cannot tell metrics apart by “{word}”.{hint}")
    return side, given


def _beginning(phase: Phase) -> datetime:
    start = phase.go_live or date(2000, 1, 1)
    return datetime.combine(start, time(), ZoneInfo(phase.timezone))
