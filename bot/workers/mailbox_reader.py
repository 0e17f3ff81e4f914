"""Take in the mails of a mailbox, for a mail server that can't hand them over."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.mail import mailboxes
from bot.workers.poller import Poller
from domain.mail.mailbox import Mailbox, MailboxError, WaitingMail
from domain.mail.reply import MailReply
from storage.store import StoreFailure
from storage.transaction import Transaction

log = structlog.get_logger()
Serve = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]
MAX_BYTES = 30 * 1024 * 1024  # of a mail, as by LMTP
MAX_MAILS, MAX_BATCH_BYTES = 50, 4 * 1024 * 1024  # fetched at once
MAX_ASKED = 500  # whose sizes are asked for at once
# Seconds without news, after which the mailbox is read all the same: news that come with the server's answer to IDLE
# are read by the client with it, and don't end its waiting.
WAIT = 10.0
PAUSES = (2.0, 5.0, 15.0, 60.0)  # seconds before the mailbox is opened again
LATER = timedelta(minutes=5)  # until a mail is tried again that can't be taken in now
TOO_LARGE = MailReply(552, "5.3.4 The mail is too large.")


class MailboxReader(Poller):
    """`open_` opens the mailbox, and `receive` takes in the content of a mail; both run in threads.

    `count_answer` counts the code that a mail would be answered with.

    A mail is marked after it is committed. One that is read again, as after a crash in between, counts once.
    """

    every = 0.2
    waits = "mails in the mailbox"

    def __init__(
        self, app: AppContext, open_: Callable[[], Mailbox], receive: Callable[[bytes], MailReply], serve: Serve,
        count_answer: Callable[[int], None] = lambda _code: None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._app, self._open, self._receive, self._serve = app, open_, receive, serve
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="mailbox")
        self._count_answer = count_answer
        self._box: Mailbox | None = None
        self._ended = False
        self._later: dict[str, datetime] = {}
        self._failures, self._may_fail = 0, True  # perhaps since before the start

    async def run(self) -> None:
        """Read until cancelled, and let no thread wait for news after that."""
        try:
            await super().run()
        finally:
            self._ended = True
            self._leave()
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _look(self) -> None:
        try:
            if self._box is None:
                self._later = {}
                await self._call(self._open_box)
            seen = set[str]()
            assert self._box
            # Others may have come meanwhile, of which no news come later; one that stays unmarked waits for its turn.
            while new := await self._take_in(self._box) - seen:
                seen |= new
            await self._call(self._box.wait, WAIT)
        except MailboxError as error:
            self._leave()
            self.every = PAUSES[min(self._failures, len(PAUSES) - 1)]
            self._failures, self._may_fail = self._failures + 1, True
            log.warning("mailbox_not_read", reason=error.reason)
            await self._serve(partial(mailboxes.note_failure, self._app, reason=error.reason))
        except BaseException:
            self._leave()  # a thread may still use it
            raise

    async def _take_in(self, box: Mailbox) -> set[str]:
        """Take in every mail that waits; return their uids."""
        at = self._app.now()
        since = await self._serve(mailboxes.read_since)
        if since is None:  # what people read here before is no report
            await self._call(box.skip_read)
            await self._serve(partial(mailboxes.note_read, at=at))
        waiting = await self._call(box.list_waiting, since)
        if self._may_fail:
            await self._serve(partial(mailboxes.note_success, self._app))
        self._may_fail, self._failures, self.every = False, 0, type(self).every
        taken = 0
        due = [uid for uid in waiting if self._later.get(uid, at) <= at]
        for start in range(0, len(due), MAX_ASKED):
            sizes = await self._call(box.list_sizes, due[start : start + MAX_ASKED])
            for batch in _batches(sizes):
                await self._take_batch(box, batch)
                taken += len(batch)
                if len(due) > MAX_MAILS:  # such as after a weekend
                    log.info("mailbox_progress", taken=taken, waiting=len(due) - taken)
        if not self._later:
            await self._serve(partial(mailboxes.note_read, at=at))
        return {*due}

    async def _take_batch(self, box: Mailbox, batch: Sequence[WaitingMail]) -> None:
        large = [one.uid for one in batch if one.size > MAX_BYTES]
        found = dict.fromkeys(large, TOO_LARGE)
        try:
            for uid, content in await self._call(box.fetch, [one.uid for one in batch if one.uid not in found]):
                found[uid] = await self._reply(content)
        finally:  # what is committed is marked, even when the database fails at a later one
            with suppress(MailboxError):
                await self._mark(box, found)

    async def _reply(self, content: bytes) -> MailReply:
        """Take in a mail; one that fails is tried again later, and holds up no other."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._receive, content)
        except StoreFailure:
            raise
        except Exception as error:  # noqa: BLE001 - the mail stays where it is
            log.error("mail_not_taken", error=type(error).__name__)  # noqa: TRY400 - it may quote the mail
            return mailboxes.FAILED

    async def _mark(self, box: Mailbox, found: dict[str, MailReply]) -> None:
        for uid, reply in found.items():
            self._count_answer(reply.code)
            self._later.pop(uid, None)
            if 400 <= reply.code < 500:
                self._later[uid] = self._app.now() + LATER
            elif reply.code >= 500:
                log.warning("mail_refused", code=reply.said.partition(" ")[0])
        await self._call(box.mark_taken, [uid for uid, reply in found.items() if reply.code < 400])
        await self._call(box.mark_refused, [uid for uid, reply in found.items() if reply.code >= 500])

    async def _call(self, work: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    def _open_box(self) -> None:
        """Open the mailbox in the thread, and close it where the reader has ended meanwhile."""
        self._box = self._open()
        if self._ended:
            self._leave()

    def _leave(self) -> None:
        if self._box is not None:
            self._box.close()
        self._box = None


def _batches(mails: Sequence[WaitingMail]) -> Iterator[list[WaitingMail]]:
    """Yield mails in parts that are fetched at once."""
    batch: list[WaitingMail] = []
    for one in mails:
        if batch and (len(batch) == MAX_MAILS or sum(known.size for known in batch) + one.size > MAX_BATCH_BYTES):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch
