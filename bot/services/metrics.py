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
from domain.metrics import joined
from domain.permissions import Person
from domain.phase import Phase
from domain.words import nearest

WHOLE = "all"


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
