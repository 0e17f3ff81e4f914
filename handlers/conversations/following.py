"""Following a ticket, and saying how much of it one wants to hear."""

from bot.context import Desk
from bot.services.conversations import followers
from bot.services.tickets import lists
from bot.views.conversations import following as views
from domain.conversations.following import Wants
from domain.errors import Refused
from domain.spelling import nearest
from handlers.request import Answer, Call, say


def follow_verb(desk: Desk, call: Call) -> Answer:
    """`follow PAY-42 [all | changes | resolution | mute]`."""
    name, _, said = call.text.partition(" ")
    ticket = lists.ticket_by_name(desk, name, call.person)
    wants = _wants(said.strip().lower() or Wants.ALL)
    return say(views.said(followers.follow(desk, ticket.id, call.person, wants, call.request), wants))


def unfollow_verb(desk: Desk, call: Call) -> Answer:
    ticket = lists.ticket_by_name(desk, call.text, call.person)
    followers.follow(desk, ticket.id, call.person, Wants.NOTHING, call.request)
    return say(views.said(ticket, Wants.NOTHING))


def follow(desk: Desk, call: Call) -> Answer:
    ticket = lists.ticket_by_id(desk, call.number, call.person)
    followers.follow(desk, ticket.id, call.person, Wants.ALL, call.request)
    return say(views.said(ticket, Wants.ALL))


def wants(desk: Desk, call: Call) -> Answer:
    """The menu of a follower's first message: `42:changes`."""
    ticket_id, _, said = call.value.partition(":")
    ticket = lists.ticket_by_id(desk, int(ticket_id) if ticket_id.isdecimal() else None, call.person)
    followers.follow(desk, ticket.id, call.person, _wants(said), call.request)
    return say(views.said(ticket, _wants(said)))


def _wants(said: str) -> Wants:
    if said in list(Wants):
        return Wants(said)
    guess = nearest(said, [one.value for one in Wants])
    raise Refused(
        f"There is {', '.join(f'`{one}`' for one in Wants)}." + (f" Did you mean `{guess}`?" if guess else "")
    )


COMMANDS = {"follow": follow_verb, "unfollow": unfollow_verb}
ACTIONS = {"follow": follow, views.WANTS: wants}
