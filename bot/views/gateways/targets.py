"""Targets of endpoints: how far they are met, and what a ticket says about one that is missed."""

from collections.abc import Iterable

from bot.views.text import duration, escape
from domain.gateways.targets import ApiGoal, ApiMeasure, Attainment, BurnAlert
from domain.text import shorten
from domain.tickets.ticket import SUMMARY_LIMIT

AVAILABILITY = frozenset({ApiMeasure.AVAILABILITY})
P95 = frozenset({ApiMeasure.P95})
TITLES = {
    AVAILABILITY: "{endpoint} is less available than agreed",
    P95: "{endpoint} is slower than agreed",
    AVAILABILITY | P95: "{endpoint} is less available and slower than agreed",
    frozenset[ApiMeasure](): "{endpoint} is as agreed",
}
VERDICTS = {True: "met", False: "missed", None: "too early to tell"}


def title(endpoint: str, missed: Iterable[ApiMeasure]) -> str:
    """Return the summary of a ticket about an endpoint that misses these targets."""
    return shorten(TITLES[frozenset(missed)].format(endpoint=endpoint), SUMMARY_LIMIT)


def reason(goal: ApiGoal, due: BurnAlert) -> str:
    """Return why a target is told of, in plain text."""
    long, short = (duration(span.total_seconds() / 60) for span in (due.windows.long, due.windows.short))
    return (
        f"Agreed: {agreed(goal)}. In the last {long}, and in the last {short} too, the error budget burned more than "
        f"{due.windows.rate:g} times as fast as it may."
    )


def line(found: Attainment) -> str:
    """Return how far a target is met, as one line of mrkdwn."""
    name, wanted = escape(found.goal.endpoint), agreed(found.goal)
    if not found.found.total:
        return f"• {name}, {wanted}: no requests yet"
    low, high = (f"{100 * value:.2f}" for value in (found.reached.low, found.reached.high))
    return (
        f"• {name}, {wanted}: *{VERDICTS[found.is_met]}* with {100 * found.reached.value:.2f} % ({low}–{high}) in the "
        f"last {found.goal.measure.window.days} days. {100 * found.budget_used:.0f} % of the error budget is used, and "
        f"in the last hour it burned {found.burn:.1f} times as fast as it may"
    )


def agreed(goal: ApiGoal) -> str:
    """Return what is agreed, in words."""
    if goal.measure is ApiMeasure.AVAILABILITY:
        return f"{100 * goal.share:g} % available"
    return f"{100 * goal.share:g} % within {goal.limit:,} ms"
