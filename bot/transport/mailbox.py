"""Read the mails of a mailbox, which an account at a mail server opens."""

from collections.abc import Callable, Sequence

from bot.extras import IMAP
from connectors.mail.parsing import read_mail, recipients_of
from connectors.mail.tokens import MailTokens
from domain.mail.incoming import IncomingMail
from domain.mail.mailbox import Mailbox
from domain.mail.reply import MailReply

Receive = Callable[[Sequence[Sequence[str]], IncomingMail], MailReply]


def open_mailbox(
    url: str, user: str, password: str, folder: str, done: str, tokens: MailTokens | None = None
) -> Mailbox:
    """Open a folder; raise MailboxError where that fails."""
    assert IMAP.is_installed
    from connectors.mail.imap import ImapMailbox, MailboxAccess  # noqa: PLC0415 - only who reads one needs the package

    return ImapMailbox(MailboxAccess(url, user, password, folder, done, tokens))


def take_mail(receive: Receive, authserv: str, content: bytes) -> MailReply:
    """Take in the content of a mail. Its envelope is known only by what the mail server has noted in it."""
    return receive(recipients_of(content), read_mail(content, None, authserv))
