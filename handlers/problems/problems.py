"""The command, buttons and forms for problems, and answers to why in their threads."""

from bot.context import AppContext
from bot.services.problems import problems
from bot.views.problems import problems as views
from handlers.request import Answer, OpenModal, Reply, Request


def show_list(app: AppContext, call: Request) -> Answer:
    return Reply(problems.listing(app, call.person, call.channel, (call.value or call.text).split()))


def show(app: AppContext, call: Request) -> Answer:
    return OpenModal(problems.show(app, call.person, call.number or 0))


def add(app: AppContext, call: Request) -> Answer:
    return OpenModal(problems.open_add_form(app, call.person, call.value, call.channel))


def save(app: AppContext, call: Request) -> Answer:
    key, ticket_id = views.target_of(call.view)
    about = str(ticket_id) if ticket_id else key
    chosen = views.read_add_form(call.view, problems.list_open(app, call.person, about))
    problems.add(app, call.person, about, *chosen, call.request)
    return None


def cause(app: AppContext, call: Request) -> Answer:
    return OpenModal(problems.open_cause_form(app, call.person, call.number or 0))


def save_cause(app: AppContext, call: Request) -> Answer:
    problem_id = views.problem_of(call.view)
    said = views.read_cause_form(call.view, problems.branches_of(app, call.person, problem_id))
    problems.add_cause(app, call.person, problem_id, *said, call.request)
    return None


def solve(app: AppContext, call: Request) -> Answer:
    return OpenModal(problems.open_solve_form(app, call.person, call.number or 0))


def save_solution(app: AppContext, call: Request) -> Answer:
    problems.solve(app, call.person, views.problem_of(call.view), *views.read_solve_form(call.view), call.request)
    return None


COMMANDS = {"problems": show_list}
ACTIONS = {views.LIST: show_list, views.SHOW: show, views.ADD: add, views.CAUSE: cause, views.SOLVE: solve}
VIEWS = {views.ADD: save, views.CAUSE: save_cause, views.SOLVE: save_solution}
