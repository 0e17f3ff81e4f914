"""Lists and search: filters, pages, saved lists, known issues, and changing many tickets at once."""

from bot.context import AppContext
from bot.services.followup import verification
from bot.services.home.homes import open_home
from bot.services.knowledge import articles
from bot.services.tickets import bulk_changes, search
from bot.services.tickets.lists import role_of
from bot.views import form
from bot.views.tickets import search as views
from bot.views.tickets.search import PAGE
from bot.views.tickets.work import solution
from domain.errors import Refused
from domain.tickets.ticket import Severity
from handlers.request import Answer, OpenModal, Reply, Request, UpdateModal


def list_(app: AppContext, call: Request) -> Answer:
    return Reply(_page(app, call, call.text, 0))


def list_button(app: AppContext, call: Request) -> Answer:
    return Reply(_page(app, call, call.value, 0))


def turn(app: AppContext, call: Request) -> Answer:
    """Replace the page with the next or the previous one."""
    asked, number = views.turned(call.value)
    return Reply(_page(app, call, asked, number), replace=True)


def find(app: AppContext, call: Request) -> Answer:
    found = search.find(app, call.person, call.text, call.channel, PAGE)
    helpful = articles.find(app, call.person, call.text, call.channel)
    works, _ = role_of(app, call.person)
    return Reply(views.page(call.text, found, 0, more=False, team=works, articles=helpful))


def known(app: AppContext, call: Request) -> Answer:
    helpful = articles.list_newest(app, call.person, call.channel)
    return Reply(views.known_issues(search.known_issues(app, call.person, call.channel, PAGE), helpful))


def save(app: AppContext, call: Request) -> Answer:
    return OpenModal(views.name_form(call.value))


def saved(app: AppContext, call: Request) -> Answer:
    name = form.read(call.view, (views.NAME,))["name"]
    search.save_view(app, call.person, name, str(form.metadata(call.view).get("filter") or ""))
    open_home(app, call.person)
    return None


def open_view(app: AppContext, call: Request) -> Answer:
    return Reply(_page(app, call, search.view(app, call.person, call.value), 0))


def drop_view(app: AppContext, call: Request) -> Answer:
    search.drop_view(app, call.person, call.value)
    open_home(app, call.person)
    return None


def bulk(app: AppContext, call: Request) -> Answer:
    """Open the form for changing many: `bulk open module:checkout`, or the button below a list."""
    asked = call.value or call.text
    if not asked:
        raise Refused("Please say which tickets, as in `bulk open module:checkout`.")
    if not search.is_lead_here(app, call.person, call.channel):
        raise Refused("Only leads can change many tickets at once.")
    found, more = search.page(app, call.person, asked, call.channel, skip=0, limit=bulk_changes.MAX_TICKETS)
    if more or not found:
        raise Refused(
            f"You can change at most {bulk_changes.MAX_TICKETS} tickets at once. Please narrow the filter."
            if more
            else "No tickets match that filter."
        )
    return OpenModal(views.bulk_form(asked, found))


def bulk_action(app: AppContext, call: Request) -> Answer:
    """Add the fields of the chosen action to the form."""
    data = form.metadata(call.view)
    found, _ = search.page(app, call.person, str(data.get("filter") or ""), "", skip=0, limit=bulk_changes.MAX_TICKETS)
    kept = [t for t in found if t.id in (data.get("ids") or ())]
    chosen = form.draft(call.view, (views.ACTION,))["action"]
    return UpdateModal(views.bulk_form(str(data.get("filter") or ""), kept, chosen))


def bulk_done(app: AppContext, call: Request) -> Answer:
    ids, values = views.read_bulk(call.view)
    match values["action"]:
        case "assign":
            bulk_changes.assign_all(app, ids, call.person, values["owner"], call.request, values.get("why", ""))
        case "severity":
            bulk_changes.set_severity_all(app, ids, call.person, Severity(values["severity"]), call.request)
        case "resolve":
            verification.resolve_all(app, ids, call.person, solution(values), call.request)
    return None


def _page(app: AppContext, call: Request, asked: str, number: int) -> dict[str, object]:
    found, more = search.page(app, call.person, asked, call.channel, skip=number * PAGE, limit=PAGE)
    lead = bool(found) and search.is_lead_here(app, call.person, call.channel)
    total = search.count(app, call.person, asked, call.channel)
    works, _ = role_of(app, call.person)
    return views.page(asked, found, number, more=more, team=works, total=total, lead=lead, now=app.now())


COMMANDS = {"list": list_, "find": find, "known": known, "bulk": bulk}
ACTIONS = {
    "list": list_button, "known": known, "action": bulk_action, views.TURN: turn, views.SAVE: save,
    views.OPEN_VIEW: open_view, views.DROP: drop_view, views.BULK: bulk,
}  # fmt: skip
VIEWS = {views.SAVE: saved, views.BULK: bulk_done}
