"""Mails that are read from a mailbox: for which phase they are, and whether the mailbox can be read."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from bot.context import AppContext
from bot.services.connectors import trackers
from bot.services.mail import receiving
from bot.views.mail import messages as views
from domain.mail.incoming import IncomingMail
from domain.mail.reply import MailReply
from storage.transaction import Transaction

SYSTEM = "mailbox"  # what its state is kept under
MARGIN = timedelta(days=2)  # servers count days in time zones of their own
NOTED_EVERY = timedelta(hours=1)
FAILED = MailReply(451, "4.3.0 The mail could not be saved.")


def receive(app: AppContext, recipients: Sequence[Sequence[str]], mail: IncomingMail) -> MailReply:
    """Take in a mail for each phase that it is addressed to; return the answer that asks for it again, if one does.

    `recipients` are addresses by how sure they are: what the mail server delivered to before what the sender wrote.
    """
    addresses = next((found for one in recipients if (found := [*_of_phases(app, one)])), [*_only_address(app)])
    replies = [receiving.receive(app, address, mail) for address in addresses]
    again = next((one for one in replies if 400 <= one.code < 500), None)
    taken = next((one for one in replies if one.code < 400), None)
    return again or taken or next(iter(replies), receiving.NO_ADDRESS)


def note_failure(app: AppContext, tx: Transaction, reason: str) -> None:
    """Note that the mailbox can't be read; the admins are told once when that lasts."""
    trackers.note_failure(app, tx, SYSTEM, "The mailbox", reason, views.mailbox_fails)


def note_success(app: AppContext, tx: Transaction) -> None:
    """Note that the mailbox can be read, where it could not."""
    trackers.note_success(app, tx, SYSTEM, "The mailbox", views.mailbox_works)


def read_since(tx: Transaction) -> date | None:
    """Return since when mails count that a person has opened in the mailbox; None when it was never read."""
    read_at = tx.issue_links.get_state(SYSTEM).asked_at
    return (read_at - MARGIN).date() if read_at else None


def note_read(tx: Transaction, at: datetime) -> None:
    """Note that no mail waits that arrived before that moment, once an hour."""
    read_at = tx.issue_links.get_state(SYSTEM).asked_at
    if read_at is None or at - read_at >= NOTED_EVERY:
        tx.issue_links.update_state(SYSTEM, asked_at=at)


def _of_phases(app: AppContext, addresses: Sequence[str]) -> Iterator[str]:
    """Yield those that are addresses of phases, each once."""
    for address in dict.fromkeys(addresses):
        if receiving.check_address(app, address) is not receiving.NO_ADDRESS:
            yield address


def _only_address(app: AppContext) -> Iterator[str]:
    """Yield the address of the only phase that takes mails: a mail may name none, as a blind copy does."""
    with app.store.read() as tx:
        known = [one.mail.address for one in tx.phases.list_phases() if one.mail.address and one.is_active]
    if len(known) == 1:
        yield from known
