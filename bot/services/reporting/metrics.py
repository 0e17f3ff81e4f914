"""Metrics on demand, grouped by a dimension."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

from bot.context import AppContext
from bot.services.phases.phases import split_off_phase
from bot.services.reporting import figures
from bot.views.reporting import metrics as views
from domain.errors import Refused
from domain.phases.permissions import Person, is_responder, reads
from domain.reporting import recurrence
from domain.reporting.metrics import group_by_dimension, merge_cohorts
from domain.reporting.recurrence import fix_durability
from domain.spelling import nearest

WHOLE = "all"
MAX_REPORTS = 100_000  # so that the answer is quick


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """`PAY module 7d`: metrics by a dimension, of a period or `all`; by default by severity, of four weeks."""
    with app.store.read() as tx:
        phase, rest = split_off_phase(tx, channel, words)
        if not reads(person, phase):
            raise Refused("Only people of this workspace can see metrics.")
        dimension, length = _parse(rest)
        if dimension == figures.GROUP and not is_responder(person, phase):
            raise Refused(f"Only the team of {phase.name} can see metrics by group.")
        now = app.now()
        since = figures.start_of(tx, phase, now) if length is None else now - length
        count = tx.milestones.count_spans(phase.id, [(since, now)])[0]
        if count.opened > MAX_REPORTS:
            raise Refused(
                f"{count.opened:,} reports are too many to count here. Choose a shorter period, or use `digest link`."
            )
        fixes = fix_durability(chain(*map(recurrence.fixes_of, tx.milestones.list_fix_events(phase.id, since))), now)
        cohorts = group_by_dimension(figures.cohorts(tx, phase, since, now, (dimension,)), 0)
        return views.page(
            phase,
            dimension,
            since,
            cohorts,
            merge_cohorts(cohorts.values()),
            count,
            tx.backlogs.count(phase.id, now),
            figures.kpi_values(tx, phase, now),
            fixes,
        )


def _parse(words: Sequence[str]) -> tuple[str, timedelta | None]:
    dimension = "severity"
    length: timedelta | None = figures.DEFAULT_PERIOD
    for word in map(str.lower, words):
        if word in views.DIMENSIONS:
            dimension = word
        elif word == WHOLE:
            length = None
        elif word[:-1].isdecimal() and word[-1] in "dw" and 0 < int(word[:-1]) < 1000:
            length = timedelta(days=int(word[:-1]) * (7 if word[-1] == "w" else 1))
        else:
            guess = nearest(word, (*views.DIMENSIONS, WHOLE))
            hint = f"Did you mean `{guess}`?" if guess else f"Use {', '.join(views.DIMENSIONS)}, `7d` or `all`."
            raise Refused(f"Metrics can't be grouped by “{word}”. {hint}")
    return dimension, length
