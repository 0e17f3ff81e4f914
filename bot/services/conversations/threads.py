"""The threads of a ticket: messages in one are copied to the other, as their marks say."""

import re
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from bot.context import AppContext
from bot.services.followup import waiting
from bot.services.oncall.escalation_runner import get_runner
from bot.services.tickets import aliases
from bot.services.tickets.quotations import DELETED, EDITED, take_back
from bot.services.tickets.session import Signal, TicketSession
from bot.views.followup import verification
from bot.views.intake.source import Rewording
from bot.views.text import mention
from bot.views.tickets import posts
from domain.conversations.comment import INSIDE, REPORTER, TEAM
from domain.conversations.macros import expand
from domain.delivery.lanes import LaneKind, kind_of, lane_name
from domain.errors import Refused
from domain.intake.chatter import declines, says_still_broken
from domain.phases.permissions import Action, Person, is_responder, require
from domain.phases.phase import Phase
from domain.tickets.closing import may_reopen
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import File, Ticket
from domain.typed import marked
from storage.delivery.outbox import QueuedMessage
from storage.transaction import Transaction

TO_REPORTER, INTERNAL = ">>", "//"
MACRO = re.compile(r"^!([a-z0-9_-]+)[ \t]*", re.MULTILINE)
# Lanes in which the team does not talk among itself.
EXTERNAL = frozenset({LaneKind.REPORTER, LaneKind.FOLLOWER, LaneKind.PAGE, LaneKind.PROMISE})
PUBLIC = frozenset({LaneKind.REPORTER, LaneKind.FOLLOWER})


class NotYetPosted(Exception):  # noqa: N818 - asks for another delivery
    """The thread's first message is still being sent; Slack is asked to deliver the event again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadMessage:
    """A message in a thread, from Slack's event; `text` is not escaped."""

    channel: str
    ts: str
    thread_ts: str
    person: Person
    text: str
    files: tuple[File, ...] = ()
    before: str = ""  # what it said before it was edited
    removed_files: tuple[File, ...] = ()
    request: str


def receive_message(app: AppContext, message: ThreadMessage) -> bool:
    """Handle a message in a thread; return whether the thread is a ticket's."""
    message = _sealed(app, message)
    with app.store.read() as tx:
        if in_thread(tx, message.channel, message.thread_ts, message.person) is None:
            return False
    with app.transaction(message.request) as tx:
        ticket, lane = in_thread(tx, message.channel, message.thread_ts, message.person) or (None, "")
        assert ticket is not None
        session = lock_for_comment(app, tx, ticket, message.person)
        before = session.ticket
        kind = kind_of(lane)
        if kind in PUBLIC:
            in_reporter_thread(session, message, follower=kind is LaneKind.FOLLOWER)
        elif kind is LaneKind.PAGE:
            _in_page_thread(session, message)
        elif kind is LaneKind.PROMISE:
            _in_promise_thread(session, message)
        elif is_responder(message.person, session.phase):
            _in_team_thread(session, message, two_way=_goes_out(session.phase, lane))
        elif for_reporter(message.text):
            require(message.person, Action.WORK, ticket, session.phase)
        if session.has_logged or session.signals or session.said or session.new_files or session.ticket != before:
            session.finish()
    return True


def receive_edit(app: AppContext, message: ThreadMessage) -> None:
    """Edit the copies of an edited message; without text they say that it was deleted."""
    message = _sealed(app, message)
    with app.store.read() as tx:
        here = tx.tickets.find_in_thread(message.channel, message.thread_ts)
        carried = tx.mirrors.find_copies(message.channel, message.ts) is not None
        phase = tx.phases.get(here[0].phase_id) if here else None
    if carried:  # a reporter's second message is in no thread of ours
        with app.transaction(message.request) as tx:
            _rewrite(app, tx, message, here[1] if here else LaneKind.REPORTER)
    elif here is None or phase is None:
        return
    elif kind_of(here[1]) not in EXTERNAL and for_reporter(message.text, two_way=_goes_out(phase, here[1])):
        receive_message(app, message)  # only the edit made it one for the reporter


def _sealed(app: AppContext, message: ThreadMessage) -> ThreadMessage:
    """Return the message with plain marks, and under the person's alias where they have one in that thread.

    Raises NotYetPosted while it may be the thread of an anonymous report whose first message is being sent: what is
    written there must never be taken for a message under their name.
    """
    message = replace(message, text=marked(message.text))
    with app.store.read() as tx:
        name, arriving = aliases.speaking(app, tx, message.thread_ts, message.person)
        if name is None and arriving and not tx.tickets.find_in_thread(message.channel, message.thread_ts):
            raise NotYetPosted
    return replace(message, channel=name, person=Person(name)) if name else message


