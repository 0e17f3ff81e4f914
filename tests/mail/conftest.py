"""A bot that takes mails in and sends them, and people who write to it."""

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from bot.services.phases import phases
from connectors.mail.fake import AUTHSERV, FakeMailbox
from domain.mail.settings import MailSettings
from domain.tickets.ticket import Ticket
from tests.support.bot import BotWorkspace
from tests.support.control import eventually

ADDRESS, EVA, MARIA = "pay@hypercare.example", "eva@customer.example", "maria@sandbox.example"


class Posted:
    """A workspace with the bot, and a mailbox on both of its ends."""

    def __init__(self, slack: BotWorkspace, smtp_url: str = "") -> None:
        self.slack = slack
        self.box = FakeMailbox(ADDRESS, now=slack.box.clock.now)
        slack.loop.run(self.box.start())
        slack.stop_bot()
        given = {"monitor_port": 0, "mail_port": 0, "mail_authserv": AUTHSERV,
                 "smtp_url": smtp_url or self.box.smtp_url, "public_url": "http://hypercare.example"}  # fmt: skip
        slack.settings = type(slack.settings)(**{**dict(slack.settings), **given})
        slack.start_bot()
        self.box.lmtp_port = slack.application.lmtp.port
        self.follows()

    def follows(self, **settings: Any) -> None:
        """Change the e-mail settings of the phase."""
        app = self.slack.application.context
        with app.store.read() as tx:
            phase = tx.phases.list_phases()[0].settings
        mail = MailSettings.model_validate({"address": ADDRESS} | settings)
        phases.apply_settings(app, phase.model_copy(update={"mail": mail}))

    def writes(self, subject: str, text: str, sender: str = EVA, **more: Any) -> tuple[int, str]:
        """Hand over a mail of a person; the answer of LMTP."""
        return self.box.write(self.box.mail(sender, subject, text, **more))

    def gets(self, words: str) -> EmailMessage:
        """The mail with these words, once it came."""

        def found() -> EmailMessage | None:
            return next((one for one in self.box.sink.received if words in text_of(one)), None)

        return eventually(found, f"a mail with {words!r}", instead=self.seen)

    def seen(self) -> str:
        return "\n".join([*map(text_of, self.box.sink.received), *self.slack.coming()])

    def ticket(self, number: int = 1) -> Ticket:
        with self.slack.application.store.read() as tx:
            found = tx.tickets.find_by_name("PAY", number)
        assert found
        return found

    def open_page(self, path: str, method: str = "GET", body: str = "") -> tuple[int, str]:
        """The status and the text of one of the bot's pages."""
        from urllib.error import HTTPError
        from urllib.request import Request, urlopen

        url = f"http://127.0.0.1:{self.slack.application.monitor.port}{path}"
        asked = Request(url, method=method, data=body.encode() if method == "POST" else None)
        try:
            with urlopen(asked, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain",))
    return str(body.get_content()) if body else ""


@pytest.fixture
def posted(slack: BotWorkspace) -> Iterator[Posted]:
    made = Posted(slack)
    yield made
    slack.loop.run(made.box.stop())
