"""Following topics: a person chooses modules, processes and words, and follows each new ticket about one."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.context import AppContext
from bot.services.phases.forms import PhaseForm
from bot.services.tickets.session import TicketSession
from bot.views.automation import topics as views
from domain.automation.topics import HOURLY_TICKETS, WINDOW, FollowedTopic, first_topic, stems_of
from domain.conversations.following import FollowLevel
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.phases.permissions import Action, Person, may
from domain.tickets.event import EventKind

LEVEL = FollowLevel.CHANGES  # what a person hears of a ticket that they follow because of a topic
FORM = PhaseForm(views.TOPICS, "Follow topics", "Follow topics of {phase}",
                 "Only people of this workspace can follow topics. Ask the team in the channel.")  # fmt: skip
OCCASIONS = (EventKind.OPENED, EventKind.DETAILS)


def open_form(app: AppContext, person: Person, key: str) -> dict[str, Any]:
    """Return the form for a phase's topics; without a key and with several phases, the choice of a phase."""
    return FORM.open(app, person, key, "", lambda tx, phase: views.form_of(
        phase, tx.topics.list_of_person(phase.id, person.id)))  # fmt: skip


def follow(
    app: AppContext, person: Person, key: str, chosen: Sequence[FollowedTopic], request: str | None = None
) -> None:
    """Replace what a person follows in a phase."""
    with app.transaction(request) as tx:
        phase = FORM.choose(tx, person, key)
        tx.topics.replace_of_person(phase.id, person.id, chosen, app.now())


def follow_by_topic(session: TicketSession) -> None:
    """Have people follow a ticket that is about one of their topics, and tell them; private ones tell no one."""
    ticket, phase = session.ticket, session.phase
    is_due = any(event.kind in OCCASIONS for event in session.events)
    is_hidden = session.is_quiet or ticket.private or not phase.is_active
    if not is_due or is_hidden or not session.tx.phases.may_have_topics(phase.id):
        return
    stems = stems_of(ticket)
    found = {person: topic for person, topics in session.tx.topics.get_of_phase(phase.id).items()
             if (topic := first_topic(topics, ticket, stems))}  # fmt: skip
    if found:
        _tell(session, {person: topic for person, topic in found.items() if person not in _knowing(session)})


def _knowing(session: TicketSession) -> set[str]:
    """Return the people who follow the ticket already, have muted it, or have it anyway."""
    ticket = session.ticket
    around = {session.person.id, ticket.reporter, ticket.owner or "", ticket.filed_by or ""}
    return around | {*session.tx.affected.list_people(ticket.id)} | session.tx.topics.list_choosers(ticket.id)


def _tell(session: TicketSession, found: Mapping[str, FollowedTopic]) -> None:
    """Begin to follow for these people, as far as the bound of each allows it."""
    tx, ticket, phase = session.tx, session.ticket, session.phase
    often = tx.topics.count_followed(phase.id, found.keys(), session.at - WINDOW) if found else {}
    for person, topic in found.items():
        if not may(session.app.known_person(tx, person), Action.SEE, ticket, phase):
            continue
        if often.get(person, 0) >= HOURLY_TICKETS:
            _tell_bound(session, person)
            continue
        tx.followers.update_level(ticket.id, person, LEVEL, session.at)
        session.conversation.welcome(person, views.about_topic(ticket, topic, LEVEL))


def _tell_bound(session: TicketSession, person: str) -> None:
    """Tell a person once an hour that more tickets are about their topics than they are told of."""
    hour = int(session.at.timestamp() // WINDOW.total_seconds())
    lane = session.tx.outbox.lane(lane_name(LaneKind.TOPIC, session.phase.id, person, hour), person)
    if not session.tx.outbox.has_messages(lane):
        session.conversation.send(lane, [views.too_many(session.phase)], MessagePriority.DIGEST)
