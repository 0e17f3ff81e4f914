"""Lists and search: filters in words, pages turned in place, saved lists, known issues, changes of many at once."""

from bot.context import Desk
from bot.services.home.homes import open_home
from bot.services.tickets import search
from bot.views import form
from bot.views.tickets import search as views
from bot.views.tickets.search import PAGE
from bot.views.tickets.work import solution
from domain.errors import Refused
from domain.tickets.ticket import Severity
from handlers.request import Answer, Call, Open, Redraw, Say


def list_(desk: Desk, call: Call) -> Answer:
    return Say(_page(desk, call, call.text, 0))


def list_button(desk: Desk, call: Call) -> Answer:
    return Say(_page(desk, call, call.value, 0))


def turn(desk: Desk, call: Call) -> Answer:
    """Next or back, in the place of the page that was there."""
    asked, number = views.turned(call.value)
    return Say(_page(desk, call, asked, number), replace=True)


def find(desk: Desk, call: Call) -> Answer:
    found = search.find(desk, call.person, call.text, call.channel, PAGE)
    return Say(views.page(call.text, found, 0, more=False))


def known(desk: Desk, call: Call) -> Answer:
    return Say(views.known_issues(search.known_issues(desk, call.person, call.channel, PAGE)))


def save(desk: Desk, call: Call) -> Answer:
    return Open(views.name_form(call.value))


def saved(desk: Desk, call: Call) -> Answer:
    name = form.read(call.view, (views.NAME,))["name"]
    search.save_view(desk, call.person, name, str(form.metadata(call.view).get("filter") or ""))
    open_home(desk, call.person)
    return None


def open_view(desk: Desk, call: Call) -> Answer:
    return Say(_page(desk, call, search.view(desk, call.person, call.value), 0))


def drop_view(desk: Desk, call: Call) -> Answer:
    search.drop_view(desk, call.person, call.value)
    open_home(desk, call.person)
    return None


def bulk(desk: Desk, call: Call) -> Answer:
    """`bulk open module:checkout`, or the button below a list: what is to be done with all of it."""
    asked = call.value or call.text
    if not asked:
        raise Refused("Please say which tickets, as in `bulk open module:checkout`.")
    found, more = search.page(desk, call.person, asked, call.channel, skip=0, limit=search.MANY)
    if more or not found:
        raise Refused(
            f"At most {search.MANY} are changed together; please narrow it." if more else "Nothing fits that."
        )
    return Open(views.bulk_form(asked, found))


def bulk_action(desk: Desk, call: Call) -> Answer:
    """What is to be done was chosen: the form asks what it needs to know for that."""
    data = form.metadata(call.view)
    found, _ = search.page(desk, call.person, str(data.get("filter") or ""), "", skip=0, limit=search.MANY)
    kept = [t for t in found if t.id in (data.get("ids") or ())]
    chosen = form.draft(call.view, (views.ACTION,))["action"]
    return Redraw(views.bulk_form(str(data.get("filter") or ""), kept, chosen))


def bulk_done(desk: Desk, call: Call) -> Answer:
    ids, values = views.read_bulk(call.view)
    match values["action"]:
        case "assign":
            search.assign_all(desk, ids, call.person, values["owner"], call.request)
        case "severity":
            search.set_severity_all(desk, ids, call.person, Severity(values["severity"]), call.request)
        case "resolve":
            search.resolve_all(desk, ids, call.person, solution(values), call.request)
    return None


def _page(desk: Desk, call: Call, asked: str, number: int) -> dict[str, object]:
    found, more = search.page(desk, call.person, asked, call.channel, skip=number * PAGE, limit=PAGE)
    lead = bool(found) and search.is_lead_here(desk, call.person, call.channel)
    return views.page(asked, found, number, more=more, lead=lead)


COMMANDS = {"list": list_, "find": find, "known": known, "bulk": bulk}
ACTIONS = {
    "list": list_button, "known": known, "action": bulk_action, views.TURN: turn, views.SAVE: save,
    views.OPEN_VIEW: open_view, views.DROP: drop_view, views.BULK: bulk,
}  # fmt: skip
VIEWS = {views.SAVE: saved, views.BULK: bulk_done}
