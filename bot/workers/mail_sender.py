"""Send queued messages as mails, to people who write e-mails."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.mail import digests, form_codes, servers
from bot.services.mail.sending import mail_of
from bot.workers.turns import Turns
from domain.address import reads_on_page
from domain.delivery.message import Failure, FailureKind, MessageKind, OutboxMessage
from domain.mail.incoming import Attachment
from domain.mail.outgoing import OutgoingMail
from storage.transaction import Transaction

log = structlog.get_logger()
Serve = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]
Send = Callable[[OutgoingMail], Failure | None]  # called in a thread
MAX_MAILS = 6  # on their way at the same time, so that a slow server does not keep Slack waiting


class MailSender:
    """`send` hands a mail to the mail server; `content` returns the bytes of a file, None when they can't be had.

    `draw` returns pictures of the charts of a digest; without it, their numbers are tables.
    """

    def __init__(
        self, app: AppContext, send: Send | None, serve: Serve, content: Callable[[str], Awaitable[bytes | None]],
        draw: digests.Draw | None = None,
    ) -> None:  # fmt: skip
        self._app, self._send, self._serve, self._content, self._draw = app, send, serve, content, draw
        # Threads of its own: a mail server that hangs in all of them holds up nothing else.
        self._threads = ThreadPoolExecutor(MAX_MAILS, thread_name_prefix="mail")
        self._turns = Turns(MAX_MAILS)
        self._may_fail = True  # perhaps since before the start

    async def send(self, queued: OutboxMessage) -> Failure | None:
        """Send one message; return why it did not leave, or None. Reactions and deletions have no mail.

        People who read their news on a page get none.
        """
        if queued.verb is MessageKind.REACT or "delete" in queued.payload or reads_on_page(queued.lane.channel):
            return None
        if self._send is None:
            return Failure("not_in_the_settings")
        if busy := self._turns.refuse():
            return busy
        with self._turns.taken():
            return await self._try(self._send, queued)

    async def _try(self, send: Send, queued: OutboxMessage) -> Failure | None:
        files = []
        if queued.verb is MessageKind.FILE:
            content = await self._content(str(queued.payload["file"]))
            if content is None:
                return Failure("not_visible")
            files = [Attachment(str(queued.payload["name"]), "application/octet-stream", content)]
        mail = await asyncio.to_thread(self._made, queued, files)
        if mail is None:  # a digest was ended meanwhile, or a code has expired
            is_over = digests.is_digest(queued) or form_codes.is_code(queued)
            return None if is_over else Failure("no_address")
        failure = await asyncio.get_running_loop().run_in_executor(self._threads, send, mail)
        await self._note(failure)
        return failure

    def _made(self, queued: OutboxMessage, files: Sequence[Attachment]) -> OutgoingMail | None:
        """Return the mail that a message becomes; None when it becomes none any more."""
        if digests.is_digest(queued):
            return digests.mail_of(self._app, queued, self._draw)
        if form_codes.is_code(queued):
            return form_codes.mail_of(self._app, queued)
        return mail_of(self._app, queued, files)

    async def _note(self, failure: Failure | None) -> None:
        """Note whether the mail server answers, so that the admins are told once when it doesn't for a while."""
        if failure is not None and failure.kind in (FailureKind.OUTAGE, FailureKind.TEMPORARY):
            self._may_fail = True
            log.warning("mail_delayed", reason=failure.reason)
            await self._serve(partial(servers.note_failure, self._app, reason=failure.reason))
        elif self._may_fail:
            self._may_fail = False
            await self._serve(partial(servers.note_success, self._app))
