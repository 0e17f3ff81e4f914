"""The reader of a mailbox, with servers that do not do what they are asked."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from bot.context import AppContext
from bot.services.registry import FEATURES
from bot.workers.mailbox_reader import MailboxReader
from domain.mail.reply import MailReply
from storage.store import Store
from storage.transaction import Transaction
from tests.conftest import Clock
from tests.trust.workers import OneMail


class Unmarked(OneMail):
    """A mailbox that says it has marked a mail, and has not."""

    def mark_taken(self, uids: Sequence[str]) -> None:
        assert uids == ["1"]


def test_a_mail_that_stays_unmarked_is_not_read_without_a_pause(store: Store, clock: Clock) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT0000")
    read = list[bytes]()

    def receive(content: bytes) -> MailReply:
        read.append(content)
        if len(read) == 10:
            pytest.fail("it is read again and again")
        return MailReply(250, "2.0.0 OK")

    async def serve(work: Callable[[Transaction], Any]) -> Any:
        with store.begin() as tx:
            return work(tx)

    async def look() -> None:
        await MailboxReader(app, Unmarked, receive, serve)._look()

    asyncio.run(look())
    assert len(read) == 2, "once more in case others came meanwhile, and then the reader waits for news"
