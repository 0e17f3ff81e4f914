"""The team's buttons, commands and forms, and the reporter's answers to "Is this fixed?"."""

from collections.abc import Callable
from functools import partial

from bot.blame import find_blame
from bot.context import AppContext
from bot.services.followup import deferral, promises, verification, waiting
from bot.services.oncall import escalations
from bot.services.tickets import lists, work
from bot.views.blame_hint import is_checked
from bot.views.form import Values
from bot.views.text import when
from bot.views.tickets.ticket import DETAILS
from bot.views.tickets.work import FORMS, PUBLIC_TEXTS, draft_of, read_work_form, solution, ticket_of, work_form
from domain.errors import Refused
from domain.followup.promises import PromiseKind
from domain.phases.permissions import Action, Person
from domain.tickets import closing, transitions
from domain.tickets.status import Status
from domain.tickets.ticket import Deferral, Severity, Ticket
from handlers.request import NO_TICKET, Answer, Handler, OpenModal, Request, UpdateModal, reply
from handlers.tickets.lists import everything

# The form behind each name, and who may open it; the permission is checked again when it is submitted.
OPENS = {
    "resolve": Action.WORK, "promise": Action.WORK, "reject": Action.REOPEN, "reopen": Action.REOPEN,
    "waiting": Action.WORK, "defer": Action.DEFER, "status": Action.WORK, "severity": Action.SEVERITY,
    "assign": Action.ASSIGN, "escalate": Action.SEE, "close": Action.CLOSE,
}  # fmt: skip
ENDS_IN = {"resolve": Status.RESOLVED, "waiting": Status.WAITING, "defer": Status.DEFERRED, "close": Status.WITHDRAWN}
WEIGHED = ("urgency", "business", "people", "effort")
Service = Callable[..., Ticket]


def open_form(name: str, app: AppContext, call: Request) -> Answer:
    """Open a form for the ticket that the button carries or the command names."""
    ticket = lists.ticket_by_id(app, call.number, call.person, OPENS[name])
    _check_state(name, ticket)
    return OpenModal(work_form("reject" if name == "reopen" else name, ticket, lists.phase_of(app, ticket)))


def _check_state(name: str, ticket: Ticket) -> None:
    """Refuse a form whose change the ticket's state would refuse at the end."""
    if name in ("reject", "reopen"):
        closing.check_reopen(ticket)
    elif name in ENDS_IN and ticket.status is not Status.RECEIVED:
        if ticket.status is not ENDS_IN[name] or name != "defer":  # a deferral may get another date
            transitions.check(ticket, ENDS_IN[name])
    elif name in ("assign", "severity", "promise", "escalate") and not ticket.status.is_open:
        raise Refused(f"{ticket.name} is {ticket.status.label}. Reopen it first.")


def press(service: Service, app: AppContext, call: Request) -> Answer:
    """Carry out a button that needs no form."""
    ticket_id = call.number or NO_TICKET
    service(app, ticket_id, call.person, request=call.request)
    if call.view.get("callback_id") == DETAILS:  # pressed in the full ticket, which shows what has become of it
        return UpdateModal(everything(app, ticket_id, call.person), quietly=True)
    return None


def more(app: AppContext, call: Request) -> Answer:
    """Open the form that was chosen in the card's overflow menu: `severity:42`."""
    name, _, ticket_id = call.value.partition(":")
    if name not in OPENS:
        return reply("This menu is out of date. Please use the newest card.")
    return open_form(name, app, _with_value(call, ticket_id))


