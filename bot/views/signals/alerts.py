"""Alerts on a card, and what a team reads when they are over or come again."""

from typing import Any

from bot.views.text import actions, button, escape, message, quote, section, when
from domain.signals.summary import AlertLine, AlertSummary
from domain.text import plural, shorten
from domain.tickets.ticket import SUMMARY_LIMIT, Ticket

AGAIN = "The alert fires again."
WORSE = "A worse alert fires."
RECOVERED = "All its alerts are over."


def storm_summary(first: str) -> str:
    """Return the summary of a ticket about many alerts."""
    return shorten(f"Many alerts at once. The worst: {first}", SUMMARY_LIMIT)


def on_card(found: AlertSummary) -> str:
    """Return the alerts of a ticket as mrkdwn lines."""
    firing = plural(found.firing, "1 is firing", "{count} are firing") if found.firing else "none is firing"
    total = plural(found.alerts, "1 in all", "{count} in all")
    lines = [f"*Alerts:* {firing} · {total} · last {when(found.last_at)}"]
    if found.left_out:
        lines.append(_left_out(found.left_out))
    return "\n".join([*lines, *map(alert_line, found.shown)])


def alert_line(alert: AlertLine) -> str:
    """Return one alert with its link; nothing in it can ping or format."""
    title = quote(alert.title, 120)
    named = f"<{escape(alert.link)}|{title.replace('|', '/')}>" if alert.link else title
    return f":red_circle: {named}" if alert.is_firing else f":white_circle: {named}"


def _left_out(count: int) -> str:
    return plural(count, "The sender left out 1 more alert, so this list is not complete.",
                  "The sender left out {count} more alerts, so this list is not complete.")  # fmt: skip


def recovered(ticket: Ticket, left_out: int) -> dict[str, Any]:
    """Ask the team whether a ticket whose alerts are over is resolved."""
    text = f"All alerts of *{ticket.name}* that we know of are over. If the problem is fixed, resolve it."
    if left_out:
        text = f"{text} {_left_out(left_out)}"
    return message(text, [section(text), actions(button("Resolve", "resolve", str(ticket.id)))])


def resolved(ticket: Ticket) -> dict[str, Any]:
    """Tell the team that a ticket that no one had taken is resolved."""
    return message(f"All alerts of *{ticket.name}* are over and no one had taken it, so it's resolved. "
                   "It opens again if the alert fires again.")  # fmt: skip
