"""Burn rates: how fast an error budget is used, and the windows over which two of them call for attention.

Burn rate = error rate / (1 - objective); 1 uses the budget in exactly its window. A page is due when it is above 14.4
in the last hour and the last five minutes, or above 6 in the last six hours and the last 30 minutes (Google, The Site
Reliability Workbook, chapter 5, "Alerting on SLOs").
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class BurnWindows:
    """The budget burns faster than `rate` both over `long` and over `short`, so that what is over is not told."""

    rate: float
    long: timedelta
    short: timedelta


FAST = BurnWindows(14.4, timedelta(hours=1), timedelta(minutes=5))
SLOW = BurnWindows(6.0, timedelta(hours=6), timedelta(minutes=30))


def burn_rate(error_rate: float, objective: float) -> float:
    """Return how fast the error budget is used; both are shares, the objective below 1."""
    return error_rate / (1 - objective)
