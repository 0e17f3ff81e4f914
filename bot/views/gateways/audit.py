"""The audit of API governance: each policy with its tickets and endpoints, and which gap is systemic."""

from collections.abc import Sequence
from typing import Any

from bot.views.text import answer, context, escape, quote, section
from domain.gateways.audit import SYSTEMIC_FROM, PolicyAudit
from domain.phases.phase import Phase
from domain.text import plural

SHOWN = 5


def page(phase: Phase, found: Sequence[PolicyAudit]) -> dict[str, Any]:
    """Return the audit of a phase."""
    gaps = [one.policy.label for one in found if one.is_systemic]
    headline = (
        f"APIs of {quote(phase.name)}: the gaps in {', '.join(gaps)} are systemic."
        if gaps
        else f"APIs of {quote(phase.name)}: no systemic gap is shown."
    )
    note = (
        f"A gap is systemic when tickets, or figures of the last 28 days, name at least {SYSTEMIC_FROM} APIs or "
        "endpoints. Private tickets don't count."
    )
    blocks = [section(f"*{headline}*"), section("\n".join(map(_line, found))), context(note)]
    return answer(headline, blocks)


def _line(one: PolicyAudit) -> str:
    tickets = plural(one.tickets, "1 ticket", "{count} tickets")
    counted = f"{tickets}, {one.open_tickets} open" if one.tickets else "no tickets"
    figures = f". By its figures: {_names(one.measured)}" if one.measured else ""
    named = f". Named in tickets: {_names(one.named)}" if one.named else ""
    mark = ":red_circle:" if one.is_systemic else ":white_circle:"
    return f"{mark} *{one.policy.label}*: {counted}{figures}{named}"


def _names(found: Sequence[str]) -> str:
    shown = ", ".join(escape(one) for one in found[:SHOWN])
    more = len(found) - SHOWN
    return plural(more, "{shown} and 1 more", "{shown} and {count} more", shown=shown) if more > 0 else shown
