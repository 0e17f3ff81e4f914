"""War rooms: open one, keep its channel equal to its ticket, set roles, note messages in its timeline, close it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.context import AppContext
from bot.services.oncall import shifts
from bot.services.tickets.session import TicketSession, edit_ticket, lock_ticket, require_ticket
from bot.views.warroom import war_rooms as views
from domain.address import is_person
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import ChannelTask, Lane, MessagePriority, OutboxMessage
from domain.errors import Refused
from domain.phases.permissions import Action, Person, may, reads
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket
from domain.warroom.war_room import SCOPE, WarRoom, WarRoomRole, channel_name, topic_of
from storage.transaction import Transaction

ENDED = (Status.VERIFIED, Status.WITHDRAWN, Status.MERGED)
# What is said changes nothing that a war room shows.
SAYS = {EventKind.REPLIED, EventKind.UPDATED, EventKind.STATUS_TOLD, EventKind.TIMELINE, EventKind.REMINDED,
        EventKind.UNANSWERED, EventKind.NOTED}  # fmt: skip
STARTS = {EventKind.SEVERITY, EventKind.REOPENED}  # what may make a known ticket an open critical one


def open_war_room(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """Open a war room for an open ticket: a channel of its own, or the thread of its card."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        if session.tx.war_rooms.find_open(ticket_id):
            raise Refused(f"{session.ticket.name} has a war room already. The thread of its card has the link.")
        if not session.ticket.status.is_open:
            raise Refused(f"{session.ticket.name} is {session.ticket.status.label}. Reopen it first.")
        session.acknowledge_first()
        _begin(session)
    return session.ticket


def _begin(session: TicketSession) -> WarRoom:
    """Open a war room within a session; what follows from it is left to `update_war_room`."""
    tx, ticket, phase, app = session.tx, session.ticket, session.phase, session.app
    own = phase.war_room.own_channel and not ticket.private and (app.scopes is None or SCOPE in app.scopes)
    war_room = WarRoom(
        id=0, phase_id=phase.id, ticket_id=ticket.id, opened_by=session.person.id, opened_at=session.at,
        own_channel=own,
    )  # fmt: skip
    war_room = replace(war_room, id=tx.war_rooms.insert_war_room(war_room))
    name = _lane_name(ticket.id)
    lane = tx.outbox.lane(name, name, ticket_id=ticket.id, new=session.is_new)  # its channel has no id yet
    session.log(EventKind.WAR_ROOM_OPENED)
    if own:
        tx.outbox.change_channel(
            lane, ChannelTask.CREATE, at=session.at, name=channel_name(ticket), creator=app.bot_user
        )
        tx.outbox.post(session.conversation.open_team_lane(), views.opened(session.person.id, lane.name),
                       at=session.at, awaits=lane.name)  # fmt: skip
    war_room = replace(war_room, card=_post_card(session, war_room))
    tx.war_rooms.update_war_room(war_room)
    return war_room


def _lane_name(ticket_id: int) -> str:
    return lane_name(LaneKind.WAR_ROOM, ticket_id)


def _lane(session: TicketSession, war_room: WarRoom) -> Lane:
    """Return where a war room is: its channel, or the thread of the ticket's card."""
    own = session.tx.outbox.find(_lane_name(war_room.ticket_id), war_room.ticket_id) if war_room.own_channel else None
    return own or session.conversation.open_team_lane()


def _post_card(session: TicketSession, war_room: WarRoom) -> int | None:
    """Post the card of a war room, and pin it; return the id of its outbox message."""
    lane = _lane(session, war_room)
    made = session.tx.outbox.post(
        lane, views.card(war_room, session.ticket), at=session.at, priority=MessagePriority.PAGE
    )
    if made is not None and war_room.own_channel:
        session.tx.outbox.change_channel(lane, ChannelTask.PIN, at=session.at, target=made.id)
    return made.id if made else None


def update_war_room(session: TicketSession) -> None:
    """Open the war room that a critical ticket gets by itself; keep one equal to its ticket; close it with it."""
    if session.logged and session.logged <= SAYS:
        return
    known = session.tx.outbox.find(_lane_name(session.ticket.id), session.ticket.id)
    war_room = session.tx.war_rooms.find_open(session.ticket.id) if known else None
    if war_room is None:
        wanted = session.phase.war_room.automatic and session.ticket.severity is Severity.CRITICAL
        if not (wanted and session.ticket.status.is_open and (session.is_new or session.logged & STARTS)):
            return
        war_room = _begin(session)
    if session.ticket.status in ENDED:
        _close(session, war_room, "")
    else:
        _follow(session, war_room)


def _follow(session: TicketSession, war_room: WarRoom) -> None:
    """Set the topic, invite who has to be there by now unless it is resolved, and show both on the card."""
    after, at, outbox = war_room, session.at, session.tx.outbox
    if war_room.own_channel:
        lane, topic = _lane(session, war_room), topic_of(session.ticket)
        if topic != war_room.topic:
            outbox.change_channel(lane, ChannelTask.TOPIC, at=at, topic=topic)
        wanted = [] if session.ticket.status is Status.RESOLVED else _wanted(session, war_room)
        new = [one for one in wanted if one not in war_room.invited]
        if new:
            outbox.change_channel(lane, ChannelTask.INVITE, at=at, users=new)
        after = replace(war_room, topic=topic, invited=(*war_room.invited, *new))
    if after != war_room:
        session.tx.war_rooms.update_war_room(after)
    if war_room.card:
        outbox.update(_lane(session, war_room), war_room.card, views.card(after, session.ticket), at=at)


