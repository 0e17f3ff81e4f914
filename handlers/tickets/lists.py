"""Looking things up: the menu, the help, one ticket, and a person's own reports."""

from bot.context import AppContext
from bot.services.tickets import lists
from bot.services.tickets.links import link_to
from bot.views.home import help as help_views
from bot.views.tickets import priority as priority_views
from bot.views.tickets import ticket as views
from domain.phases.permissions import Action, Person, may
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from handlers.request import Answer, OpenModal, Reply, Request


def menu(app: AppContext, call: Request) -> Answer:
    return Reply(help_views.menu())


def help_(app: AppContext, call: Request) -> Answer:
    return Reply(help_views.help_text(call.text.lower()))


def unknown(app: AppContext, call: Request) -> Answer:
    return Reply(help_views.unknown(call.text))


def mine(app: AppContext, call: Request) -> Answer:
    empty = "You haven't reported anything yet. `/hypercare report` opens the form."
    return Reply(views.listing("Your reports", lists.mine(app, call.person), empty))


def show(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_name(app, call.text, call.person)
    return Reply(views.summary(ticket, link_to(app, ticket)))


def show_button(app: AppContext, call: Request) -> Answer:
    """Open a modal with everything about the ticket."""
    ticket = lists.ticket_by_id(app, call.number, call.person)
    why = priority_views.full(ticket, lists.weighed(app, ticket))
    said, offers = lists.conversation(app, ticket, call.person), _offers(app, ticket, call.person)
    return OpenModal(views.details(ticket, lists.history(app, ticket), said, why=why, offers=offers))


def _offers(app: AppContext, ticket: Ticket, person: Person) -> list[tuple[str, str]]:
    """Return this person's buttons; each permission is checked again when one is pressed."""
    phase = lists.phase_of(app, ticket)
    edit = [("details", "Add details")] if may(person, Action.ADD_DETAILS, ticket, phase) else []
    open_ = ticket.status.is_open
    concerned = lists.is_affected(app, ticket, person)
    too = [("me_too", "Me too" if open_ else "Happened again")] if not concerned or not open_ else []
    too = [] if ticket.status in (Status.WITHDRAWN, Status.MERGED) else too
    watch = [("follow", "Follow")] if open_ and not concerned else []
    work = open_ and may(person, Action.WORK, ticket, phase)
    promise = [("promise", "Promise date")] if work else []
    merge = [("merge", "Merge")] if open_ and may(person, Action.MERGE, ticket, phase) else []
    call = [("escalate", "Escalate")] if open_ else []
    return [*edit, *too, *watch, *promise, *merge, *call]


COMMANDS = {"": menu, "help": help_, "mine": mine, "show": show}
ACTIONS = {"show": show_button, "mine": mine}
