"""Looking things up: the menu, the help, one ticket, and a person's own reports."""

from typing import Any

from bot.context import AppContext
from bot.services.tickets import lists
from bot.services.tickets.links import link_to
from bot.services.tickets.lists import TicketDetails
from bot.views.actions import actions as action_views
from bot.views.decisions import decisions as decision_views
from bot.views.home import help as help_views
from bot.views.learning import drafts as draft_views
from bot.views.problems import problems as problem_views
from bot.views.tickets import judgement as judgement_views
from bot.views.tickets import priority as priority_views
from bot.views.tickets import ticket as views
from bot.views.warroom import war_rooms as war_room_views
from domain.phases.permissions import Action, Person, is_lead, may
from domain.tickets.status import Status
from domain.tickets.ticket import ChangeScope, Ticket
from handlers.request import Answer, OpenModal, Reply, Request


def menu(app: AppContext, call: Request) -> Answer:
    return Reply(help_views.menu())


def help_(app: AppContext, call: Request) -> Answer:
    works, leads = lists.role_of(app, call.person)
    return Reply(help_views.help_text((call.value or call.text).lower(), works=works, leads=leads))


def unknown(app: AppContext, call: Request) -> Answer:
    return Reply(help_views.unknown(call.text))


def mine(app: AppContext, call: Request) -> Answer:
    empty = "You haven't reported anything yet. `/hypercare report` opens the form."
    return Reply(views.listing("Your reports", lists.mine(app, call.person), empty, app.now()))


def show(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_name(app, call.text, call.person)
    return Reply(views.summary(ticket, link_to(app, ticket)))


def show_button(app: AppContext, call: Request) -> Answer:
    """Open a modal with everything about the ticket."""
    return OpenModal(everything(app, call.number, call.person))


def everything(app: AppContext, ticket_id: int | None, person: Person) -> dict[str, Any]:
    """Return the modal with everything about a ticket, and what this person can do with it."""
    found = lists.details(app, ticket_id, person)
    why = priority_views.full(found.ticket, found.inputs, found.phase.user_count)
    offers = _offers(found, person)
    plan = action_views.on_ticket(found.planned, found.phase.local_date(app.now()))
    return views.details(found.ticket, found.events, found.said, why=why, offers=offers, links=found.links, plan=plan)


def _offers(found: TicketDetails, person: Person) -> list[tuple[str, str]]:
    """Return this person's buttons, next steps first; each permission is checked again when one is pressed."""
    ticket, phase, concerned = found.ticket, found.phase, found.is_affected
    edit = [("details", "Add details")] if may(person, Action.ADD_DETAILS, ticket, phase) else []
    open_ = ticket.status.is_open
    too = [("me_too", "Me too" if open_ else "Happened again")] if not concerned or not open_ else []
    too = [] if ticket.status in (Status.WITHDRAWN, Status.MERGED) else too
    watch = [("follow", "Follow")] if open_ and not concerned else []
    call = [("escalate", "Escalate")] if open_ and ticket.report.type.is_work else []
    return [*_work_offers(found, person), *edit, *too, *watch, *call]


def _work_offers(found: TicketDetails, person: Person) -> list[tuple[str, str]]:
    """Return the buttons with which the team changes a ticket in its present state."""
    ticket, phase = found.ticket, found.phase
    allowed = {action for action in Action if may(person, action, ticket, phase)}
    open_, deferred = ticket.status.is_open, ticket.status is Status.DEFERRED
    again = ticket.status in (Status.RESOLVED, Status.VERIFIED, Status.DEFERRED, Status.WITHDRAWN)
    open_ = open_ and ticket.report.type.is_work  # praise is thanked for, and nothing else is to be done
    active = open_ and not deferred
    rows = (
        ("acknowledge", "Acknowledge", Action.WORK, open_ and ticket.status is Status.RECEIVED),
        ("take", "Take", Action.WORK, active and ticket.owner != person.id),
        ("reply", "Reply", Action.WORK, ticket.status not in (Status.MERGED, Status.WITHDRAWN)),
        ("waiting", "Ask reporter", Action.WORK, active and ticket.status is not Status.WAITING),
        ("resolve", "Resolve", Action.WORK, active),
        ("status", "Change status", Action.WORK, open_),
        ("severity", "Change severity", Action.SEVERITY, open_),
        ("assign", "Assign", Action.ASSIGN, open_),
        ("promise", "Promise date", Action.WORK, open_),
        *(
            (scope.value, scope.label, Action.WORK, scope is not ticket.scope and _is_accepted(ticket))
            for scope in ChangeScope
        ),
        (decision_views.ADD, "Add decision", Action.WORK, ticket.status not in (Status.MERGED, Status.WITHDRAWN)),
        (
            judgement_views.JUDGE,
            "Judge",
            Action.WORK,
            _is_accepted(ticket) and (ticket.judgement is None or is_lead(person, phase)),
        ),
        (problem_views.ADD, "Add problem", Action.WORK, not ticket.private and _is_accepted(ticket)),
        (war_room_views.OPEN, "War room", Action.WORK, open_),
        (action_views.ADD, "Add action", Action.WORK, ticket.status not in (Status.MERGED, Status.WITHDRAWN)),
        ("defer", "Change date" if deferred else "Defer", Action.DEFER, open_),
        ("merge", "Merge", Action.MERGE, open_),
        ("unmerge", "Unmerge", Action.MERGE, ticket.status is Status.MERGED),
        ("reopen", "Reopen", Action.REOPEN, again),
        ("close", "Close", Action.CLOSE, open_),
    )
    issue = [("issue", "Create issue", Action.WORK, open_)] if found.may_get_issue else []
    drafted = [(draft_views.SUMMARY, "Summarize", Action.WORK, found.may_be_drafted),
               (draft_views.RESOLUTION, "Draft solution", Action.WORK, found.may_be_drafted and active)]  # fmt: skip
    return [(name, label) for name, label, action, fits in (*rows, *issue, *drafted) if fits and action in allowed]


def _is_accepted(ticket: Ticket) -> bool:
    return ticket.status not in (Status.RECEIVED, Status.MERGED, Status.WITHDRAWN)


COMMANDS = {"": menu, "help": help_, "mine": mine, "show": show}
ACTIONS = {"show": show_button, "mine": mine, "help": help_}
