"""Copy a file into a thread: read it with the bot's token, and upload it there as the bot's own.

https://docs.slack.dev/messaging/working-with-files#uploading_files (three steps, of which only the last shows it)
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bot.slack_errors import file_problem, slack_failure
from domain.address import is_alias, is_person
from domain.connectors.issue import TRACKER_FILE
from domain.delivery.file_copy import MAX_COPY_BYTES, FileProblem
from domain.delivery.message import MAX_ATTEMPTS, Failure, FailureKind, OutboxMessage
from domain.mail.incoming import MAIL_FILE

LOGIN_PAGE = "text/html"  # what Slack answers, with status 200, where a token may not read a file


class FileTransfer(Protocol):
    """Slack's Web API, and the bytes of files; raises Unanswered without a usable answer."""

    async def call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a Web API method."""

    async def download(self, url: str, limit: int) -> tuple[str, bytes] | None:
        """Return the content type and at most `limit` + 1 bytes; None when they can't be read now."""

    async def upload(self, url: str, content: bytes) -> bool:
        """Send the bytes to an upload address; return whether they arrived."""


class CannotCopy(Exception):  # noqa: N818 - reads as a state
    """The file can't be copied, or not now."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class FileCopier:
    """Copies files.

    `of_mail` returns the bytes of a file that came by e-mail, `of_tracker` those of one that is in a tracker.

    `remember` keeps the id of an upload before it is shown, so that it is never shown twice. `unseal` returns the id
    that Slack knows of a file of an anonymous reporter.
    """

    def __init__(
        self, slack: FileTransfer, remember: Callable[[OutboxMessage, str], Awaitable[None]],
        unseal: Callable[[str], str] = lambda file_id: file_id,
        of_mail: Callable[[str], Awaitable[bytes | None]] | None = None,
        of_tracker: Callable[[str], Awaitable[bytes | None]] | None = None,
    ) -> None:  # fmt: skip
        self._slack, self._remember, self._unseal = slack, remember, unseal
        self._elsewhere = {MAIL_FILE: of_mail, TRACKER_FILE: of_tracker}

    async def deliver(self, queued: OutboxMessage) -> None:
        """Copy the file of a message into the thread of the lane it awaits, or delete such a copy."""
        if copy := queued.payload.get("delete"):
            await self._checked("files.delete", {"file": copy}, ignored=FileProblem.NOT_VISIBLE)
            return
        channel, thread_ts = await self._thread(queued)
        upload = str(queued.payload.get("upload") or "")
        if not upload:
            upload = await self._upload(queued)
            await self._remember(queued, upload)
        elif queued.uncertain and await self._is_shared(upload, channel):
            return
        shown = {"files": json.dumps([{"id": upload, "title": queued.payload["name"]}]), "channel_id": channel}
        await self._checked("files.completeUploadExternal", {**shown, "thread_ts": thread_ts})

    async def _thread(self, queued: OutboxMessage) -> tuple[str, str]:
        """Return the channel and the timestamp of the thread; a person's channel is opened first."""
        lane = queued.awaits
        if lane is None or not lane.thread_ts:
            raise _later(queued, FileProblem.NO_THREAD)
        channel = queued.lane.channel if is_alias(lane.channel) else lane.channel
        if not is_person(channel):
            return channel, lane.thread_ts
        opened = await self._checked("conversations.open", {"users": channel})
        return str(opened["channel"]["id"]), lane.thread_ts

    async def _upload(self, queued: OutboxMessage) -> str:
        content = await self._content(queued)
        about = {"filename": queued.payload["name"], "length": len(content)}
        begun = await self._checked("files.getUploadURLExternal", about)
        if not await self._slack.upload(str(begun["upload_url"]), content):
            raise _later(queued, FileProblem.NO_TRANSFER)
        return str(begun["file_id"])

    async def _content(self, queued: OutboxMessage) -> bytes:
        if (written := queued.payload.get("content")) is not None:  # a file of our own, such as a calendar file
            return str(written).encode()
        try:
            return await self.read(str(queued.payload["file"]))
        except CannotCopy as no:
            if no.failure.reason == FileProblem.NO_TRANSFER:
                raise _later(queued, FileProblem.NO_TRANSFER) from None
            raise

    async def read(self, file_id: str) -> bytes:
        """Return the bytes of a file; raise CannotCopy."""
        for beginning, read_there in self._elsewhere.items():
            if read_there and file_id.startswith(beginning):
                if (kept := await read_there(file_id)) is None:
                    raise _impossible(FileProblem.NOT_VISIBLE)
                return kept
        file = (await self._checked("files.info", {"file": self._unseal(file_id)}))["file"]
        address = file.get("url_private_download") or file.get("url_private")
        if not address or file.get("is_external"):
            raise _impossible(FileProblem.NOT_VISIBLE)
        if int(file.get("size") or 0) > MAX_COPY_BYTES:
            raise _impossible(FileProblem.TOO_LARGE)
        read = await self._slack.download(str(address), MAX_COPY_BYTES)
        if read is None:
            raise CannotCopy(Failure(FileProblem.NO_TRANSFER, kind=FailureKind.TEMPORARY))
        kind, content = read
        if len(content) > MAX_COPY_BYTES:
            raise _impossible(FileProblem.TOO_LARGE)
        if not content or (kind == LOGIN_PAGE and len(content) != file.get("size")):
            raise _impossible(FileProblem.NOT_VISIBLE)
        return content

    async def _is_shared(self, upload: str, channel: str) -> bool:
        """Whether the upload is in the channel, because the answer that it is was lost."""
        try:
            file = (await self._checked("files.info", {"file": upload}))["file"]
        except CannotCopy as unknown:
            if unknown.failure.reason == FileProblem.NOT_VISIBLE:
                return False
            raise
        return any(channel in places for places in (file.get("shares") or {}).values())

    async def _checked(
        self, method: str, arguments: dict[str, Any], *, ignored: FileProblem | None = None
    ) -> dict[str, Any]:
        """Call a method; an error that no further try can change is a problem of the file."""
        answer = await self._slack.call(method, arguments)
        if answer.get("ok"):
            return answer
        error = str(answer.get("error"))
        problem = file_problem(error)
        if problem is None:
            raise CannotCopy(slack_failure(error, retry_after=answer.get("retry_after")))
        if problem is not ignored:
            raise _impossible(problem)
        return answer


def _impossible(problem: FileProblem) -> CannotCopy:
    return CannotCopy(Failure(problem, kind=FailureKind.PERMANENT))


def _later(queued: OutboxMessage, problem: FileProblem) -> CannotCopy:
    """Try again, unless that was done often enough."""
    if queued.attempts >= MAX_ATTEMPTS:
        return _impossible(problem)
    return CannotCopy(Failure(problem, kind=FailureKind.TEMPORARY))
