"""Make the mail that a queued message becomes."""

from collections.abc import Mapping, Sequence

from bot.context import AppContext
from bot.services.mail.answers import link_of
from bot.services.people import names
from bot.views.mail import messages as views
from bot.views.outside import without_mentions
from domain.delivery.message import MessageKind, OutboxMessage
from domain.mail.incoming import Attachment
from domain.mail.outgoing import MailAnswer, OutgoingMail
from domain.mail.tags import message_id, subject_tag, without_tags
from domain.text import one_line
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket

# So that no program answers (RFC 3834, and what Exchange knows).
HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def mail_of(app: AppContext, queued: OutboxMessage, files: Sequence[Attachment] = ()) -> OutgoingMail | None:
    """Return the mail that a message becomes; None where its phase or its reader has no address any more.

    The same message has the same Message-ID at every try, by which mail servers recognise a mail that came twice.
    """
    person, ticket_id = queued.lane.channel, queued.lane.ticket_id
    with app.store.read() as tx:
        ticket = tx.tickets.find_ticket(ticket_id) if ticket_id else None
        writer = tx.mails.find_person(person)
        if ticket is None or writer is None:
            return None
        phase, thread = tx.phases.get(ticket.phase_id), tx.mails.find_thread(ticket.id, person)
    if not phase.mail.address:
        return None
    host = phase.mail.address.rpartition("@")[2]
    first = queued.awaits if queued.verb is MessageKind.FILE and queued.awaits else queued.lane
    anchor = (first.thread_ts or "").removeprefix("mail.")
    root = [message_id(app.secret, ticket.id, anchor, host)] if anchor else []
    subject = f"Re: {without_tags(thread.subject)}" if thread.subject else f"{ticket.name}: {ticket.summary}"
    return OutgoingMail(
        message_id=message_id(app.secret, ticket.id, str(queued.id), host), sender=(phase.name, phase.mail.address),
        recipient=(writer.name, writer.address), text=_text(app, queued, ticket, phase.name, phase.timezone),
        subject=f"{one_line(subject)[:200]} {subject_tag(app.secret, ticket.name)}", at=app.now(),
        references=[*thread.message_ids[:1], *root, *thread.message_ids[1:][-20:]], attachments=files, headers=HEADERS,
    )  # fmt: skip


def _text(app: AppContext, queued: OutboxMessage, ticket: Ticket, phase: str, zone: str) -> str:
    if queued.verb is MessageKind.FILE:
        return views.mail_text(views.ATTACHED.format(name=queued.payload["name"]), {}, False, ticket, phase)
    words = views.text_of(names.fill(app, without_mentions(queued.payload)), zone)
    if queued.verb is MessageKind.UPDATE:
        words = f"{views.CORRECTED}\n\n{words}"
    asked = views.questions_in(queued.payload) if ticket.status in (Status.RESOLVED, Status.VERIFIED) else []
    return views.mail_text(words, _links(app, queued, ticket, asked), bool(asked), ticket, phase)


def _links(
    app: AppContext, queued: OutboxMessage, ticket: Ticket, asked: Sequence[MailAnswer]
) -> Mapping[MailAnswer, str]:
    """Return a link for each answer, where people can reach our pages."""
    if not app.public_url:
        return {}
    return {answer: link_of(app, ticket.id, queued.lane.channel, answer, queued.id) for answer in asked}
