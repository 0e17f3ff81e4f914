"""Messages and reactions of people in threads."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from bot.context import AppContext
from bot.services.conversations import reactions, threads
from bot.services.conversations.threads import NotYetPosted, ThreadMessage
from bot.services.intake import duplicates
from bot.services.intake.source import MessageChange, follow_source
from bot.services.problems import problems
from bot.views.incoming import is_from_app, is_tombstone, read_message, without_words
from bot.views.intake.source import Rewording
from bot.views.text import actions, button, section
from domain.errors import Repeated
from domain.message_time import written_at
from domain.phases.permissions import Action, Person
from domain.typed import emoji
from handlers.intake import message as saying
from handlers.request import Answer, Payload, Reply, Request
from handlers.warroom import pushpins

T = TypeVar("T")
LANDING_TRIES, LANDING_PAUSE = 5, 0.06  # a third of a second in all; then Slack is asked to deliver the event again
# Subtypes of messages that say something, rather than that something happened.
MESSAGE_SUBTYPES = (None, "file_share", "thread_broadcast", "me_message", "bot_message")


def message(app: AppContext, call: Request) -> Answer:
    """Handle a message event; only messages in the threads of tickets matter."""
    event = call.payload
    subtype = event.get("subtype")
    if subtype == "message_changed":
        now, before = event.get("message") or {}, event.get("previous_message") or {}
        return _deleted(app, call, before, now.get("ts")) if is_tombstone(now) else _changed(app, call, before, now)
    if subtype == "message_deleted":
        return _deleted(app, call, event.get("previous_message") or {}, event.get("deleted_ts"))
    thread = str(event.get("thread_ts") or "")
    if subtype not in MESSAGE_SUBTYPES or not event.get("ts"):
        return None
    if is_from_app(event):
        return None if thread else saying.from_app(app, call)
    if not thread or thread == event.get("ts"):
        return saying.direct(app, call) if event.get("channel_type") == "im" else saying.in_channel(app, call)
    known = _landed(lambda: threads.receive_message(app, _thread_message(call, event, call.person)))
    if known:
        return None
    if event.get("channel_type") == "im":
        return saying.direct(app, call)
    said = read_message(event)
    problems.answer_in_thread(app, call.channel, thread, call.person, said.text, call.request, said.files)
    return None


def reaction(app: AppContext, call: Request) -> Answer:
    """:eyes: acknowledges; :white_check_mark: asks for the explanation that resolving needs."""
    channel, ts, _, given = about = _reaction_of(call)
    name, moment = emoji(given), _moment_of(call)
    if call.person.id == app.bot_user or (moment and reactions.was_removed(app, *about, moment)):
        return None
    _copy_reaction(app, call, add=True)
    if name == "eyes":
        _landed(lambda: reactions.acknowledged_by_reaction(app, channel, ts, call.person, call.request))
    elif name == "white_check_mark":
        return _offer_to_resolve(app, channel, ts, call.person)
    elif name == "raising_hand":
        ticket = _landed(lambda: reactions.ticket_at(app, channel, ts, call.person, Action.SEE))
        if ticket is not None:
            duplicates.add_affected(app, ticket.id, call.person, call.request)
    elif name == pushpins.PUSHPIN:
        return _landed(lambda: pushpins.note(app, call, channel, ts)) or saying.reaction(app, call)
    else:
        return saying.reaction(app, call)
    return None


def reaction_removed(app: AppContext, call: Request) -> Answer:
    """Handle a removed reaction; a pushpin takes its message out of a timeline or of minutes."""
    channel, ts, person, name = about = _reaction_of(call)
    if person.id != app.bot_user:
        if moment := _moment_of(call):
            reactions.note_removal(app, *about, moment)
        _copy_reaction(app, call, add=False)
    if name == pushpins.PUSHPIN:
        pushpins.take_back(app, call, channel, ts)
    return None


def _reaction_of(call: Request) -> tuple[str, str, Person, str]:
    """Return channel and timestamp of the message, who reacted, and the emoji's name as Slack has it."""
    item = call.payload.get("item") or {}
    return (str(item.get("channel") or ""), str(item.get("ts") or ""), call.person,
            str(call.payload.get("reaction") or ""))  # fmt: skip


def _moment_of(call: Request) -> datetime | None:
    """Return when an event happened; None when it doesn't say."""
    return written_at(call.payload.get("event_ts"))


def _copy_reaction(app: AppContext, call: Request, *, add: bool) -> None:
    # A key of its own, as what the reaction does has one: what was copied by an earlier delivery is done next.
    with suppress(Repeated):
        reactions.copy_reaction(app, *_reaction_of(call), add=add, request=f"{call.request}:carried")


def _landed(work: Callable[[], T]) -> T:
    """People can be faster than the news of where our first message landed; a moment later it is known."""
    for _ in range(LANDING_TRIES):
        try:
            return work()
        except NotYetPosted:
            time.sleep(LANDING_PAUSE)
    raise NotYetPosted


def _offer_to_resolve(app: AppContext, channel: str, ts: str, person: Person) -> Answer:
    ticket = _landed(lambda: reactions.ticket_at(app, channel, ts, person))
    if ticket is None or not ticket.status.is_open:
        return None
    text = f"To resolve {ticket.name}, please say what was done."
    return Reply({"text": text, "blocks": [section(text), actions(button("Resolve", "resolve", str(ticket.id)))]})


def _deleted(app: AppContext, call: Request, before: Payload, ts: object) -> Answer:
    """Handle a message that was deleted; Slack may no longer tell what it said, or who wrote it."""
    return _changed(app, call, before, {**without_words(before), "ts": ts}, is_new=not before)


def _changed(app: AppContext, call: Request, before: Payload, now: Payload, *, is_new: bool = False) -> Answer:
    """Handle a message that was edited or deleted; our own messages and link previews change nothing.

    `is_new` when what the message said before is not known.
    """
    if not now.get("ts"):
        return None
    said, says = read_message(before), read_message(now)
    if (said == says and not is_new) or saying.is_ours(app, now):
        return None
    by_app = is_from_app(now)
    words = Rewording(said.text, says.text)
    change = MessageChange(
        channel=call.channel, ts=str(now.get("ts") or ""), author="" if by_app else str(now.get("user") or ""),
        words=words, files=says.files, files_before=said.files, request=call.request,
    )  # fmt: skip
    pushpins.follow_edit(app, call.channel, change.ts, says.text)
    if not follow_source(app, change) and now.get("user") and not by_app:
        message = _thread_message(call, now, app.person(str(now["user"])))
        threads.receive_edit(app, replace(message, before=said.text, removed_files=change.removed_files))
    return None


def _thread_message(call: Request, event: Payload, person: Person) -> ThreadMessage:
    said = read_message(event)
    return ThreadMessage(
        channel=call.channel, ts=str(event["ts"]), thread_ts=str(event.get("thread_ts") or event["ts"]), person=person,
        text=said.text, files=said.files, request=call.request,
    )  # fmt: skip


EVENTS = {"message": message, "reaction_added": reaction, "reaction_removed": reaction_removed}