def for_reporter(text: str, *, two_way: bool = False) -> str:
    """Return a team message's lines that start with >>; with `two_way` all lines but those marked as internal."""
    if two_way and not text.startswith(TO_REPORTER):
        kept = (line for line in text.split("\n") if not line.startswith(INTERNAL))
        return "" if text.startswith(INTERNAL) else "\n".join(kept).strip()
    lines_ = (line.removeprefix(TO_REPORTER).strip() for line in text.split("\n") if line.startswith(TO_REPORTER))
    return "\n".join(lines_).strip()


def in_thread(tx: Transaction, channel: str, ts: str, person: Person) -> tuple[Ticket, str] | None:
    """Return the ticket and the lane of a thread; raises NotYetPosted while a first message is being sent."""
    # Asked first: a message that is sent between the two queries must not be missed by both.
    landing = tx.outbox.is_arriving([channel, person.id])
    found = tx.tickets.find_in_thread(channel, ts) or _below_a_carried_message(tx, channel, ts)
    if found is None and landing:
        raise NotYetPosted
    return found


def _below_a_carried_message(tx: Transaction, channel: str, ts: str) -> tuple[Ticket, str] | None:
    """Return the ticket of a message that went to the team from a channel, whose thread belongs to it too."""
    copies = tx.mirrors.find_copies(channel, ts)
    return (tx.tickets.get_ticket(copies[0]), lane_name(LaneKind.REPORTER, copies[0])) if copies else None


def _goes_out(phase: Phase, lane_name: str) -> bool:
    """Return whether unmarked messages go to the reporter: in the card's thread, where the phase is two-way."""
    return phase.conversations.two_way and kind_of(lane_name) is LaneKind.TEAM


def in_reporter_thread(session: TicketSession, message: ThreadMessage, *, follower: bool) -> None:
    """Copy a reporter's or follower's message to the team; a responder's message there is a reply."""
    session.conversation.pass_on_to_team(session.add_files(message.files))
    reports = follower or message.person.id == session.ticket.reporter
    if not reports and is_responder(message.person, session.phase):
        session.acknowledge_first()
        session.log(EventKind.REPLIED)
        session.conversation.record_comment(TEAM, message.text, message.channel, message.ts)
        _mirror(
            session,
            message,
            session.conversation.tell_team(
                *posts.reply_for_team(message.person.id, message.text, session.links_to(message.files))
            ),
        )
        return
    if message.person.id == session.ticket.reporter:
        waiting.on_answer(session)
    session.conversation.record_comment(REPORTER, message.text, message.channel, message.ts)
    words = posts.reporter_message_for_team(
        session.conversation.visible_name(message.person.id), message.text, session.links_to(message.files)
    )
    _mirror(session, message, session.conversation.tell_team(*words))
    if (
        reports
        and says_still_broken(message.text)
        and may_reopen(session.ticket, session.find_last(EventKind.VERIFIED), session.at)
    ):
        session.conversation.post(
            session.conversation.open_lane(message.person.id), verification.sounds_broken(session.ticket)
        )


def _in_promise_thread(session: TicketSession, message: ThreadMessage) -> None:
    """Copy the answer to a question about a promised date to the team."""
    session.signals.add(Signal.TEAM_SPOKE)
    _mirror(
        session,
        message,
        session.conversation.tell_team(
            *posts.promise_reply_for_team(message.person.id, message.text, session.links_to(message.files))
        ),
    )


def _in_team_thread(session: TicketSession, message: ThreadMessage, *, two_way: bool) -> None:
    """Acknowledge by the first reply; unless the phase is two-way, only lines with >> go to the reporter."""
    words = _expanded(session, for_reporter(message.text, two_way=two_way))
    first = bool(words) and session.ticket.status is Status.RECEIVED and session.ticket.report.type.is_work
    session.claim(quietly=first)
    marked = message.text.startswith(TO_REPORTER)
    inside = not words and not marked and not (two_way and not message.text.startswith(INTERNAL))
    added = session.add_files([replace(file, inside=inside) for file in message.files])
    if inside or not (words or message.files):
        if marked:
            raise Refused("Nothing was sent. Write your message after `>>`.")
        session.said.append((INSIDE, message.text.removeprefix(INTERNAL).strip()))
        return
    session.log(EventKind.REPLIED)
    session.conversation.record_comment(TEAM, words, message.channel, message.ts)
    session.conversation.pass_on_to_reporter(added)
    _mirror(
        session,
        message,
        session.conversation.tell_reporter(
            *posts.reply(session.ticket, message.person.id, words, session.links_to(message.files), first=first)
        ),
    )


