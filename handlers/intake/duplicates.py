"""Handlers for duplicates: "Same problem" in the form, "Me too", merging and unmerging."""

from bot.context import AppContext
from bot.services.intake import duplicates
from bot.services.tickets import lists
from bot.views import form
from bot.views.intake.suggestions import SAME_PROBLEM
from bot.views.tickets.work import merge_form as merge_view
from bot.views.tickets.work import read_merge_form, ticket_of
from domain.errors import Refused
from domain.phases.permissions import Action
from domain.tickets.ticket import Ticket
from domain.typed import ticket_names
from handlers.request import Answer, OpenModal, Request, UpdateModal, reply


def same_problem(app: AppContext, call: Request) -> Answer:
    """Add the person to a suggested ticket and close the form."""
    return UpdateModal(form.notice("You're affected", _me_too(app, call)))


def me_too(app: AppContext, call: Request) -> Answer:
    return reply(_me_too(app, call))


def me_too_verb(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_name(app, call.text, call.person)
    return reply(_counted(*duplicates.add_affected(app, ticket.id, call.person, call.request)))


def merge_verb(app: AppContext, call: Request) -> Answer:
    """`merge PAY-42 PAY-17`, or `merge PAY-42` and a form."""
    names = ticket_names(call.text).replace(" into ", " ").split()
    ticket = lists.ticket_by_name(app, names[0] if names else "", call.person)
    if len(names) == 1:
        return _merge_form(app, call, ticket.id)
    return reply(_merged(app, call, ticket, names[1]))


def merge_form(app: AppContext, call: Request) -> Answer:
    return _merge_form(app, call, call.number)


def merge(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_id(app, ticket_of(call.view), call.person)
    into, name = read_merge_form(call.view)
    try:
        chosen = lists.ticket_by_name(app, name, call.person) if name else lists.ticket_by_id(app, into, call.person)
        duplicates.merge(app, ticket.id, chosen.id, call.person, call.request)
    except Refused as no:
        raise no.under("primary") from None
    return None


def unmerge(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_id(app, call.number, call.person)
    duplicates.unmerge(app, ticket.id, call.person, call.request)
    return None


def unmerge_verb(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_name(app, call.text, call.person)
    after = duplicates.unmerge(app, ticket.id, call.person, call.request)
    return reply(f"{after.name} is a separate ticket again.")


def recurs(app: AppContext, call: Request) -> Answer:
    """Reopen a resolved ticket and merge the new one into it; the value is `new:fixed`."""
    new, _, fixed = call.value.partition(":")
    if not (new.isdecimal() and fixed.isdecimal()):
        return reply("This button is out of date. Open the ticket and use *Merge* instead.")
    after = duplicates.reopen_and_merge(app, int(new), int(fixed), call.person, call.request)
    return reply(f"{after.name} is open again, and the followers of the new ticket now follow it.")


def _merge_form(app: AppContext, call: Request, ticket_id: int | None) -> Answer:
    ticket = lists.ticket_by_id(app, ticket_id, call.person, Action.MERGE)
    phase = lists.phase_of(app, ticket)
    targets = duplicates.list_merge_targets(app, ticket, phase, call.person)
    return OpenModal(merge_view(ticket, targets))


def _me_too(app: AppContext, call: Request) -> str:
    ticket = lists.ticket_by_id(app, call.number, call.person)
    return _counted(*duplicates.add_affected(app, ticket.id, call.person, call.request))


def _counted(ticket: Ticket, new: bool) -> str:
    if not ticket.status.is_open:
        return f"Thank you. We've told the team that {ticket.name} is happening again."
    if new:
        return f"You're now listed as affected by {ticket.name}. We'll send you updates in a direct message."
    return f"You're already listed as affected by {ticket.name}. We've noted that it happened again."


def _merged(app: AppContext, call: Request, ticket: Ticket, name: str) -> str:
    into = lists.ticket_by_name(app, name, call.person)
    duplicates.merge(app, ticket.id, into.id, call.person, call.request)
    return f"{ticket.name} is merged into {into.name}. Its followers will get the updates of {into.name}."


COMMANDS = {"metoo": me_too_verb, "merge": merge_verb, "unmerge": unmerge_verb}
ACTIONS = {SAME_PROBLEM: same_problem, "me_too": me_too, "merge": merge_form, "unmerge": unmerge,
           "recurs": recurs}  # fmt: skip
VIEWS = {"merge": merge}
