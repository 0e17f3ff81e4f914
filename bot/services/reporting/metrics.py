"""Metrics on demand: of everybody's reports, told apart as asked."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

from bot.context import AppContext
from bot.services.phases.phases import split_off_phase
from bot.services.reporting import figures
from bot.views.reporting import metrics as views
from domain.errors import Refused
from domain.phases.permissions import Person, is_responder
from domain.reporting import recurrence
from domain.reporting.metrics import group_by_dimension, merge_cohorts
from domain.reporting.recurrence import fix_durability
from domain.spelling import nearest

WHOLE = "all"
MOST = 100_000  # reports that are looked at while somebody waits


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """`PAY module 7d`: of a phase, by a side, of so many days or `all`; by severity of four weeks without."""
    with app.store.read() as tx:
        if person.foreign:
            raise Refused("Metrics are for people of this workspace.")
        phase, rest = split_off_phase(tx, channel, words)
        side, length = _asked(rest)
        if side == figures.GROUP and not is_responder(person, phase):
            raise Refused(f"Groups of people are told apart for the team of {phase.name} only.")
        now = app.now()
        since = figures.beginning(tx, phase, now) if length is None else now - length
        count = tx.milestones.count_spans(phase.id, [(since, now)])[0]
        if count.opened > MOST:
            raise Refused(
                f"These are {count.opened:,} reports; the report (`digest link`) has them all, or ask for less."
            )
        fixes = fix_durability(chain(*map(recurrence.fixes_of, tx.milestones.list_fix_events(phase.id, since))), now)
        cohorts = group_by_dimension(figures.cohorts(tx, phase, since, now, (side,)), 0)
        return views.page(phase, side, since, cohorts, merge_cohorts(cohorts.values()), count,
                          tx.backlogs.count(phase.id, now), figures.judged(tx, phase, now), fixes)  # fmt: skip


def _asked(words: Sequence[str]) -> tuple[str, timedelta | None]:
    side, length = "severity", figures.WINDOW
    given: timedelta | None = length
    for word in map(str.lower, words):
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
