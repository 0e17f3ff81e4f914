"""The five pitfalls as leads read them: which are over their threshold, and what offends."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.text import Block, context, quote, section
from domain.phases.phase import Phase
from domain.reporting.pitfalls import Pitfall, PitfallCheck
from domain.tickets.ticket import Ticket

NAMED = 20  # offending tickets of each
BESIDES = {Pitfall.OVERLOAD: "Nobody has had these for more than eight hours:"}  # what its tickets are


def page(phase: Phase, checks: Sequence[PitfallCheck], tickets: Mapping[int, Ticket], thanks: int) -> dict[str, Any]:
    """`thanks` are the words of thanks that were said lately."""
    over = [check for check in checks if check.is_over]
    title = (
        f"{quote(phase.name)}: {len(over)} of {len(checks)} pitfalls" if over else f"{quote(phase.name)}: no pitfall"
    )
    blocks: list[Block] = [section(f"*{title}*")]
    for check in checks:
        blocks += _check(check, [tickets[id_] for id_ in check.tickets if id_ in tickets])
    blocks.append(context(f"Words of thanks in the last four weeks: {thanks}. `/hypercare thanks` says one."))
    return {"text": title, "blocks": blocks}


def _check(check: PitfallCheck, offending: Sequence[Ticket]) -> list[Block]:
    mark = ":warning:" if check.is_over else ":white_check_mark:"
    value = "too little is known yet" if check.value is None else f"{check.value:g} {check.pitfall.measures}"
    word = "over" if check.is_over else "within"
    line = f"{mark} *{check.pitfall.label}*: {value} ({word} the threshold of {check.threshold:g})"
    head = [BESIDES[check.pitfall]] if offending and check.pitfall in BESIDES else []
    rows = [f"• *{one.name}* {quote(one.summary, 90)}" for one in offending[:NAMED]]
    rest = [f"… and {len(offending) - NAMED} more"] if len(offending) > NAMED else []
    said = (
        [context("\n".join((*head, *rows, *rest, *(f"• {one}" for one in check.lines))))]
        if offending or check.lines
        else []
    )
    return [section(line), *said]
