"""Mails that came back: the team is told once, in plain words."""

import structlog

from bot.context import AppContext
from bot.services.delivery.outbox import notify_leads, report_dead
from bot.services.mail import digests
from bot.services.tickets.session import lock_ticket
from bot.views.mail import messages as views
from domain.address import is_mail
from domain.delivery.message import OutboxMessage
from domain.mail.incoming import Bounce
from domain.mail.tags import ticket_of
from storage.mail.mails import MailPerson
from storage.transaction import Transaction

log = structlog.get_logger()


def note_bounce(app: AppContext, tx: Transaction, bounce: Bounce) -> None:
    """Tell the team of the ticket that a mail which came back was about, or the leads of a digest.

    A report about no mail of ours changes nothing.
    """
    ticket_id, person = ticket_of(app.secret, bounce.message_ids), tx.mails.find_person(bounce.recipient)
    if ticket_id and person:
        _tell(app, tx, ticket_id, person.id, bounce.status, bounce.diagnostic)
    elif person and digests.is_about_digest(app, bounce.message_ids):
        _tell_leads(app, tx, person, bounce)


def on_dead(app: AppContext, tx: Transaction, queued: OutboxMessage, reason: str) -> None:
    """Tell people what could not be delivered: of a mail the team of its ticket, else the leads."""
    person, status = queued.lane.channel, reason.partition(" ")[2]
    if not (is_mail(person) and status and queued.lane.ticket_id):
        report_dead(app, tx, queued, reason)
    else:
        _tell(app, tx, queued.lane.ticket_id, person, status, "")


def _tell_leads(app: AppContext, tx: Transaction, person: MailPerson, bounce: Bounce) -> None:
    """Tell the leads of each phase whose digests go to an address that they come back, once."""
    if not tx.mails.note_failure(person.id, app.now()):
        return
    log.warning("mail_came_back", ticket=None, status=bounce.status)
    for phase in digests.phases_with(tx, person.address):
        said = views.digest_came_back(person.address, bounce.status, bounce.diagnostic)
        notify_leads(app, tx, phase, f"digest {person.id}", said)


def _tell(app: AppContext, tx: Transaction, ticket_id: int, person: str, status: str, diagnostic: str) -> None:
    session = lock_ticket(app, tx, ticket_id)
    if session is not None and tx.mails.note_failure(person, app.now()):
        log.warning("mail_came_back", ticket=ticket_id, status=status)
        leads = session.phase.lead_people
        session.conversation.tell_team(views.came_back(session.ticket, leads, person, status, diagnostic))
