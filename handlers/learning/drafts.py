"""The buttons that have a language model draft words, and put them into a form."""

from functools import partial

from bot.context import AppContext
from bot.services.learning import draft_requests, post_mortems
from bot.services.tickets import lists
from bot.views import form
from bot.views.learning import drafts as views
from bot.views.tickets.work import work_form
from domain.knowledge.drafting import DraftKind
from domain.phases.permissions import Action
from domain.tickets import transitions
from domain.tickets.status import Status
from handlers.request import NO_TICKET, Answer, OpenModal, Request, UpdateModal, reply


def ask_about_ticket(kind: DraftKind, app: AppContext, call: Request) -> Answer:
    said = draft_requests.request_about_ticket(app, call.person, kind, call.number or NO_TICKET, call.request)
    return UpdateModal(form.notice("Draft", said)) if call.view else reply(said)


def ask_about_phase(kind: DraftKind, app: AppContext, call: Request) -> Answer:
    return reply(draft_requests.request_about_phase(app, call.person, kind, call.value, call.request))


def use_resolution(app: AppContext, call: Request) -> Answer:
    """Open the form that resolves the ticket, filled with the draft."""
    about, text = views.read_use(call.value)
    number = int(about) if about.isdecimal() and len(about) < 19 else None
    ticket = lists.ticket_by_id(app, number, call.person, Action.WORK)
    if ticket.status is not Status.RECEIVED:  # which the form acknowledges with it
        transitions.check(ticket, Status.RESOLVED)
    return OpenModal(work_form("resolve", ticket, lists.phase_of(app, ticket), {"explanation": text}))


def use_post_mortem(app: AppContext, call: Request) -> Answer:
    """Open the form of the post-mortem, with the draft below what was learned."""
    about, text = views.read_use(call.value)
    return OpenModal(post_mortems.open_form(app, call.person, about, text))


ACTIONS = {
    views.SUMMARY: partial(ask_about_ticket, DraftKind.SUMMARY),
    views.RESOLUTION: partial(ask_about_ticket, DraftKind.RESOLUTION),
    views.POST_MORTEM: partial(ask_about_phase, DraftKind.POST_MORTEM),
    views.THEMES: partial(ask_about_phase, DraftKind.THEMES),
    views.USE_RESOLUTION: use_resolution,
    views.USE_POST_MORTEM: use_post_mortem,
}
