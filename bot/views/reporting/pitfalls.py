"""The pitfalls message for leads: which pitfalls exceed their threshold, and what needs attention."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.text import Block, context, message, quote, section
from domain.phases.phase import Phase
from domain.reporting.pitfalls import Pitfall, PitfallCheck
from domain.text import plural
from domain.tickets.ticket import Ticket

MAX_TICKETS = 20  # of each pitfall
UNKNOWN = ":white_circle:"  # neither good nor bad
LIST_TITLES = {Pitfall.OVERLOAD: "Unassigned for more than eight hours:"}


def page(phase: Phase, checks: Sequence[PitfallCheck], tickets: Mapping[int, Ticket], thanks: int) -> dict[str, Any]:
    """`thanks` is the number of thanks in the last four weeks."""
    exceeded = sum(check.is_exceeded for check in checks)
    title = plural(
        exceeded,
        "{phase}: 1 of {total} pitfalls needs attention",
        "{phase}: {count} of {total} pitfalls need attention",
        none="{phase}: none of {total} pitfalls needs attention",
        phase=quote(phase.name),
        total=len(checks),
    )
    blocks: list[Block] = [section(f"*{title}*")]
    for check in checks:
        is_checked = check.pitfall is not Pitfall.BLAME or phase.conversations.blame_hints
        blocks += _check(check, [tickets[id_] for id_ in check.tickets if id_ in tickets], is_checked=is_checked)
    blocks.append(context(f"Thanks in the last four weeks: {thanks}. Say thank you with `/hypercare thanks`."))
    return message(title, blocks)


def _check(check: PitfallCheck, tickets: Sequence[Ticket], *, is_checked: bool) -> list[Block]:
    known = UNKNOWN if check.value is None else ":white_check_mark:"
    mark = ":warning:" if check.is_exceeded else known
    unknown = check.pitfall.unknown if is_checked else "not checked"
    value = unknown if check.value is None else check.pitfall.sentence(check.value)
    line = f"{mark} *{check.pitfall.label}*: {value} (threshold {check.threshold:g})"
    head = [LIST_TITLES[check.pitfall]] if tickets and check.pitfall in LIST_TITLES else []
    rows = [f"• *{one.name}* {quote(one.summary, 90)}" for one in tickets[:MAX_TICKETS]]
    rest = [f"… and {len(tickets) - MAX_TICKETS} more"] if len(tickets) > MAX_TICKETS else []
    details = (
        [context("\n".join((*head, *rows, *rest, *(f"• {one}" for one in check.lines))))]
        if tickets or check.lines
        else []
    )
    return [section(line), *details]
