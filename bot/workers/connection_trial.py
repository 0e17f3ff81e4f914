"""Try a connection to another system for a rehearsal: what is asked there changes nothing."""

import asyncio
from collections.abc import Callable, Mapping

from connectors.tracker import Tracker, TrackerError
from domain.connectors.settings import Connection
from domain.delivery.message import Failure, OutboxMessage

SECONDS = 30.0  # after which a system counts as one that doesn't answer
MAX_REASON = 300  # characters
NO_ANSWER = "It didn't answer."
MailCheck = Callable[[], Failure | None]


class ConnectionTrial:
    """`mail` logs in to the mail server and sends nothing; None without one."""

    def __init__(self, trackers: Mapping[str, Tracker], mail: MailCheck | None, *, takes_mail: bool) -> None:
        self._trackers, self._mail, self._takes_mail = trackers, mail, takes_mail

    async def send(self, queued: OutboxMessage) -> Failure | None:
        """Return what is missing, which is never tried again; None if nothing is."""
        given = queued.payload.get("connection")
        asked = self._ask_tracker(Connection.model_validate(given)) if given else self._ask_mail_server()
        try:
            missing = await asyncio.wait_for(asked, SECONDS)
        except TimeoutError:
            missing = [NO_ANSWER]
        return Failure(" ".join(missing)[:MAX_REASON]) if missing else None

    async def _ask_tracker(self, connection: Connection) -> list[str]:
        tracker = self._trackers.get(connection.system)
        if tracker is None:
            return ["Its address or token is not set."]
        try:
            return await tracker.check(connection)
        except TrackerError as error:
            return [error.detail or error.failure.reason]

    async def _ask_mail_server(self) -> list[str]:
        missing = [] if self._takes_mail else ["No port takes mails in. Set HYPERCARE_MAIL_PORT."]
        if self._mail is None:
            return [*missing, "No server sends mails. Set HYPERCARE_SMTP_URL."]
        failure = await asyncio.to_thread(self._mail)
        return [*missing, f"The mail server refused us ({failure.reason})."] if failure else missing
