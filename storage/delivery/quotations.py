"""Outbox messages that quote what a person wrote, so that words that were taken back can be taken out of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, cast, func, or_, select, update

from domain.delivery.message import MessageKind, MessageState
from storage.delivery.tables import lanes, messages


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """An outbox message with its words; `target` is the message it replaces."""

    id: int
    verb: MessageKind
    state: MessageState
    target: int | None
    payload: dict[str, Any]
    is_own: bool  # about the ticket itself

    @property
    def is_out(self) -> bool:
        """Whether Slack has it, or may have it."""
        return self.state in (MessageState.SENT, MessageState.SENDING)


class Quotations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_since(self, ticket_id: int, phrases: Sequence[str]) -> list[StoredMessage]:
        """Return all messages about a ticket, and later ones of any lane with one of the phrases, oldest first."""
        first = self._connection.scalar(
            select(func.min(messages.c.id)).join(lanes).where(lanes.c.ticket_id == ticket_id)
        )
        if first is None:
            return []
        stored = cast(messages.c.payload, Text)
        quoting = [stored.contains(json.dumps(phrase)[1:-1], autoescape=True) for phrase in phrases]
        columns = (messages.c.id, messages.c.verb, messages.c.state, messages.c.target, messages.c.payload,
                   lanes.c.ticket_id)  # fmt: skip
        mine = or_(lanes.c.ticket_id == ticket_id, *quoting)
        rows = self._connection.execute(
            select(*columns).join(lanes).where(messages.c.id >= first, mine).order_by(messages.c.id)
        )
        return [
            StoredMessage(
                r.id, MessageKind(r.verb), MessageState(r.state), r.target, r.payload, r.ticket_id == ticket_id
            )
            for r in rows
        ]

    def update_payload(self, message_id: int, payload: dict[str, Any]) -> None:
        """Change the words that are kept; what Slack shows stays as it is."""
        self._connection.execute(update(messages).where(messages.c.id == message_id).values(payload=payload))
