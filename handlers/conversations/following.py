"""Following a ticket, and choosing which of its updates to get."""

from bot.context import AppContext
from bot.services.conversations import followers
from bot.services.tickets import lists
from bot.views.conversations import following as views
from domain.conversations.following import FollowLevel
from domain.errors import Refused
from domain.spelling import nearest
from domain.typed import ticket_names
from handlers.request import Answer, Request, reply


def follow_verb(app: AppContext, call: Request) -> Answer:
    """`follow PAY-42 [all | changes | resolution | mute]`."""
    name, _, level = ticket_names(call.text).partition(" ")
    ticket = lists.ticket_by_name(app, name, call.person)
    wants = _wants(level.strip().lower() or FollowLevel.ALL)
    return reply(views.confirmation(followers.follow(app, ticket.id, call.person, wants, call.request), wants))


def unfollow_verb(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_name(app, call.text, call.person)
    followers.follow(app, ticket.id, call.person, FollowLevel.NOTHING, call.request)
    return reply(views.confirmation(ticket, FollowLevel.NOTHING))


def follow(app: AppContext, call: Request) -> Answer:
    ticket = lists.ticket_by_id(app, call.number, call.person)
    followers.follow(app, ticket.id, call.person, FollowLevel.ALL, call.request)
    return reply(views.confirmation(ticket, FollowLevel.ALL))


def wants(app: AppContext, call: Request) -> Answer:
    """The menu of a follower's first message: `42:changes`."""
    ticket_id, _, level = call.value.partition(":")
    ticket = lists.ticket_by_id(app, int(ticket_id) if ticket_id.isdecimal() else None, call.person)
    followers.follow(app, ticket.id, call.person, _wants(level), call.request)
    return reply(views.confirmation(ticket, _wants(level)))


def _wants(level: str) -> FollowLevel:
    if level in list(FollowLevel):
        return FollowLevel(level)
    guess = nearest(level, [one.value for one in FollowLevel])
    choose = f"Choose one of {', '.join(f'`{one}`' for one in FollowLevel)}."
    raise Refused(f"{choose} Did you mean `{guess}`?" if guess else choose)


COMMANDS = {"follow": follow_verb, "unfollow": unfollow_verb}
ACTIONS = {"follow": follow, views.WANTS: wants}
