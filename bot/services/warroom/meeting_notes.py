"""What is decided or promised below an agenda or a stand-up's minutes: noted by a reaction, told to its tickets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.context import AppContext
from bot.services.conversations.threads import NotYetPosted
from bot.services.tickets.session import TicketSession
from bot.views.warroom import meeting_notes as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.message_time import written_at
from domain.phases.permissions import Action, Person, is_responder, may
from domain.phases.phase import Phase
from domain.text import shorten
from domain.tickets.event import EventKind
from domain.warroom.meeting_note import LABELS, Meeting, MeetingNote, numbers_in, parse_meeting
from domain.warroom.war_room import TEXT_LIMIT
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidMessage:
    """A message in a channel; `thread_ts` is that of the thread in which it stands, or its own."""

    channel: str
    ts: str
    thread_ts: str
    author: str
    text: str


def has_meetings(app: AppContext, channel: str) -> bool:
    """Return whether agendas or the minutes of stand-ups are posted in a channel."""
    with app.store.read() as tx:
        return any(one.is_active and one.team_digest_channel == channel for one in tx.phases.list_phases())


def note(app: AppContext, person: Person, said: SaidMessage, request: str) -> bool:
    """Note a message of a meeting, and tell the tickets that it names; return False where there is no meeting.

    Raises NotYetPosted while it isn't known yet where the agenda or the minutes stand.
    """
    with app.store.read() as tx:
        # Asked first: a message that is sent between the two queries must not be missed by both.
        arriving = tx.outbox.is_arriving([said.channel])
        lane = tx.outbox.find_thread([*LABELS], said.channel, said.thread_ts)
        meeting = parse_meeting(lane.name) if lane else None
    if lane is None and arriving:
        raise NotYetPosted
    if meeting is None or said.ts == said.thread_ts:
        return False
    with app.transaction(request) as tx:
        phase = tx.phases.get(meeting.phase_id)
        if not is_responder(person, phase):
            return False
        made = MeetingNote(
            id=0, phase_id=phase.id, meeting=meeting.name, author=said.author, noted_by=person.id, channel=said.channel,
            at=written_at(said.ts) or app.now(), text=shorten(said.text, TEXT_LIMIT), ts=said.ts,
        )  # fmt: skip
        if tx.meeting_notes.insert_note(made):
            tx.audit.log(person.id, "meeting note", meeting.name, app.now())
            _tell_tickets(app, tx, phase, person, meeting, made, views.noted)
            _write(app, tx, phase, meeting)
    return True


def take_back(app: AppContext, person: Person, channel: str, ts: str, request: str) -> None:
    """Take a note out when the person who noted it takes the pushpin back; its tickets are told."""
    with app.store.read() as tx:
        found = tx.meeting_notes.find_note(channel, ts)
    meeting = parse_meeting(found.meeting) if found else None
    if found is None or meeting is None or found.noted_by != person.id:
        return
    with app.transaction(request) as tx:
        phase = tx.phases.get(meeting.phase_id)
        tx.meeting_notes.update_note(found.id, "")
        tx.audit.log(person.id, "meeting note taken back", meeting.name, app.now())
        _tell_tickets(app, tx, phase, person, meeting, found, views.taken_back)
        _write(app, tx, phase, meeting)


def follow_edit(app: AppContext, channel: str, ts: str, text: str) -> None:
    """Change a note as its message was edited; that of a deleted message is deleted."""
    with app.store.read() as tx:
        found = tx.meeting_notes.find_note(channel, ts)
    meeting = parse_meeting(found.meeting) if found else None
    if found is not None and meeting is not None and found.text != text:
        with app.transaction(None) as tx:
            tx.meeting_notes.update_note(found.id, shorten(text, TEXT_LIMIT))
            _write(app, tx, tx.phases.get(meeting.phase_id), meeting)


def _tell_tickets(
    app: AppContext, tx: Transaction, phase: Phase, person: Person, meeting: Meeting, found: MeetingNote,
    view: Callable[[Meeting, MeetingNote], dict[str, Any]],
) -> None:  # fmt: skip
    """Tell the teams of the tickets that a note names; those that the person may not work on are left out."""
    named = [tx.tickets.find_by_name(phase.key, number) for number in numbers_in(found.text, phase.key)]
    for ticket in tx.tickets.lock_tickets([one.id for one in named if one]).values():
        if may(person, Action.WORK, ticket, phase):
            session = TicketSession(app, tx, phase, ticket, person, app.now())
            session.conversation.tell_team(view(meeting, found))
            session.log(EventKind.NOTED)
            session.finish()


def _write(app: AppContext, tx: Transaction, phase: Phase, meeting: Meeting) -> None:
    """Post what a meeting has noted so far, or write it again."""
    lane = tx.outbox.lane(lane_name(LaneKind.MEETING_NOTES, meeting.name), phase.team_digest_channel)
    told = views.notes(phase.name, meeting, tx.meeting_notes.list_of_meeting(meeting.name))
    if tx.outbox.has_messages(lane):
        tx.outbox.update_first(lane, told, at=app.now())
    else:
        tx.outbox.post(lane, told, at=app.now())
