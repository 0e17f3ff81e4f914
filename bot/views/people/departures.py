"""What the leads read when a person has left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.views.text import context, message, quote, section
from domain.text import plural

MAX_NAMES = 10
Message = dict[str, Any]
Names = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a person held in a phase, by the names of tickets, actions, decisions and sessions.

    `settings` are the places of the settings that name the person.
    """

    owned: Names = ()
    promised: Names = ()
    war_rooms: Names = ()
    actions: Names = ()
    decisions: Names = ()
    sessions: Names = ()
    rotas: Names = ()
    settings: Names = ()

    def __bool__(self) -> bool:
        return any((self.owned, self.promised, self.war_rooms, self.actions, self.decisions, self.sessions, self.rotas,
                    self.settings))  # fmt: skip


def person_left(name: str, phase: str, held: Held) -> Message:
    """Tell the leads of a phase what a deactivated person let go of, and what waits for them still."""
    lines = [
        _named(held.owned, "*{names}* is unassigned again. Assign it to another person.",
               "*{names}* are unassigned again. Assign them to other people."),
        _named(held.promised, "They promised a date for *{names}*. Check that it still holds.",
               "They promised dates for *{names}*. Check that they still hold."),
        _named(held.actions, "The action *{names}* has no owner now. `/hypercare actions` lists it.",
               "The actions *{names}* have no owner now. `/hypercare actions` lists them."),
        _named(held.decisions, "*{names}* waits for their decision. Decide it with `/hypercare decisions`.",
               "*{names}* wait for their decision. Decide them with `/hypercare decisions`."),
        _named(held.war_rooms, "They have a role in the war room of *{names}*. Give it to another person.",
               "They have roles in the war rooms of *{names}*. Give them to other people."),
        _named(held.sessions, "They host the session *{names}*. Choose another host, or cancel it.",
               "They host the sessions *{names}*. Choose other hosts, or cancel them."),
        f"Their shifts in {_listed(held.rotas)} are uncovered, so you're paged instead. "
        "Type `/hypercare oncall override` to fill them." if held.rotas else "",
    ]  # fmt: skip
    text = f"*{quote(name, 80)}* has left: their Slack account is deactivated."
    body = section("\n".join([text, *(f"• {line}" for line in lines if line)]))
    still = f"The settings of {phase} still name them: {_listed(held.settings)}."
    return message(text, [body, *([context(still)] if held.settings else [])])


def _named(found: Names, one: str, many: str) -> str:
    names = ", ".join(quote(name, 40) for name in found[:MAX_NAMES])
    more = f" and {len(found) - MAX_NAMES} more" if len(found) > MAX_NAMES else ""
    return plural(len(found), one, many, names=names + more) if found else ""


def _listed(names: Names) -> str:
    return ", ".join(quote(name, 40) for name in names)
