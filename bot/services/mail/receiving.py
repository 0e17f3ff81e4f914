"""Take in a mail: it becomes a report, or goes to the ticket that it answers, once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.context import AppContext
from bot.services.conversations import threads
from bot.services.followup import verification
from bot.services.intake.intake import after_opening, open_ticket_in
from bot.services.mail import bounces
from bot.services.phases import marks
from bot.services.tickets.session import TicketSession
from bot.views.mail import messages as views
from bot.views.mail.template import read_report
from domain.address import is_mail
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.intake.chatter import says_still_broken
from domain.mail.incoming import FORM_ID, MAIL_FILE, Attachment, IncomingMail
from domain.mail.reply import MailReply
from domain.mail.tags import named_in, ticket_of, without_tags
from domain.people.profile import PersonKind
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.rehearsal.marks import UNDONE
from domain.tickets.closing import may_reopen
from domain.tickets.event import EventKind
from domain.tickets.ticket import File, Intake, Ticket
from storage.transaction import Transaction

log = structlog.get_logger()
MAX_IN_AN_HOUR = 30  # mails of one address; more are taken in later, so that a loop of programs ends
HOUR = timedelta(hours=1)
PATIENCE = 0.2  # seconds a mail lets people go first


ACCEPTED = MailReply(250, "2.0.0 Received.")
BEFORE = MailReply(250, "2.0.0 This was received before.")
IGNORED = MailReply(250, "2.0.0 Received. Mails of programs are not acted on.")
NO_ADDRESS = MailReply(550, "5.1.1 There is no phase with this address.")
OVER = MailReply(550, "5.2.1 This phase is over and takes no more mails.")
NO_SENDER = MailReply(550, "5.7.1 The mail names no sender, or several.")
NO_STRANGER = MailReply(550, "5.7.1 Only people with a Slack account may write to this address.")
REHEARSED = MailReply(250, f"2.0.0 {UNDONE}")
TOO_MANY = MailReply(450, "4.7.1 Too many mails of this address in an hour. Try again later.")


@dataclass(slots=True)
class _Received:
    """A mail on its way into a ticket, and who wrote it: `account` where they have one in Slack."""

    mail: IncomingMail
    mail_id: int
    writer: str
    account: Person | None
    files: tuple[File, ...]

    @property
    def person(self) -> Person:
        return self.account or Person(self.writer, kind=PersonKind.STRANGER)


def check_address(app: AppContext, address: str) -> MailReply:
    """Return whether a phase takes mails at that address."""
    phase = _phase_at(app, address)
    if phase is None:
        return NO_ADDRESS
    return OVER if phase.state is PhaseState.EXITED else ACCEPTED


def receive(app: AppContext, address: str, mail: IncomingMail) -> MailReply:
    """Take in a mail to the address of a phase.

    The answer is given after the commit. A code of 450 asks for the mail again, 550 is for what can never be right.
    """
    phase, reply = _phase_at(app, address), check_address(app, address)
    if phase is None or reply is OVER:
        return reply
    if marks.is_marked(app, phase, mail.mark):
        return _rehearse(app, phase.activated(), mail)
    if mail.automatic or mail.sender == phase.mail.address:
        return _ignore(app, mail)
    if not mail.sender:
        return NO_SENDER
    account = _account_of(app, mail)
    if account is None and not phase.mail.strangers:
        return NO_STRANGER
    with app.transaction(patience=PATIENCE) as tx:
        reply, opened = _take_in(app, tx, phase, mail, account)
    if opened:
        after_opening(app, opened)
    log.info("mail_received", phase=phase.key, opened=opened is not None, verified=mail.is_verified, code=reply.code)
    return reply


def _rehearse(app: AppContext, phase: Phase, mail: IncomingMail) -> MailReply:
    """Take in a mail of a rehearsal as if the phase were active, and keep nothing of it."""
    try:
        with app.undone() as tx:
            _take_in(app, tx, phase, mail, None)
    except Refused as no:
        return MailReply(550, f"5.7.1 {no.text}")
    return REHEARSED


def keep_files(
    app: AppContext, tx: Transaction, phase: Phase, writer: str, files: Sequence[Attachment]
) -> tuple[int | None, tuple[File, ...]]:
    """Keep files that a person sent with the web form as those of a mail; return its number, and the files."""
    if not files:
        return None, ()
    sent = IncomingMail(message_id=f"{FORM_ID}{secrets.token_hex(16)}", sender="")
    mail_id = tx.mails.insert(phase.id, writer, sent, app.now())
    assert mail_id is not None
    return mail_id, tuple(_keep(tx, mail_id, file) for file in files)


def attach(tx: Transaction, mail_id: int | None, ticket_id: int) -> None:
    """Say to which ticket the files belong that were kept."""
    if mail_id is not None:
        tx.mails.update_ticket(mail_id, ticket_id)


def _phase_at(app: AppContext, address: str) -> Phase | None:
    with app.store.read() as tx:
        return next((one for one in tx.phases.list_phases() if one.mail.address == address.lower() != ""), None)


def _ignore(app: AppContext, mail: IncomingMail) -> MailReply:
    """Never act on the mail of a program; that one of ours came back is told to its team."""
    log.info("mail_ignored", reason=mail.automatic or "own")
    if mail.bounce and mail.bounce.is_final:
        with app.transaction() as tx:
            bounces.note_bounce(app, tx, mail.bounce)
    return IGNORED


def _account_of(app: AppContext, mail: IncomingMail) -> Person | None:
    """Return the person of the workspace whose address it is, where the mail server has proven it."""
    if not mail.is_verified:
        return None
    profile = app.look_up_address(mail.sender)
    if profile is None or profile.deleted or profile.is_bot:
        return None
    with app.transaction() as tx:
        tx.profiles.save(profile)
        return app.known_person(tx, profile.id)


def _take_in(
    app: AppContext, tx: Transaction, phase: Phase, mail: IncomingMail, account: Person | None
) -> tuple[MailReply, Ticket | None]:
    """Keep a mail and do what follows; return the answer, and the ticket that was opened."""
    now = app.now()
    known = tx.mails.find_person(mail.sender)
    if known and tx.mails.count_since(known.id, now - HOUR) >= MAX_IN_AN_HOUR:
        return TOO_MANY, None
    writer = tx.mails.meet(mail.sender, mail.sender_name, now)
    mail_id = tx.mails.insert(phase.id, writer.id, mail, now)
    if mail_id is None:
        return BEFORE, None
    files = tuple(_keep(tx, mail_id, file) for file in mail.attachments)
    received = _Received(mail, mail_id, writer.id, account, files)
    ticket = _ticket_of(app, tx, phase, mail)
    if ticket is None:
        return ACCEPTED, _open(app, tx, phase, received)
    tx.mails.update_ticket(mail_id, ticket.id)
    _answer(app, tx, ticket, received)
    return ACCEPTED, None


def _keep(tx: Transaction, mail_id: int, file: Attachment) -> File:
    """Keep a file of a mail; the team gets a copy, since it isn't in Slack."""
    return File(f"{MAIL_FILE}{tx.mails.insert_file(mail_id, file)}", file.name, "")


