"""The tables of a report about APIs: policies of governance, busiest endpoints, and targets. No consumer is named."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from bot.views.gateways.targets import VERDICTS, agreed
from domain.gateways.audit import ApiReport, PolicyAudit
from domain.gateways.call import Outcome
from domain.gateways.targets import Attainment

SHOWN = 10  # endpoints of a policy
Cell = str | int | float


class ApiTable(NamedTuple):
    """A table that can be sorted."""

    caption: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


def tables(found: ApiReport) -> list[ApiTable]:
    """Return the tables that have rows; what tickets name is only counted, since people wrote it."""
    made = [
        ApiTable("Policies of API governance", ("Policy", "Systemic gap", "Tickets", "Open", "Endpoints by figures",
                                                "APIs named in tickets", "Which endpoints"),
                 [_policy(one) for one in found.policies]),
        ApiTable("Targets of endpoints", ("Endpoint", "Agreed", "Verdict", "Reached %", "At least %", "At most %",
                                          "Error budget used %"), [_target(one) for one in found.targets]),
        ApiTable("Busiest endpoints", ("Endpoint", "Requests", "Went wrong %", *(one.label for one in WRONG)),
                 [_endpoint(*one) for one in found.endpoints]),
    ]  # fmt: skip
    return [one for one in made if one.rows]


def _policy(one: PolicyAudit) -> Sequence[Cell]:
    more = len(one.measured) - SHOWN
    names = ", ".join(one.measured[:SHOWN]) + (f" and {more} more" if more > 0 else "")
    return [one.policy.label, "yes" if one.is_systemic else "not shown", one.tickets, one.open_tickets,
            len(one.measured), len(one.named), names or "–"]  # fmt: skip


def _target(one: Attainment) -> Sequence[Cell]:
    if not one.found.total:
        return [one.goal.endpoint, agreed(one.goal), "no requests yet", "–", "–", "–", "–"]
    reached = (f"{100 * value:.2f}" for value in (one.reached.value, one.reached.low, one.reached.high))
    return [one.goal.endpoint, agreed(one.goal), VERDICTS[one.is_met], *reached, f"{100 * one.budget_used:.0f}"]


WRONG = tuple(one for one in Outcome if one is not Outcome.OK)


def _endpoint(name: str, outcomes: Counter[Outcome]) -> Sequence[Cell]:
    total = outcomes.total()
    wrong = sum(outcomes[one] for one in WRONG)
    return [name, total, f"{100 * wrong / total if total else 0:.1f}", *(outcomes[one] for one in WRONG)]
