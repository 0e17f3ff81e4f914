"""The short state of API gateways in the App Home."""

from collections.abc import Sequence

from bot.views.text import Block, escape, header, section, when
from domain.gateways.overview import LATELY, ApiState, wrong
from domain.text import plural

SHOWN = 5  # phases
BURNING = 3  # endpoints of a phase
MINUTES = int(LATELY.total_seconds() // 60)


def on_home(found: Sequence[ApiState]) -> list[Block]:
    """Return one section about the gateways of a person's phases; nothing without any."""
    if not found:
        return []
    return [{"type": "divider"}, header("API gateway"), section("\n".join(map(_lines, found[:SHOWN])))]


def _lines(one: ApiState) -> str:
    lines = [f"*{escape(one.phase)}*, {when(one.at)}: {_requests(one)}. `/hypercare api {one.key}` shows more."]
    if one.burning:
        more = len(one.burning) - BURNING
        named = ", ".join(escape(endpoint) for endpoint in one.burning[:BURNING])
        if more > 0:
            named = plural(more, "{named} and 1 more", "{named} and {count} more", named=named)
        lines.append(f":fire: Missing their targets now: {named}")
    return "\n".join(lines)


def _requests(one: ApiState) -> str:
    count = one.outcomes.total()
    if not count:
        return f"no requests in the last {MINUTES} minutes"
    rate, share = f"{count / LATELY.total_seconds():.2f}", f"{100 * wrong(one.outcomes) / count:.1f}"
    told = f"{rate} requests a second in the last {MINUTES} minutes, {share} % went wrong"
    return told if one.p95 is None else f"{told}, 95 % at the busiest endpoints within {one.p95:,.0f} ms"
