"""Looking: the menu, help, one ticket, my tickets, the open desk."""

from bot.context import Desk
from bot.services.tickets import lists
from bot.views.home import help as help_views
from bot.views.tickets import priority as priority_views
from bot.views.tickets import ticket as views
from domain.tickets.permissions import Action, Person, may
from domain.tickets.ticket import Status, Ticket
from handlers.request import Answer, Call, Open, Say


def menu(desk: Desk, call: Call) -> Answer:
    return Say(help_views.menu())


def help_(desk: Desk, call: Call) -> Answer:
    return Say(help_views.help_text(call.text.lower()))


def unknown(desk: Desk, call: Call) -> Answer:
    return Say(help_views.unknown(call.text))


def mine(desk: Desk, call: Call) -> Answer:
    empty = "You have not reported anything yet. `/hypercare report` opens the form."
    return Say(views.listing("Your reports", lists.mine(desk, call.person), empty))


def show(desk: Desk, call: Call) -> Answer:
    return Say(views.summary(lists.ticket_by_name(desk, call.text, call.person)))


def show_button(desk: Desk, call: Call) -> Answer:
    """Everything about the ticket, in a modal."""
    ticket = lists.ticket_by_id(desk, call.number, call.person)
    why = priority_views.full(ticket, lists.weighed(desk, ticket))
    said, offers = lists.conversation(desk, ticket, call.person), _offers(desk, ticket, call.person)
    return Open(views.details(ticket, lists.history(desk, ticket), said, why=why, offers=offers))


def _offers(desk: Desk, ticket: Ticket, person: Person) -> list[tuple[str, str]]:
    """The buttons that this person gets; each right is asked again when one is pressed."""
    phase = lists.phase_of(desk, ticket)
    edit = [("details", "Add details")] if may(person, Action.ADD_DETAILS, ticket, phase) else []
    open_ = ticket.status.is_open
    concerned = lists.is_affected(desk, ticket, person)
    too = [("me_too", "I am affected too" if open_ else "It happens again")] if not concerned or not open_ else []
    too = [] if ticket.status in (Status.WITHDRAWN, Status.MERGED) else too
    watch = [("follow", "Follow")] if open_ and not concerned else []
    work = open_ and may(person, Action.WORK, ticket, phase)
    promise = [("promise", "Promise a day")] if work else []
    merge = [("merge", "Merge into another")] if open_ and may(person, Action.MERGE, ticket, phase) else []
    call = [("escalate", "Escalate")] if open_ else []
    return [*edit, *too, *watch, *promise, *merge, *call]


COMMANDS = {"": menu, "help": help_, "mine": mine, "show": show}
ACTIONS = {"show": show_button, "mine": mine}
