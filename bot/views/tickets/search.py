"""Lists that are paged in place, the board of known issues, and the small forms around them."""

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, FormField, PersonInput, TextInput
from bot.views.text import Block, actions, button, context, escape, quote, section
from bot.views.tickets.ticket import headline, row
from bot.views.tickets.work import FIX, TEST, UNTESTED
from domain.tickets.ticket import Severity, Ticket

PAGE = 10  # tickets on one page
LONGEST = 1500  # characters of a filter that a button carries
EVERYTHING = "Open, most urgent first"  # what a list is called that nothing was asked of
TURN, SAVE, DROP, OPEN_VIEW, BULK = "turn", "save_view", "drop_view", "open_view", "bulk"
NAME = TextInput(id="name", label="Name", required=True, multiline=False, limit=60, placeholder="My criticals",
            error="Please give it a name.")  # fmt: skip
ACTION = ChoiceInput(
    id="action", label="What is to be done", required=True, told=True,
    options=(("assign", "Give to somebody", ""), ("severity", "Change severity", ""), ("resolve", "Resolve", "")),
)  # fmt: skip
ASKED: dict[str, tuple[FormField, ...]] = {
    "assign": (PersonInput(id="owner", label="To whom", required=True),),
    "severity": (ChoiceInput(id="severity", label="Severity", required=True,
                        options=tuple((s.value, s.capitalize(), s.meaning) for s in Severity)),),
    "resolve": (TextInput(id="explanation", label="What was done", required=True, hint="Each reporter reads this",
                     error="Please say in plain words what was done."), FIX, TEST, UNTESTED),
}  # fmt: skip


def page(asked: str, tickets: Sequence[Ticket], number: int, *, more: bool, lead: bool = False) -> dict[str, Any]:
    """One page of a list, with the buttons that turn it; page numbers start at 0."""
    title = f"`{escape(asked)}`" if asked else EVERYTHING
    if not tickets and number == 0:
        text = f"Nothing fits {title}." if asked else "Nothing is open."
        return {"text": text, "blocks": [section(text)]}
    first = number * PAGE + 1
    span = f"{first} to {first + len(tickets) - 1}" if tickets else "no more"
    turns = [
        *([button("Back", f"{TURN}:back", turning(asked, number - 1))] if number else []),
        *([button("Next", f"{TURN}:next", turning(asked, number + 1))] if more else []),
        *([button("Save this list", SAVE, asked[:LONGEST])] if asked else []),
        *([button("Change all of it", BULK, asked[:LONGEST] or "open")] if lead else []),
    ]
    blocks = [section(f"*{title}* · {span}"), *(row(t) for t in tickets)]
    names = ", ".join(t.name for t in tickets)
    return {"text": f"{asked or EVERYTHING}: {names}", "blocks": [*blocks, actions(*turns)] if turns else blocks}


def turning(asked: str, number: int) -> str:
    """What a button that turns the page carries."""
    return json.dumps([asked[:LONGEST], number], ensure_ascii=False)


def turned(value: str) -> tuple[str, int]:
    """The filter and the page that a button claims."""
    try:
        match json.loads(value):
            case [str(asked), int(number)] if 0 <= number < 1000:
                return asked, number
    except ValueError:
        pass
    return "", 0


def known_issues(tickets: Sequence[Ticket]) -> dict[str, Any]:
    """What everybody may know about: how many it concerns, where it stands, and a way around it."""
    if not tickets:
        text = "No issue is known at the moment."
        return {"text": text, "blocks": [section(text)]}
    blocks: list[Block] = [section("*Known issues*. If one is yours too, one click counts you in.")]
    for ticket in tickets:
        around = f"\n_Workaround:_ {quote(ticket.workaround, 300)}" if ticket.workaround else ""
        people = f"{ticket.affected} affected" if ticket.affected > 1 else "1 affected"
        text = f"{headline(ticket)}\n{ticket.status.label.capitalize()} · {people}{around}"
        blocks.append(section(text, accessory=button("Me too", f"me_too:{ticket.id}", str(ticket.id))))
    return {"text": f"Known issues: {', '.join(t.name for t in tickets)}", "blocks": blocks}


def name_form(asked: str) -> Block:
    """Under which name a list is kept."""
    return form.modal(SAVE, "Save this list", (NAME,), metadata={"filter": asked},
                      before=[section(f"`{escape(asked)}`")])  # fmt: skip


def views_home(views: Mapping[str, str]) -> list[Block]:
    """Saved lists, in the App Home."""
    blocks: list[Block] = [{"type": "header", "text": {"type": "plain_text", "text": "Your lists"}}] if views else []
    for n, (name, asked) in enumerate(views.items()):
        buttons = actions(button("Open", f"{OPEN_VIEW}:{n}", name), button("Remove", f"{DROP}:{n}", name))
        blocks += [section(f"*{escape(name)}* · `{escape(asked)}`"), buttons]
    return blocks


def bulk_form(asked: str, tickets: Sequence[Ticket], action: str = "") -> Block:
    """What is to be done with all of them; choosing unfolds what it needs to know."""
    names = ", ".join(t.name for t in tickets)
    fields = (ACTION, *ASKED.get(action, ()))
    count = f"*{len(tickets)} ticket{'s' if len(tickets) != 1 else ''}*: {escape(names)[:2500]}"
    note = context("Each reporter hears what concerns their ticket; the team hears of it once.")
    carried = {"filter": asked, "ids": [t.id for t in tickets]}
    return form.modal(BULK, "Change many", fields, values={"action": action}, submit="Do it", metadata=carried,
                      before=[section(count), note])  # fmt: skip


def read_bulk(view: Mapping[str, Any]) -> tuple[list[int], form.Values]:
    """Which tickets, and what is to be done with them; form.Invalid with every complaint."""
    ids = [i for i in form.metadata(view).get("ids") or () if type(i) is int]
    values = form.read(view, (ACTION, *chain(*ASKED.values())))
    if any(field.required and field.id not in values for field in ASKED[values["action"]]):
        raise form.InvalidForm({"action": "Please choose again what is to be done."})
    return ids, values
