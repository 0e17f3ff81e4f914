"""How the desk itself is, and mending letters that could not be delivered."""

from bot.context import AppContext
from bot.services.delivery import outbox
from bot.views.operations.health import health
from handlers.request import Answer, Handler, Reply, Request, reply
from handlers.tickets.work import verb_form


def status(app: AppContext, call: Request) -> Answer:
    """`status PAY-42` is about a ticket; `status` alone about the desk."""
    if call.text:
        return verb_form("status", app, call)
    return Reply(health(outbox.health(app, call.person)))


def retry(app: AppContext, call: Request) -> Answer:
    count = outbox.retry(app, call.number, call.person)
    return reply(f"Trying again: {_letters(count)}. `/hypercare status` shows what becomes of it.")


def drop(app: AppContext, call: Request) -> Answer:
    count = outbox.drop(app, call.number, call.person)
    return reply(f"Dropped: {_letters(count)}. Nobody will be told of it again.")


def _letters(count: int) -> str:
    return f"{count} letter{'s' if count != 1 else ''}"


COMMANDS: dict[str, Handler] = {"status": status}
ACTIONS: dict[str, Handler] = {"retry_message": retry, "drop_message": drop}
