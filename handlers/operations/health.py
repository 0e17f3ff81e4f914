"""How the desk itself is, and mending letters that could not be delivered."""

from bot.context import Desk
from bot.services.delivery import messages
from bot.views.operations.health import health
from handlers.request import Answer, Call, Handler, Say, say
from handlers.tickets.work import verb_form


def status(desk: Desk, call: Call) -> Answer:
    """`status PAY-42` is about a ticket; `status` alone about the desk."""
    if call.text:
        return verb_form("status", desk, call)
    return Say(health(messages.health(desk, call.person)))


def retry(desk: Desk, call: Call) -> Answer:
    count = messages.retry(desk, call.number, call.person)
    return say(f"Trying again: {_letters(count)}. `/hypercare status` shows what becomes of it.")


def drop(desk: Desk, call: Call) -> Answer:
    count = messages.drop(desk, call.number, call.person)
    return say(f"Dropped: {_letters(count)}. Nobody will be told of it again.")


def _letters(count: int) -> str:
    return f"{count} letter{'s' if count != 1 else ''}"


COMMANDS: dict[str, Handler] = {"status": status}
ACTIONS: dict[str, Handler] = {"retry_letter": retry, "drop_letter": drop}
