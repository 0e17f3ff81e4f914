"""Messages that were sent lose the buttons whose actions are over; the tickets area does so for those of tickets."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from bot.views import offers as views
from storage.transaction import Transaction


def end_offers(
    tx: Transaction, lane: str, actions: Collection[str], at: datetime, *, value: str = "", note: str = "",
    instead: dict[str, Any] | None = None, but: Collection[str] = (),
) -> None:  # fmt: skip
    """Take the buttons of some actions from the messages in the lane of that name, and in those below it.

    With a `value`, only from messages in which such a button has it. `note` stands in their place, and
    `instead` replaces the whole message. Those in the channels or to the people in `but` keep their buttons.
    """
    for found in tx.offers.list_in(lane, actions):
        values = {of for action, of in views.buttons_of(found.payload) if action in actions}
        if values and (not value or value in values) and found.lane.channel not in but:
            left = instead or views.without(found.payload, actions, note)
            tx.outbox.update(found.lane, found.id, left, at=at)
