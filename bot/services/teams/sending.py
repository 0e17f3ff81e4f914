"""Make the message in Microsoft Teams that a queued message becomes."""

from bot.context import AppContext
from bot.services.people import names
from bot.views.outside import without_mentions
from bot.views.teams import chat as views
from domain.delivery.message import MessageKind, OutboxMessage
from domain.teams.outgoing import TeamsMessage, TeamsPicture


def message_of(app: AppContext, queued: OutboxMessage, picture: TeamsPicture | None = None) -> TeamsMessage | None:
    """Return the message for a person; None where they or what it replaces are not known any more.

    `picture` is the content of a file that can be shown in the chat.
    """
    ticket_id = queued.lane.ticket_id
    with app.store.read() as tx:
        person = tx.teams_people.find_person(queued.lane.channel)
        ticket = tx.tickets.find_ticket(ticket_id) if ticket_id else None
        replaced = tx.teams_people.find_sent(queued.target) if queued.target else ""
        zone = tx.phases.get(ticket.phase_id).timezone if ticket else str(queued.payload.get("zone") or "UTC")
    if person is None or replaced is None:
        return None
    if queued.verb is MessageKind.FILE:
        payload = {"text": (views.PICTURE if picture else views.FILE).format(name=queued.payload["name"])}
    else:
        payload = names.fill(app, without_mentions(queued.payload))
    buttons = views.buttons_of(payload | {"teams": queued.payload.get("teams")}, queued.target or queued.id)
    return TeamsMessage(
        conversation=person.conversation, service_url=person.service_url, bot=person.bot, account=person.account,
        text=views.words_of(payload, ticket, zone), buttons=buttons, replaces=replaced or "", picture=picture,
    )  # fmt: skip
