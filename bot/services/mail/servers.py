"""Whether the mail server takes our mails: the admins are told once when it doesn't for a while, and once it does."""

from bot.context import AppContext
from bot.services.connectors import trackers
from bot.views.mail import messages as views
from storage.transaction import Transaction

SYSTEM, LABEL = "mail", "The mail server"


def note_failure(app: AppContext, tx: Transaction, reason: str) -> None:
    """Note that the server took no mail."""
    trackers.note_failure(app, tx, SYSTEM, LABEL, reason, views.server_fails)


def note_success(app: AppContext, tx: Transaction) -> None:
    """Note that the server took a mail."""
    trackers.note_success(app, tx, SYSTEM, LABEL, views.server_works)
