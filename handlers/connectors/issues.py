"""`/hypercare issue` and the button: an issue in the phase's tracker for a ticket, a new one or one that exists."""

from dataclasses import replace

from bot.context import AppContext
from bot.services.connectors import outgoing
from bot.services.tickets import lists
from domain.errors import Refused
from handlers.request import NO_TICKET, Answer, Handler, Request, reply

USAGE = "Name a ticket, and the key of an issue that exists if there is one: `issue PAY-42` or `issue PAY-42 OPS-7`."


def command(app: AppContext, call: Request) -> Answer:
    """`issue PAY-42` has an issue made, `issue PAY-42 OPS-7` links that one."""
    words = call.text.split()
    if not 0 < len(words) <= 2:
        raise Refused(USAGE)
    ticket = lists.ticket_by_name(app, words[0], call.person)
    key = words[1].rstrip("/").rpartition("/")[2] if len(words) == 2 else ""
    return _asked(app, call, ticket.id, key)


def press(app: AppContext, call: Request) -> Answer:
    """Have an issue made for the ticket of the button."""
    return _asked(app, call, call.number or NO_TICKET, "")


def press_again(app: AppContext, call: Request) -> Answer:
    """Have a tracker asked again for what it refused."""
    ticket_id, _, system = call.value.partition(":")
    number = replace(call, value=ticket_id).number or NO_TICKET
    ticket, name = outgoing.try_again(app, number, system, call.person, call.request)
    return reply(f"We've asked {name} again. If it refuses once more, the thread of {ticket.name} says why.")


def _asked(app: AppContext, call: Request, ticket_id: int, key: str) -> Answer:
    ticket, name = outgoing.want_issue(app, ticket_id, call.person, key, call.request)
    if key:
        return reply(f"We've asked {name} for {key}. You'll see in the thread of {ticket.name} when it's linked.")
    return reply(f"We've asked {name} to create an issue. Its key appears in the thread of {ticket.name} in a moment.")


COMMANDS: dict[str, Handler] = {"issue": command}
ACTIONS: dict[str, Handler] = {"issue": press, "issue_again": press_again}
