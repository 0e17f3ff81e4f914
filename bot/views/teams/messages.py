"""What a channel of Microsoft Teams reads: digests, and the course of severe tickets."""

from collections.abc import Mapping
from typing import Any

from bot.views import outside
from bot.views.text import Block, header, message, quote, section, when
from domain.text import NAME_CLOSE, NAME_OPEN
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Ticket

Message = dict[str, Any]
TITLES = {
    EventKind.OPENED: "{ticket}: a {severity} problem was reported",
    EventKind.SEVERITY: "{ticket} is {severity} now",
    EventKind.RESOLVED: "{ticket} is resolved",
    EventKind.REOPENED: "{ticket} was reopened",
}
NEXT = {
    EventKind.RESOLVED: "The people who have the problem are asked whether it is fixed.",
    EventKind.REOPENED: "It isn't fixed yet, so the team looks into it again.",
}
TAKEN, FREE = "{owner} looks into it.", "No one has taken it yet."
REPORTED = "Reported {when}."
OPEN, ANSWER = "Open in Slack", "Work on it here"
# Opens a person's chat with the bot, with a message to it already written:
# https://learn.microsoft.com/en-us/microsoftteams/platform/concepts/build-and-test/deep-link-teams
CHAT = "https://teams.microsoft.com/l/chat/0/0?users=28:{bot}&message={ticket}"


def ticket_news(ticket: Ticket, event: Event, link: str, zone: str, bot: str = "") -> Message:
    """Return what happened to a ticket; `zone` is the time zone of its times, and `bot` the id of the bot, if any."""
    title = TITLES[event.kind].format(ticket=ticket.name, severity=ticket.severity.value)
    owner = f"{NAME_OPEN}{ticket.owner}{NAME_CLOSE}"
    what_next = NEXT.get(event.kind) or (TAKEN.format(owner=owner) if ticket.owner else FREE)
    lines = [f"*{quote(ticket.summary)}*", f"{REPORTED.format(when=when(ticket.opened_at))} {what_next}"]
    made = _sent(message(title, [header(title), section("\n".join(lines))]), link, zone)
    chat = {"label": ANSWER, "url": CHAT.format(bot=bot, ticket=ticket.name)}
    return made | {"chat": chat} if bot else made


def digest(content: Mapping[str, Any], link: str, zone: str) -> Message:
    """Return a digest as it is posted in Slack, without its buttons, which only work there."""
    blocks: list[Block] = [one for one in content.get("blocks") or () if one["type"] != "actions"]
    return _sent({**content, "blocks": blocks or [section(str(content["text"]))]}, link, zone)


def _sent(content: Mapping[str, Any], link: str, zone: str) -> Message:
    found = outside.with_times(outside.without_mentions(content), zone)
    return found | {"link": {"label": OPEN, "url": link}}
