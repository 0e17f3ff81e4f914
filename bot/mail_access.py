"""The mail servers of the settings: what sends, what is read, and whether both answer."""

from collections.abc import Callable, Iterator
from functools import partial

from bot.extras import IMAP
from bot.settings.settings import Settings
from bot.transport.mailbox import open_mailbox
from bot.transport.proxies import proxy_for
from connectors.mail.client import SmtpClient
from connectors.mail.tokens import MailTokens, TokenAccess
from domain.mail.mailbox import Mailbox, MailboxError

NO_WAY_IN = "No mails are taken in. Set HYPERCARE_MAIL_PORT, or HYPERCARE_IMAP_URL to read a mailbox."
NO_WAY_OUT = "No server sends mails. Set HYPERCARE_SMTP_URL."
CAUSES = {
    "http_401": "it refused the user name or the password",
    "no_token": "no access token can be fetched at HYPERCARE_MAIL_OAUTH_URL",
    "no_mail_server": "it hangs up, refuses the connection, or is no mail server",
    "unreadable_answer": "its answers can't be read",
    "no_such_folder": "there is no folder of that name",
    "SMTPAuthenticationError": "it refused the user name or the password",
    "ConnectionRefusedError": "nothing answers at its address",
    "TimeoutError": "it doesn't answer",
    "gaierror": "there is no server with that name",
    "SSLCertVerificationError": "its certificate isn't trusted",
}


def smtp_client(settings: Settings) -> SmtpClient | None:
    """Return the mail server that takes our mails; None without one."""
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    tokens = mail_tokens(settings)
    return SmtpClient(settings.smtp_url, settings.smtp_user, password, tokens) if settings.smtp_url else None


def mailbox_of(settings: Settings) -> Callable[[], Mailbox]:
    """Return what opens the mailbox of the settings."""
    password = settings.imap_password.get_secret_value() if settings.imap_password else ""
    given = (settings.imap_url, settings.imap_user, password, settings.imap_folder, settings.imap_done,
             mail_tokens(settings))  # fmt: skip
    return partial(open_mailbox, *given)


def mail_tokens(settings: Settings) -> MailTokens | None:
    """Return what fetches access tokens for the mail servers; None where they take passwords."""
    if not settings.mail_oauth_url:
        return None
    secrets = (settings.mail_oauth_secret, settings.mail_oauth_refresh_token)
    secret, refresh_token = (one.get_secret_value() if one else "" for one in secrets)
    access = TokenAccess(settings.mail_oauth_url, settings.mail_oauth_client, secret, refresh_token,
                         settings.mail_oauth_scope, proxy_for(settings.mail_oauth_url))  # fmt: skip
    return MailTokens(access)


def mail_problems(settings: Settings) -> list[str]:
    """Return what keeps mails from coming in or going out. It logs in and sends nothing; call it in a thread."""
    return [*_incoming(settings), *_outgoing(settings)]


def _incoming(settings: Settings) -> Iterator[str]:
    if not settings.imap_url:
        if settings.mail_port is None:
            yield NO_WAY_IN
        return
    if not IMAP.is_installed:
        yield IMAP.missing
        return
    try:
        mailbox_of(settings)().close()
    except MailboxError as error:
        yield f"The mailbox can't be read: {CAUSES.get(error.reason, error.reason)}."


def _outgoing(settings: Settings) -> Iterator[str]:
    client = smtp_client(settings)
    if client is None:
        yield NO_WAY_OUT
    elif failure := client.check():
        yield f"The mail server can't be used: {CAUSES.get(failure.reason, failure.reason)}."
