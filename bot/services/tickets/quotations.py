"""Words that a person took back leave every message that quotes them, in Slack and in the database."""

import re
from collections.abc import Sequence
from typing import Any

from bot.services.tickets.session import TicketSession
from bot.views.text import MENTION, escape
from domain.delivery.message import MessageKind
from domain.text import one_line

DELETED, EDITED = "(deleted)", "(edited)"  # in place of words that were taken back, where a message quoted them
MIN_LENGTH = 4  # characters of a phrase that is looked for; shorter ones are in every message
MIN_ELSEWHERE = 8  # characters of a phrase that is looked for in messages that are about other things too
BEGINNING = 16  # characters by which a phrase is recognised that was cut with an ellipsis
Phrases = Sequence[tuple[str, str]]


def take_back(session: TicketSession, phrases: Phrases, names: Phrases = ()) -> None:
    """Replace each phrase by its other text in all messages about the ticket, and in later ones that quote it.

    `names`, such as those of files, are replaced only in messages about the ticket, since others have the like.
    What is in Slack is updated there. The ticket's card isn't, since the session draws it again.
    """
    own, elsewhere = _written([*phrases, *names]), [one for one in _written(phrases) if len(one[0]) >= MIN_ELSEWHERE]
    if not own:
        return
    tx = session.tx
    stored = tx.quotations.list_since(session.ticket.id, [old[:BEGINNING] for old, _ in elsewhere])
    card = tx.outbox.find_first(session.conversation.open_team_lane())
    newest = {one.target or one.id: one for one in stored if one.verb in (MessageKind.POST, MessageKind.UPDATE)}
    for one in stored:
        payload = _reworded(one.payload, own if one.is_own else elsewhere)
        if payload == one.payload:
            continue
        tx.quotations.update_payload(one.id, payload)
        root = one.target or one.id
        if newest.get(root) is one and one.is_out and root != card:
            tx.outbox.update(tx.outbox.get_lane_of(root), root, payload, at=session.at)


def _written(phrases: Phrases) -> list[tuple[str, str]]:
    """Return the phrases in every form in which a message may quote them, the longest first."""
    found: dict[str, str] = {}
    for old, new in phrases:
        named = MENTION.sub("@someone", old)
        parts = [one_line(old), one_line(named), *(part.strip() for part in MENTION.split(old)[::3])]
        for part in parts:
            if len(part) >= MIN_LENGTH:
                found |= {part: new, escape(part): escape(new)}
    return sorted(found.items(), key=lambda pair: len(pair[0]), reverse=True)


def _reworded(value: Any, known: Sequence[tuple[str, str]]) -> Any:
    match value:
        case str():
            for old, new in known:
                value = _replaced(value, old, new)
            return value
        case list():
            return [_reworded(one, known) for one in value]
        case dict():
            return {key: _reworded(one, known) for key, one in value.items()}
    return value


def _replaced(text: str, old: str, new: str) -> str:
    """Return the text without a phrase, whole or cut with an ellipsis."""
    if old[:BEGINNING] not in text:
        return text
    text = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, text)
    cut = re.compile(rf"(?<!\w){re.escape(old[:BEGINNING])}[^\n…]*…")
    return cut.sub(lambda found: new if old.startswith(found[0][:-1].rstrip()) else found[0], text)
