"""The command, buttons, forms and the message shortcut for decisions, and how a ticket's change is delivered."""

from functools import partial

from bot.context import AppContext
from bot.services.decisions import decisions
from bot.services.tickets import work
from bot.views.choices import phase_of
from bot.views.decisions import decisions as views
from bot.views.incoming import read_message
from bot.views.text import summary_of
from domain.decisions.decision import QUESTION_LIMIT
from domain.text import shorten
from domain.tickets.ticket import ChangeScope
from handlers.request import Answer, OpenModal, Reply, Request
from handlers.tickets.work import press


def show(app: AppContext, call: Request) -> Answer:
    return Reply(decisions.page(app, call.person, call.channel, (call.value or call.text).split()))


def add(app: AppContext, call: Request) -> Answer:
    return OpenModal(decisions.open_add_form(app, call.person, call.value, channel=call.channel))


def capture(app: AppContext, call: Request) -> Answer:
    """Open the form for a decision with the words of a message, and a link to it."""
    message = call.payload.get("message") or {}
    question = shorten(summary_of(read_message(message).text), QUESTION_LIMIT)
    source = app.permalink(call.channel, str(message.get("ts") or "")) if call.channel else ""
    return OpenModal(decisions.open_add_form(app, call.person, "", question, call.channel, source))


def save(app: AppContext, call: Request) -> Answer:
    decisions.add(app, call.person, phase_of(call.view), views.read_add_form(call.view), call.request)
    return None


def reverse(app: AppContext, call: Request) -> Answer:
    return OpenModal(decisions.open_reverse_form(app, call.person, call.number or 0))


def open_form(app: AppContext, call: Request) -> Answer:
    return OpenModal(decisions.open_decide_form(app, call.person, call.number or 0))


def decide(app: AppContext, call: Request) -> Answer:
    found = decisions.get_decision(app, call.person, views.decision_of(call.view))
    choice, rationale = views.read_decide_form(call.view, found)
    decisions.decide(app, call.person, found.id, choice, rationale, call.request)
    return None


def open_outcome(app: AppContext, call: Request) -> Answer:
    return OpenModal(decisions.open_outcome_form(app, call.person, call.number or 0))


def save_outcome(app: AppContext, call: Request) -> Answer:
    found = decisions.get_decision(app, call.person, views.decision_of(call.view))
    done, outcome = views.read_outcome_form(call.view, found)
    decisions.record_outcome(app, call.person, found.id, done, outcome, call.request)
    return None


COMMANDS = {"decisions": show}
ACTIONS = {
    views.LIST: show, views.ADD: add, views.REVERSE: reverse, views.DECIDE: open_form, views.OUTCOME: open_outcome,
    **{scope.value: partial(press, partial(work.set_scope, scope=scope)) for scope in ChangeScope},
}  # fmt: skip
VIEWS = {views.ADD: save, views.DECIDE: decide, views.OUTCOME: save_outcome}
SHORTCUTS = {views.CAPTURE: capture}
