"""Paged lists of tickets, the known issues, and the forms to save a list and to change many tickets."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, FormField, PersonInput, TextInput
from bot.views.knowledge import articles as knowledge
from bot.views.text import Block, actions, address, button, context, escape, message, quote, section
from bot.views.tickets.ticket import headline, row
from bot.views.tickets.work import FIX, TEST, UNTESTED
from domain.address import Address, is_channel
from domain.knowledge.article import Article
from domain.text import plural
from domain.tickets.ticket import Severity, Ticket

CHANNEL = re.compile(r"(?<!\S)channel:(\S+)")  # of a filter, which names channels by id
PAGE = 10  # tickets on one page
LONGEST = 1500  # characters of a filter that a button carries
EVERYTHING = "Open tickets, most urgent first"  # the title of a list without a filter
TURN, SAVE, DROP, OPEN_VIEW, BULK = "turn", "save_view", "drop_view", "open_view", "bulk"
REMOVED = ("Remove this list?", "Its tickets stay as they are.", "Remove")
NAME = TextInput(id="name", label="Name", required=True, multiline=False, limit=60, placeholder="My criticals",
            error="The name is empty. Enter one.")  # fmt: skip
ACTION = ChoiceInput(
    id="action", label="Action", required=True, dispatches=True,
    options=(("assign", "Assign", ""), ("severity", "Change severity", ""), ("resolve", "Resolve", "")),
)  # fmt: skip
ASKED: dict[str, tuple[FormField, ...]] = {
    "assign": (PersonInput(id="owner", label="Owner", required=True),
               TextInput(id="why", label="Reason", required=True, multiline=False, limit=300,
                         hint="The team reads it, and each ticket keeps it",
                         error="The reason is empty. Say why they get a new owner.")),
    "severity": (ChoiceInput(id="severity", label="Severity", required=True,
                        options=tuple((s.value, s.capitalize(), s.meaning) for s in Severity)),),
    "resolve": (TextInput(id="explanation", label="What was done", required=True, hint="Each reporter reads this",
                     error="The explanation is empty. Say in plain words what was done."), FIX, TEST, UNTESTED),
}  # fmt: skip


def page(
    asked: str, tickets: Sequence[Ticket], number: int, *, more: bool, team: bool, total: int | None = None,
    lead: bool = False, now: datetime | None = None, articles: Sequence[Article] = (),
) -> dict[str, Any]:  # fmt: skip
    """Return one page of a list, with the buttons to the other pages and articles; page numbers start at 0.

    `total` is how many tickets the list has in all, where that is known. The `team` reads priorities too.
    """
    title = _title(asked)
    if not tickets and number == 0:
        text = f"No tickets match {title}." if asked else "There are no open tickets."
        return message(text, [section(text), *knowledge.known(articles)])
    first = number * PAGE + 1
    span = f"{first} to {first + len(tickets) - 1}" if tickets else "no more tickets"
    span = f"{span} of {total}" if total is not None else span
    turns = [
        *([button("Back", f"{TURN}:back", turning(asked, number - 1))] if number else []),
        *([button("Next", f"{TURN}:next", turning(asked, number + 1))] if more else []),
        *([button("Save list", SAVE, asked[:LONGEST])] if asked else []),
        *([button("Change all", BULK, asked[:LONGEST] or "open")] if lead else []),
    ]
    blocks = [section(f"*{title}* · {span}"), *(row(t, now, team=team) for t in tickets), *knowledge.known(articles)]
    names = ", ".join(t.name for t in tickets)
    return message(f"{escape(asked) or EVERYTHING}: {names}", [*blocks, actions(*turns)] if turns else blocks)


def _title(asked: str) -> str:
    """Return what was asked for, with a channel as people see it; Slack shows no channel inside of code."""
    found = CHANNEL.search(asked)
    place = found if found and is_channel(found[1]) and Address.parse(found[1]).is_place else None
    words = " ".join(CHANNEL.sub("", asked, count=1).split()) if place else asked
    shown = [f"`{escape(words)}`"] if words else []
    return " in ".join([*shown, address(place[1])] if place else shown) or EVERYTHING


def turning(asked: str, number: int) -> str:
    """Return the value of a button that leads to another page."""
    return json.dumps([asked[:LONGEST], number], ensure_ascii=False)


def turned(value: str) -> tuple[str, int]:
    """Return the filter and the page number in the value of such a button."""
    try:
        match json.loads(value):
            case [str(asked), int(number)] if 0 <= number < 1000:
                return asked, number
    except ValueError:
        pass
    return "", 0


def known_issues(tickets: Sequence[Ticket], articles: Sequence[Article] = ()) -> dict[str, Any]:
    """Return the known issues with status, number of affected people and workaround, and articles."""
    if not tickets:
        text = "There are no known issues right now."
        return message(text, [section(text), *knowledge.known(articles)])
    blocks: list[Block] = [
        section("*Known issues*. If you're affected too, press *Me too*, and we'll send you the updates.")
    ]
    for ticket in tickets:
        around = f"\n_Workaround:_ {quote(ticket.workaround, 300)}" if ticket.workaround else ""
        people = plural(max(ticket.affected, 1), "1 person affected", "{count} people affected")
        text = f"{headline(ticket)}\n{ticket.status.label.capitalize()} · {people}{around}"
        blocks.append(
            section(
                text, accessory=button("Me too", f"me_too:{ticket.id}", str(ticket.id), name=f"Me too: {ticket.name}")
            )
        )
    return message(f"Known issues: {', '.join(t.name for t in tickets)}", [*blocks, *knowledge.known(articles)])


def name_form(asked: str) -> Block:
    """Return the form that asks for the name of a saved list."""
    return form.modal(SAVE, "Save list", (NAME,), metadata={"filter": asked},
                      before=[section(f"`{escape(asked)}`")])  # fmt: skip


def views_home(views: Mapping[str, str]) -> list[Block]:
    """Return the saved lists for the App Home."""
    blocks: list[Block] = [{"type": "header", "text": {"type": "plain_text", "text": "Your lists"}}] if views else []
    for n, (name, asked) in enumerate(views.items()):
        buttons = actions(
            button("Open", f"{OPEN_VIEW}:{n}", name, name=f"Open list {name}"),
            button("Remove", f"{DROP}:{n}", name, name=f"Remove list {name}", confirm=REMOVED),
        )
        blocks += [section(f"*{escape(name)}* · `{escape(asked)}`"), buttons]
    return blocks


def bulk_form(asked: str, tickets: Sequence[Ticket], action: str = "") -> Block:
    """Return the form that changes many tickets; choosing an action adds its fields."""
    names = ", ".join(t.name for t in tickets)
    fields = (ACTION, *ASKED.get(action, ()))
    count = plural(len(tickets), "*1 ticket*: {names}", "*{count} tickets*: {names}", names=escape(names)[:2500])
    note = context("Each reporter gets a message about their ticket. The team gets one message about all of them.")
    carried = {"filter": asked, "ids": [t.id for t in tickets]}
    return form.modal(BULK, "Change tickets", fields, values={"action": action}, submit="Apply", metadata=carried,
                      before=[section(count), note])  # fmt: skip


def read_bulk(view: Mapping[str, Any]) -> tuple[list[int], form.Values]:
    """Return the ids of the tickets and the values of the form; raises form.InvalidForm with every error."""
    ids = [i for i in form.metadata(view).get("ids") or () if type(i) is int]
    values = form.read(view, (ACTION, *chain(*ASKED.values())))
    if any(field.required and field.id not in values for field in ASKED[values["action"]]):
        raise form.InvalidForm({"action": "This form is out of date. Choose the action again."})
    return ids, values