def _expanded(session: TicketSession, words: str) -> str:
    """Return the text with the macros at the start of lines filled in."""
    known = {macro.name: macro for macro in session.phase.conversations.macros}

    def filled(found: re.Match[str]) -> str:
        macro = known.get(found.group(1))
        if macro is None:
            names = ", ".join(f"`!{name}`" for name in known) or "none"
            raise Refused(f"Nothing was sent. There is no macro `!{found.group(1)}`. Macros: {names}.")
        return expand(macro, session.ticket, session.person.id, mention) + " "

    return MACRO.sub(filled, words).strip() if words.startswith("!") or "\n!" in words else words


def _in_page_thread(session: TicketSession, message: ThreadMessage) -> None:
    """Make the person who was paged the owner, unless they decline, and copy their message to the team."""
    if not is_responder(message.person, session.phase):
        return
    if declines(message.text):
        get_runner(session).decline()
        return
    session.claim()
    words = posts.page_reply_for_team(message.person.id, message.text, session.links_to(message.files))
    _mirror(session, message, session.conversation.tell_team(*words))


def _mirror(session: TicketSession, message: ThreadMessage, messages: list[QueuedMessage], first: int = 0) -> None:
    session.tx.mirrors.insert_copies(message.channel, message.ts, messages, session.ticket.id, first=first)


def _rewrite(app: AppContext, tx: Transaction, message: ThreadMessage, lane_name: str) -> None:
    """Replace each copied part, mark the parts that are left over as deleted, and add new ones."""
    found = tx.mirrors.find_copies(message.channel, message.ts)
    assert found is not None
    ticket, messages = tx.tickets.get_ticket(found[0]), found[1]
    session = lock_for_comment(app, tx, ticket, message.person)
    to_reporter = kind_of(lane_name) not in EXTERNAL
    words, pieces = _again(session, message, lane_name, to_reporter=to_reporter)
    lane, by = (
        session.conversation.open_reporter_lane() if to_reporter else session.conversation.open_team_lane(),
        session.conversation.visible_name(message.person.id),
    )
    session.remove_files(message.removed_files)
    for queued, piece in zip_longest(messages, pieces[: len(messages)], fillvalue=posts.deleted(by)):
        tx.outbox.update(lane, queued, piece, at=session.at)  # type: ignore[arg-type]
        tx.quotations.update_payload(queued, piece)  # type: ignore[arg-type]
    more = pieces[len(messages) :]
    _mirror(
        session,
        message,
        session.conversation.tell_reporter(*more) if to_reporter else session.conversation.tell_team(*more),
        first=len(messages),
    )
    tx.comments.update_comment(message.channel, message.ts, words, session.at)
    mark = EDITED if words else DELETED
    gone = [(line, mark) for line in Rewording(message.before, message.text).gone]
    take_back(session, gone, [(file.name, DELETED) for file in message.removed_files])
    if message.removed_files:
        session.finish()


def _again(
    session: TicketSession, message: ThreadMessage, lane_name: str, *, to_reporter: bool
) -> tuple[str, list[dict[str, Any]]]:
    """Return the text after the edit, and the messages that carry it."""
    by, words = session.conversation.visible_name(message.person.id), message.text
    if to_reporter:
        words = _expanded(session, for_reporter(words, two_way=_goes_out(session.phase, lane_name)))
    if not words:
        return "", []
    if kind_of(lane_name) is LaneKind.PAGE:
        return words, posts.page_reply_for_team(by, words, session.links_to(message.files))
    if kind_of(lane_name) is LaneKind.PROMISE:
        return words, posts.promise_reply_for_team(by, words, session.links_to(message.files))
    if to_reporter:
        return words, posts.reply(session.ticket, by, words, session.links_to(message.files))
    return words, posts.reporter_message_for_team(by, words, session.links_to(message.files), edited=True)


def lock_for_comment(app: AppContext, tx: Transaction, ticket: Ticket, person: Person) -> TicketSession:
    """Lock a ticket for a comment and return its session."""
    held = tx.tickets.lock_ticket(ticket.id) or ticket
    return TicketSession(app, tx, tx.phases.get(held.phase_id), held, person, app.now())