def verb_form(name: str, app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_name(app, call.text, call.person)
    return open_form(name, app, _with_value(call, str(ticket.id)))


def verb(service: Service, done: str, app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_name(app, call.text, call.person)
    after = service(app, ticket.id, call.person, request=call.request)
    return reply(done.format(ticket=after.name))


def submit(name: str, app: AppContext, call: Request) -> Answer:
    """Carry out a submitted form; the permission is checked again."""
    given = read_work_form(name, call.view)
    if hinted := _blame_hint(name, app, call, given):
        return hinted
    SUBMITS[name](app, ticket_of(call.view), call.person, given, call.request)
    return None


def _blame_hint(name: str, app: AppContext, call: Request, given: Values) -> OpenModal | None:
    """Return the form with a hint when a text in it blames a person, once; the writer decides."""
    texts = {field: str(given[field]) for field in PUBLIC_TEXTS.get(name, ()) if given.get(field)}
    if not (texts and is_checked(call.view)):
        return None
    ticket = lists.ticket_by_id(app, ticket_of(call.view), call.person, OPENS[name])
    phase = lists.phase_of(app, ticket)
    blame = {field: words for field, text in texts.items() if (words := find_blame(text, phase))}
    return OpenModal(work_form(name, ticket, phase, draft_of(name, call.view), blame)) if blame else None


Submit = Callable[[AppContext, int, Person, Values, str], Ticket]
SUBMITS: dict[str, Submit] = {
    "resolve": lambda app, id_, who, v, key: verification.resolve(app, id_, who, solution(v), key),
    "reject": lambda app, id_, who, v, key: verification.reopen(app, id_, who, v["why"], key),
    "waiting": lambda app, id_, who, v, key: waiting.ask_reporter(app, id_, who, v["question"], key),
    "promise": lambda app, id_, who, v, key: promises.make_promise(
        app, id_, who, PromiseKind(v["promise"]), v["by"], v.get("words", ""), key
    ),
    "defer": lambda app, id_, who, v, key: deferral.defer(
        app, id_, who, Deferral(v["reason"]), v.get("text", ""), v.get("date"), key
    ),
    "status": lambda app, id_, who, v, key: work.set_status(
        app, id_, who, Status(v["status"]), key, by=v.get("by"), why=v.get("words", "")
    ),
    "severity": lambda app, id_, who, v, key: work.weigh(
        app, id_, who, Severity(v["severity"]), v.get("why", ""), {n: v[n] for n in WEIGHED if n in v}, key
    ),
    "close": lambda app, id_, who, v, key: work.close(app, id_, who, v["reason"], key),
    "escalate": lambda app, id_, who, v, key: escalations.escalate(app, id_, who, v["reason"], key),
    "assign": lambda app, id_, who, v, key: work.assign(app, id_, who, v["owner"], key),
}


def holds(app: AppContext, call: Request) -> Answer:
    """Record that the person who promised keeps the date: `fix:42`."""
    kind, _, ticket_id = call.value.partition(":")
    if kind not in list(PromiseKind) or not ticket_id.isdecimal():
        return reply("This question is out of date.")
    kept = promises.confirm_promise(app, int(ticket_id), call.person, PromiseKind(kind), call.request)
    return reply(f"Thank you. The promised date stays {when(kept.due)}.")


def _with_value(call: Request, value: str) -> Request:
    return Request(person=call.person, request=call.request, channel=call.channel, value=value, view=call.view)


COMMANDS: dict[str, Handler] = {
    "ack": partial(verb, work.acknowledge, "You acknowledged {ticket}."),
    "take": partial(verb, work.take, "{ticket} is assigned to you."),
    "withdraw": partial(verb, work.withdraw, "You withdrew {ticket}. `/hypercare reopen {ticket}` takes that back."),
    **{
        name: partial(verb_form, name)
        for name in ("resolve", "reopen", "assign", "defer", "escalate", "promise", "close")
    },
}
ACTIONS: dict[str, Handler] = {
    "acknowledge": partial(press, work.acknowledge),
    "take": partial(press, work.take),
    "confirm": partial(press, verification.confirm),
    "cannot_check": partial(press, verification.cannot_check),
    "holds": holds,
    "withdraw": partial(press, work.withdraw),
    "more": more,
    **{name: partial(open_form, name) for name in OPENS},
}
VIEWS: dict[str, Handler] = {name: partial(submit, name) for name in FORMS if name in SUBMITS}
