"""What a gateway knows of a report, on its card and in its form."""

from collections.abc import Sequence

from bot.views.text import escape
from domain.gateways.knowledge import EndpointKnowledge
from domain.text import plural

SHOWN_CODES = 3


def on_card(found: Sequence[EndpointKnowledge]) -> str:
    """Return what the gateway saw around a report, as mrkdwn lines."""
    return "\n".join(["*API gateway, from 30 minutes before to 10 after:*", *(f"• {line(one)}" for one in found)])


def in_form(found: Sequence[EndpointKnowledge]) -> str:
    """Return what the gateway has seen in the last 30 minutes, for the person who reports."""
    return "\n".join(
        f"The API gateway has seen this too: {line(one)}." if one.is_seen else f"The API gateway: {line(one)}."
        for one in found
    )


def line(one: EndpointKnowledge) -> str:
    """Return an endpoint's requests, errors and p95 in one line."""
    counted = plural(one.sums.requests, "{endpoint} had 1 request", "{endpoint} had {count} requests",
                     endpoint=escape(one.endpoint))  # fmt: skip
    parts = [f"{counted}, {_errors(one)}"]
    p95 = one.sums.latency.quantile(0.95)
    if p95 is not None:
        parts.append(f"95 % within {p95:,.0f} ms")
    return ", ".join(parts)


def _errors(one: EndpointKnowledge) -> str:
    if not one.sums.errors:
        return "all answered"
    codes = [(code, count) for code, count in one.sums.codes.most_common() if code >= 400][:SHOWN_CODES]
    named = ", ".join(f"{count} × {code}" for code, count in codes)
    share = f"{100 * one.sums.errors / one.sums.requests:.1f} % went wrong"
    return f"{share} ({named})" if named else share
