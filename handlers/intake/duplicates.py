"""The same again: "that is it" in the form, "me too" anywhere, and merging by those who may."""

from bot.context import Desk
from bot.services.intake import duplicates
from bot.services.tickets import lists
from bot.views import form
from bot.views.intake.suggestions import THAT_IS_IT
from bot.views.tickets.work import read_work_form, ticket_of, work_form
from domain.errors import Refused
from domain.tickets.permissions import Action
from domain.tickets.ticket import Ticket
from handlers.request import Answer, Call, Open, Redraw, say


def that_is_it(desk: Desk, call: Call) -> Answer:
    """A suggestion was the right one: the form is done with, and nothing has to be typed."""
    return Redraw(form.notice("You are counted", _me_too(desk, call)))


def me_too(desk: Desk, call: Call) -> Answer:
    return say(_me_too(desk, call))


def me_too_verb(desk: Desk, call: Call) -> Answer:
    ticket = lists.ticket_by_name(desk, call.text, call.person)
    return say(_counted(*duplicates.me_too(desk, ticket.id, call.person, call.request)))


def merge_verb(desk: Desk, call: Call) -> Answer:
    """`merge PAY-42 PAY-17`, or `merge PAY-42` and a form."""
    names = call.text.replace(" into ", " ").split()
    ticket = lists.ticket_by_name(desk, names[0] if names else "", call.person)
    if len(names) == 1:
        return _merge_form(desk, call, ticket.id)
    return say(_merged(desk, call, ticket, names[1]))


def merge_form(desk: Desk, call: Call) -> Answer:
    return _merge_form(desk, call, call.number)


def merge(desk: Desk, call: Call) -> Answer:
    ticket = lists.ticket_by_id(desk, ticket_of(call.view), call.person)
    name = read_work_form("merge", call.view)["primary"]
    try:
        _merged(desk, call, ticket, name)
    except Refused as no:
        raise Refused(no.text, field="primary") from None
    return None


def unmerge(desk: Desk, call: Call) -> Answer:
    ticket = lists.ticket_by_id(desk, call.number, call.person)
    duplicates.unmerge(desk, ticket.id, call.person, call.request)
    return None


def unmerge_verb(desk: Desk, call: Call) -> Answer:
    ticket = lists.ticket_by_name(desk, call.text, call.person)
    after = duplicates.unmerge(desk, ticket.id, call.person, call.request)
    return say(f"{after.name} stands by itself again.")


def recurs(desk: Desk, call: Call) -> Answer:
    """A new ticket is one that was resolved lately: `new:fixed`."""
    new, _, fixed = call.value.partition(":")
    if not (new.isdecimal() and fixed.isdecimal()):
        return say("This button is out of date.")
    after = duplicates.back_again(desk, int(new), int(fixed), call.person, call.request)
    return say(f"{after.name} is open again, with everybody whom the new one concerns.")


def _merge_form(desk: Desk, call: Call, ticket_id: int | None) -> Answer:
    ticket = lists.ticket_by_id(desk, ticket_id, call.person, Action.MERGE)
    return Open(work_form("merge", ticket, lists.phase_of(desk, ticket)))


def _me_too(desk: Desk, call: Call) -> str:
    ticket = lists.ticket_by_id(desk, call.number, call.person)
    return _counted(*duplicates.me_too(desk, ticket.id, call.person, call.request))


def _counted(ticket: Ticket, new: bool) -> str:
    if not ticket.status.is_open:
        return f"Thank you; the team of {ticket.name} hears that it happens again."
    if new:
        return f"You are counted as affected by {ticket.name}, and hear in your direct messages how it goes on."
    return f"You were counted for {ticket.name} before; that it happened again is noted."


def _merged(desk: Desk, call: Call, ticket: Ticket, name: str) -> str:
    into = lists.ticket_by_name(desk, name, call.person)
    duplicates.merge(desk, ticket.id, into.id, call.person, call.request)
    return f"{ticket.name} is followed up in {into.name}. Everybody whom it concerns hears of it."


COMMANDS = {"metoo": me_too_verb, "merge": merge_verb, "unmerge": unmerge_verb}
ACTIONS = {THAT_IS_IT: that_is_it, "me_too": me_too, "merge": merge_form, "unmerge": unmerge,
           "recurs": recurs}  # fmt: skip
VIEWS = {"merge": merge}