def _ticket_of(app: AppContext, tx: Transaction, phase: Phase, mail: IncomingMail) -> Ticket | None:
    """Return the ticket that a mail answers: by our signed marks, or by an earlier mail that it refers to."""
    found = ticket_of(app.secret, mail.references) or tx.mails.find_ticket(phase.id, mail.references)
    ticket = tx.tickets.find_ticket(found) if found else None
    if ticket is None and (name := named_in(app.secret, mail.subject)):
        key, _, number = name.partition("-")
        ticket = tx.tickets.find_by_name(key, int(number))
    return ticket if ticket and ticket.phase_id == phase.id and ticket.is_kept else None


def _open(app: AppContext, tx: Transaction, phase: Phase, received: _Received) -> Ticket:
    mail = received.mail
    report, assumed = read_report(without_tags(mail.subject), mail.text, received.files, phase)
    ticket = open_ticket_in(app, tx, phase, report, person=received.person, intake=Intake.MAIL, assumed=assumed,
                            prepare=lambda session: tx.mails.update_ticket(received.mail_id, session.ticket.id),
                            welcomes=not mail.wants_no_answer)  # fmt: skip
    if received.account and not mail.wants_no_answer:
        lane = tx.outbox.lane(lane_name(LaneKind.MAIL, ticket.id), received.writer, ticket_id=ticket.id)
        tx.outbox.post(lane, views.received_in_slack(ticket), at=app.now(), priority=MessagePriority.ACKNOWLEDGEMENT)
    return ticket


def _answer(app: AppContext, tx: Transaction, ticket: Ticket, received: _Received) -> None:
    """Add an answer to its ticket as one in the reporter's thread, or as a note of another person's words."""
    person = received.person
    session = threads.lock_for_comment(app, tx, ticket, person)
    text, before = received.mail.text, session.ticket
    if not _may_speak(session, received):
        files = session.add_files(received.files)
        session.conversation.pass_on_to_team(files)
        links = session.links_to(received.files)
        session.conversation.tell_team(*views.from_another(received.writer, text, links))
    elif _reopens(app, session, text):
        session.conversation.pass_on_to_team(session.add_files(received.files))
        verification.reopen_in(session, text)
    else:
        message = threads.ThreadMessage(
            channel=received.writer, ts=f"mail.{received.mail_id}", thread_ts="", person=person, text=text,
            files=received.files, request="",
        )  # fmt: skip
        threads.in_reporter_thread(session, message, follower=person.id != ticket.reporter)
    if session.has_logged or session.signals or session.said or session.new_files or session.ticket != before:
        session.finish()


def _may_speak(session: TicketSession, received: _Received) -> bool:
    """Whether a person writes as the reporter or as another affected person of the ticket."""
    asked = {session.ticket.reporter, *session.tx.affected.list_people(session.ticket.id)}
    return received.person.id in asked


def _reopens(app: AppContext, session: TicketSession, text: str) -> bool:
    """Whether an answer reopens its ticket: where a mail can carry no link that asks."""
    asks_by_link = bool(app.public_url) or not is_mail(session.person.id)
    confirmed = session.find_last(EventKind.VERIFIED)
    return not asks_by_link and says_still_broken(text) and may_reopen(session.ticket, confirmed, session.at)
