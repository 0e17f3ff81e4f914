"""Read the files that people sent to have them imported."""

from functools import partial

from bot.context import AppContext
from bot.services.intake import file_imports
from bot.workers.file_copier import FileTransfer
from bot.workers.heartbeat import Read, Transact
from bot.workers.poller import Poller
from domain.intake.file_import import MAX_IMPORT_BYTES, FileImport, Unreadable


class FileReader(Poller):
    """`serve` runs a service in a transaction, `read` reads from the database."""

    every = 60.0
    waits = "files to import"

    def __init__(self, app: AppContext, slack: FileTransfer, serve: Transact, read: Read) -> None:
        super().__init__()
        self._app, self._slack, self._serve, self._read = app, slack, serve, read

    async def _look(self) -> None:
        for one in await self._read(partial(file_imports.list_requested, self._app)):
            found = await self._fetch(one)
            if found is not None:
                await self._serve(partial(file_imports.receive, self._app, one.id, found))

    async def _fetch(self, one: FileImport) -> bytes | Unreadable | None:
        """Return what stands in a file, or why it can't be read; None when it is tried again at the next round.

        Only the person who sent a file may have it read: the form names it, and a client may name any.
        """
        answer = await self._slack.call("files.info", {"file": one.file})
        if answer.get("error") == "ratelimited":
            return None
        file = answer.get("file") or {}
        address = file.get("url_private_download") or file.get("url_private")
        if not answer.get("ok") or file.get("user") != one.person or not address:
            return Unreadable.NOT_YOURS
        if int(file.get("size") or 0) > MAX_IMPORT_BYTES:
            return Unreadable.TOO_LARGE
        read = await self._slack.download(str(address), MAX_IMPORT_BYTES)
        if read is None:
            return None
        return read[1] if len(read[1]) <= MAX_IMPORT_BYTES else Unreadable.TOO_LARGE
