"""Business objectives in words: from the baseline to the target, and the tickets about them."""

from collections.abc import Sequence
from datetime import date

from bot.views.text import day
from domain.reporting.objectives import ObjectiveResult
from domain.text import plural

HEAD = ("Objective", "Baseline", "Actual", "Target", "Result", "Tickets", "Open")
VERDICTS = {True: "met", False: "missed", None: "not measured lately"}


def row(one: ObjectiveResult, today: date) -> list[str | int]:
    """Return the cells of a table with the columns of HEAD."""
    asked = one.objective
    actual = "not measured" if one.actual is None or one.on is None else f"{_number(one, one.actual)} on {day(one.on)}"
    before = "unknown" if asked.baseline is None else _number(one, asked.baseline)
    return [asked.label, before, actual, _number(one, asked.target), VERDICTS[one.is_met(today)], one.tickets,
            one.open_tickets]  # fmt: skip


def evidence(found: Sequence[ObjectiveResult], today: date) -> str:
    """Return how many objectives are met, of those that were measured; empty without any."""
    measured = [met for met in (one.is_met(today) for one in found) if met is not None]
    if not measured:
        return ""
    return plural(len(measured), "{met} of 1 business objective met", "{met} of {count} business objectives met",
                  met=sum(measured))  # fmt: skip


def _number(one: ObjectiveResult, value: float) -> str:
    return f"{value:,g} {one.objective.unit}".rstrip()
