"""`/hypercare rules`: the rules of a phase, their bounds and log, and the dry run."""

from bot.context import AppContext
from bot.services.automation import overview
from bot.views.automation import rules as views
from handlers.request import Answer, Handler, Reply, Request


def show(app: AppContext, call: Request) -> Answer:
    return Reply(overview.page(app, call.person, call.channel, call.text.split()))


def try_out(app: AppContext, call: Request) -> Answer:
    return Reply(overview.dry_run(app, call.person, call.channel, call.value.split()))


def show_list(app: AppContext, call: Request) -> Answer:
    return Reply(overview.page(app, call.person, call.channel, call.value.split()))


def show_log(app: AppContext, call: Request) -> Answer:
    return Reply(overview.log(app, call.person, call.channel, call.value.split()))


COMMANDS: dict[str, Handler] = {"rules": show}
ACTIONS: dict[str, Handler] = {views.LIST: show_list, views.TRY: try_out, views.LOG: show_log}