def _wanted(session: TicketSession, war_room: WarRoom) -> list[str]:
    """Return who is invited: people on call, the owner, who has a role, and the reporter unless anonymous."""
    tx, ticket, phase = session.tx, session.ticket, session.phase
    on_call = [one.at(session.at).person for one in shifts.rota_schedules(tx, phase, session.at)]
    team = [*on_call, ticket.owner or "", war_room.opened_by, *war_room.roles.values()]
    reporter = [ticket.reporter] if session.conversation.visible_name(ticket.reporter) else []
    found = dict.fromkeys(one for one in (*team, *reporter) if is_person(one) and one != session.app.bot_user)
    # A person who may not read what the phase says to its people would be let into the whole team's conversation.
    return [one for one in found if one in war_room.invited or reads(session.app.known_person(tx, one), phase)]


def fall_back(app: AppContext, tx: Transaction, queued: OutboxMessage, reason: str) -> None:
    """Go on in the thread of the ticket's card, because Slack doesn't take what is for the channel."""
    session = lock_ticket(app, tx, queued.lane.ticket_id)
    war_room = tx.war_rooms.find_open(queued.lane.ticket_id) if session and queued.lane.ticket_id else None
    if session is None or war_room is None or not war_room.own_channel:
        return
    tx.outbox.withdraw(queued.lane)
    war_room = replace(war_room, own_channel=False, refused=reason)
    session.conversation.tell_team(views.in_thread(session.ticket, reason))
    tx.war_rooms.update_war_room(replace(war_room, card=_post_card(session, war_room)))


def find_war_room(tx: Transaction, ticket: Ticket) -> WarRoom:
    """Return the open war room of a ticket; Refused when there is none."""
    found = tx.war_rooms.find_open(ticket.id)
    if found is None:
        raise Refused(f"{ticket.name} has no open war room. Open one with `/hypercare warroom {ticket.name}`.")
    return found


def open_form(app: AppContext, ticket_id: int, person: Person, *, closing: bool = False) -> dict[str, Any]:
    """Return the form for who does what in a war room, or the one that closes it."""
    with app.store.read() as tx:
        ticket, _, _ = require_ticket(app, tx, tx.tickets.find_ticket(ticket_id), person, Action.WORK)
        war_room = find_war_room(tx, ticket)
        return (
            views.close_form(war_room, ticket, tx.war_rooms.list_entries(war_room.id))
            if closing
            else views.roles_form(war_room, ticket)
        )


def has_channel(app: AppContext, ticket_id: int) -> bool:
    """Return whether the open war room of a ticket has a channel of its own."""
    with app.store.read() as tx:
        war_room = tx.war_rooms.find_open(ticket_id)
    return war_room is not None and war_room.own_channel


def set_roles(
    app: AppContext, ticket_id: int, person: Person, roles: Mapping[WarRoomRole, str], request: str | None = None
) -> None:
    """Set who does what in a war room, and say so there; they are invited to its channel."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        war_room = find_war_room(session.tx, session.ticket)
        for role, one in roles.items():
            known = session.app.known_person(session.tx, one) if one else None
            if known and not may(known, Action.SEE, session.ticket, session.phase):
                raise Refused("This person can't see the ticket. Choose another one.", field=role.value)
        changed = {role: one for role, one in roles.items() if one != war_room.roles[role]}
        if not changed:
            return
        session.tx.war_rooms.update_war_room(war_room.with_roles(changed))
        session.log(EventKind.WAR_ROOM_ROLES, **{role.value: one for role, one in changed.items() if one})
        session.tx.outbox.post(_lane(session, war_room), views.roles_set(changed), at=session.at)


def close_war_room(
    app: AppContext, ticket_id: int, person: Person, summary: str, request: str | None = None
) -> None:  # fmt: skip
    """Close a war room: post its summary there and in the thread of its ticket's card, and archive its channel."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        _close(session, find_war_room(session.tx, session.ticket), summary)


def _close(session: TicketSession, war_room: WarRoom, summary: str) -> None:
    tx, at, lane = session.tx, session.at, _lane(session, war_room)
    closed = replace(war_room, closed_by=session.person.id, closed_at=at, summary=summary)
    tx.war_rooms.update_war_room(closed)
    session.log(EventKind.WAR_ROOM_CLOSED)
    told = views.closed(closed, session.ticket, tx.war_rooms.list_entries(war_room.id))
    if war_room.card:
        tx.outbox.update(lane, war_room.card, views.card(closed, session.ticket), at=at)
    session.conversation.tell_team(told)
    if war_room.own_channel:
        tx.outbox.post(lane, told, at=at)
        tx.outbox.change_channel(lane, ChannelTask.ARCHIVE, at=at)
