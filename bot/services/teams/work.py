"""What people of a team do with tickets from their chat in Microsoft Teams: look at one, acknowledge and resolve it."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bot.context import AppContext
from bot.services.followup import verification
from bot.services.tickets import lists, work
from bot.views.teams import card as views
from domain.errors import Refused, Repeated
from domain.phases.permissions import NO_SUCH_TICKET, Action, Person, is_responder
from domain.teams.incoming import TeamsActivity
from domain.text import from_outside, shorten
from domain.tickets.closing import Solution
from domain.tickets.ticket import TEXT_LIMIT, Fix, Ticket
from storage.transaction import Transaction


def account_of(app: AppContext, activity: TeamsActivity) -> Person | None:
    """Return the person of the Slack workspace who acts in Teams; None where their addresses don't prove it.

    Teams and Slack are asked, so never call it within a transaction.
    """
    address = app.look_up_in_teams(activity.service_url, activity.conversation, activity.account)
    profile = app.look_up_address(address) if address else None
    if profile is None or profile.deleted or profile.is_bot:
        return None
    with app.transaction() as tx:
        tx.profiles.save(profile)
        return app.known_person(tx, profile.id)


def card_of(app: AppContext, person: Person | None, name: str) -> dict[str, Any]:
    """Return the card of a ticket for a person with an account; Refused when they can't see it in Teams."""
    if person is None:
        raise Refused(NO_SUCH_TICKET)
    try:
        ticket = lists.ticket_by_name(app, name, person)
    except Refused:
        raise Refused(NO_SUCH_TICKET) from None
    return _card(app, ticket, person)


def act(app: AppContext, person: Person | None, values: Mapping[str, Any], ticket_id: int, key: str) -> dict[str, Any]:
    """Acknowledge or resolve a ticket, once; return its card as it is then, also when it was done before."""
    if person is None:
        raise Refused(NO_SUCH_TICKET)
    _card(app, lists.ticket_by_id(app, ticket_id, person, Action.WORK), person)
    with suppress(Repeated):  # the card may not have been queued, where the process died in between
        if values["do"] == views.ACKNOWLEDGE:
            work.acknowledge(app, ticket_id, person, key)
        else:
            verification.resolve(app, ticket_id, person, _solution(values), key)
    return _card(app, lists.ticket_by_id(app, ticket_id, person, Action.WORK), person)


def replace_card(app: AppContext, tx: Transaction, person: str, message_id: int | None, card: dict[str, Any]) -> bool:
    """Put a card in the place of an earlier message in a person's own chat; return whether there is one."""
    if message_id is None or not tx.teams_people.is_message_of(person, message_id):
        return False
    tx.outbox.update(tx.outbox.get_lane_of(message_id), message_id, card, at=app.now())
    return True


def _card(app: AppContext, ticket: Ticket, person: Person) -> dict[str, Any]:
    """Return the card of a ticket; private and anonymous tickets stay in Slack, as for every other system."""
    if ticket.private or ticket.anonymous:
        raise Refused(views.ONLY_IN_SLACK)
    phase = lists.phase_of(app, ticket)
    return views.ticket_card(ticket, phase, may_work=is_responder(person, phase))


def _solution(values: Mapping[str, Any]) -> Solution:
    given = {name: shorten(from_outside(values[name]), TEXT_LIMIT) for name in ("explanation", "test")
             if isinstance(values.get(name), str)}  # fmt: skip
    fix = str(values.get("fix"))
    return Solution(explanation=given.get("explanation", ""), test=given.get("test", ""),
                    fix=Fix(fix) if fix in [*Fix] else None)  # fmt: skip
