"""What the leads read when a person has left."""

from collections.abc import Sequence
from typing import Any

from bot.views.text import context, message, quote, section
from domain.text import plural
from domain.tickets.ticket import Ticket

MAX_NAMES = 10
Message = dict[str, Any]


def person_left(
    name: str, phase: str, owned: Sequence[Ticket], promised: Sequence[Ticket], doing: Sequence[str],
    rotas: Sequence[str], settings: Sequence[str],
) -> Message:  # fmt: skip
    """Tell the leads of a phase what a deactivated person let go of; `settings` are the places that name them."""
    lines = [
        _tickets(owned, "*{names}* is unassigned again. Assign it to another person.",
                 "*{names}* are unassigned again. Assign them to other people."),
        _tickets(promised, "They promised a date for *{names}*. Check that it still holds.",
                 "They promised dates for *{names}*. Check that they still hold."),
        plural(len(doing), "The action *{names}* has no owner now. `/hypercare actions` lists it.",
               "The actions *{names}* have no owner now. `/hypercare actions` lists them.",
               names=", ".join(doing[:MAX_NAMES])) if doing else "",
        f"Their shifts in {_listed(rotas)} are uncovered, so you're paged instead. "
        "Type `/hypercare oncall override` to fill them." if rotas else "",
    ]  # fmt: skip
    text = f"*{quote(name, 80)}* has left: their Slack account is deactivated."
    body = section("\n".join([text, *(f"• {line}" for line in lines if line)]))
    named = [context(f"The settings of {phase} still name them: {_listed(settings)}.")] if settings else []
    return message(text, [body, *named])


def _tickets(found: Sequence[Ticket], one: str, many: str) -> str:
    names = ", ".join(ticket.name for ticket in found[:MAX_NAMES])
    more = f" and {len(found) - MAX_NAMES} more" if len(found) > MAX_NAMES else ""
    return plural(len(found), one, many, names=names + more) if found else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(quote(name, 40) for name in names)
