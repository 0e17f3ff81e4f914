"""`/hypercare status`: the health of Hypercare, and retrying or dropping messages that could not be delivered."""

from bot.context import AppContext
from bot.services.delivery import outbox
from bot.services.tickets import search
from bot.views.operations.health import health
from domain.text import plural
from handlers.request import Answer, Handler, Reply, Request, reply
from handlers.tickets.work import verb_form


def status(app: AppContext, call: Request) -> Answer:
    """`status PAY-42` changes the status of a ticket, `status` alone shows the health of Hypercare."""
    if call.text:
        return verb_form("status", app, call)
    found = outbox.health(app, call.person)
    return Reply(health(found, search.count_kinds(app, call.person, call.channel)))


def retry(app: AppContext, call: Request) -> Answer:
    count = outbox.retry(app, call.number, call.person)
    sentence = plural(count, "Trying again to send 1 message.", "Trying again to send {count} messages.")
    return reply(f"{sentence} `/hypercare status` shows the result.")


def drop(app: AppContext, call: Request) -> Answer:
    count = outbox.drop(app, call.number, call.person)
    return reply(plural(count, "Dropped 1 message. It won't be sent.", "Dropped {count} messages. They won't be sent."))


COMMANDS: dict[str, Handler] = {"status": status}
ACTIONS: dict[str, Handler] = {"retry_message": retry, "drop_message": drop}
