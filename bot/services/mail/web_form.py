"""The web form for people without a Slack account, and the private page on which they follow their report."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from itsdangerous import BadSignature, URLSafeSerializer

from bot.context import AppContext
from bot.services.conversations import threads
from bot.services.followup import verification
from bot.services.intake.intake import after_opening, open_ticket_in
from bot.services.mail import form_codes, receiving
from bot.services.phases import links, marks
from bot.views.form import InvalidForm
from bot.views.mail import form_codes as code_views
from bot.views.mail import web_form as views
from domain.conversations.comment import Comment
from domain.errors import Refused, Repeated
from domain.mail.incoming import Attachment
from domain.people.profile import PersonKind
from domain.phases.link import LinkKind
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.rehearsal.marks import UNDONE
from domain.text import from_outside, one_line, shorten
from domain.tickets.filters import Filter
from domain.tickets.ticket import TEXT_LIMIT, Intake, Report, Ticket
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

LINK = links.LinkRule(
    kind=LinkKind.FORM, days=90, most_days=366, only_leads="Only leads of {phase} can create a link to the form.",
    wrong_days="A link to the form can last from 1 to {most} days, such as `form 90`.",
)  # fmt: skip
ADDRESS = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,120}\.[A-Za-z]{2,24}", re.ASCII)
HOUR = timedelta(hours=1)
MOST_OF_ALL, MOST_OF_ONE = 100, 10  # reports in an hour, of a phase and of an address
NAME_LIMIT = 80
EXPIRED = "This link has expired or isn't valid. Ask the people who gave it to you for a new one."
GONE = "This page doesn't exist any more."
BUSY = "Too many reports came in within an hour. Please try again later."
SENT = "This report was sent before, so it isn't sent again."


@dataclass(frozen=True, slots=True)
class Followed:
    """A report as its reporter follows it on a page."""

    ticket: Ticket
    phase: Phase
    comments: Sequence[Comment]


def create_link(app: AppContext, person: Person, channel: str, words: Sequence[str], request: str) -> str:
    """Create a link to the form of a phase; return the answer with it and with its QR code."""
    if not app.public_url:
        raise Refused("The form needs HYPERCARE_PUBLIC_URL, which is not set. Ask an operator to set it.")
    phase, token, ends = links.create_by_lead(app, person, channel, words, request, LINK)
    return views.link(phase, f"{app.public_url}/forms/{token}", ends)


def open_form(app: AppContext, token: str) -> Phase:
    """Return the phase that a link reports to; Refused when it opens no form now."""
    found = links.find_open(app, LinkKind.FORM, token)
    if found is None and (rehearsed := links.find_open(app, LinkKind.REHEARSAL, token)):
        return rehearsed[0].activated()
    if found is None or not found[0].is_active:
        raise Refused(EXPIRED)
    return found[0]


def submit(app: AppContext, token: str, given: Mapping[str, str], files: Sequence[Attachment] = ()) -> str:
    """Open a ticket from a submitted form; return the token of its private page.

    Refused, Repeated, or InvalidForm with an error for each field that is not valid.
    """
    phase = open_form(app, token)
    report, errors = views.read(given, phase)
    address = given.get("address", "").strip().lower()[:200] if phase.mail.address else ""
    if address and not ADDRESS.fullmatch(address):
        errors["address"] = "This isn't an e-mail address. Correct it, or leave it empty."
    if errors or report is None:
        raise InvalidForm(errors)
    name = shorten(one_line(from_outside(given.get("who", ""))), NAME_LIMIT)
    if marks.is_marked(app, phase, token):
        with app.undone() as tx:
            _open(app, tx, phase, report, address, name)
        raise Refused(UNDONE)
    used = form_codes.require(app, phase, address, given) if address and phase.mail.form_code else ""
    with app.transaction(f"form:{phase.id}:{given.get('once', '')[:40]}") as tx:
        if used:
            _use_code(app, tx, used)
        ticket = _open(app, tx, phase, report, address, name, files)
    after_opening(app, ticket)
    return _serializer(app).dumps([ticket.id, ticket.reporter])


def _open(
    app: AppContext, tx: Transaction, phase: Phase, report: Report, address: str, name: str,
    files: Sequence[Attachment] = (),
) -> Ticket:  # fmt: skip
    _refuse_floods(app, tx, phase)
    writer = tx.mails.meet(address, name, app.now()) if address else tx.mails.meet_on_page(name, app.now())
    _refuse_floods(app, tx, phase, writer.id)
    mail_id, kept = receiving.keep_files(app, tx, phase, writer.id, files)
    return open_ticket_in(app, tx, phase, replace(report, files=kept), person=_stranger(writer.id), intake=Intake.FORM,
                          prepare=lambda session: receiving.attach(tx, mail_id, session.ticket.id))  # fmt: skip


def _use_code(app: AppContext, tx: Transaction, key: str) -> None:
    """Let a code count once; InvalidForm when it was used."""
    try:
        tx.insert_request(key, app.now())
    except Repeated:
        raise InvalidForm({"code": code_views.USED}) from None


def follow(app: AppContext, token: str) -> Followed:
    """Return the report of a private page; Refused when there is none any more."""
    ticket_id, person = _read_token(app, token)
    with app.store.read() as tx:
        ticket = tx.tickets.find_ticket(ticket_id)
        if ticket is None or not ticket.is_kept or ticket.reporter != person:
            raise Refused(GONE)
        return Followed(ticket.without_inside, tx.phases.get(ticket.phase_id), tx.comments.list_comments(ticket.id))


def act(app: AppContext, token: str, given: Mapping[str, str]) -> None:
    """Do what the reporter does on their page: answer, or say whether it is fixed. Refused when it isn't possible."""
    ticket_id, person = _read_token(app, token)
    text, request = (
        shorten(from_outside(given.get("text", "")), TEXT_LIMIT),
        f"page:{ticket_id}:{given.get('once', '')[:40]}",
    )
    try:
        match given.get("do"):
            case "fixed":
                verification.confirm(app, ticket_id, _stranger(person), request)
            case "broken":
                verification.reopen(app, ticket_id, _stranger(person), text or "Still broken.", request)
            case _ if text:
                _answer(app, ticket_id, _stranger(person), text, request)
    except Repeated:
        return


def _answer(app: AppContext, ticket_id: int, person: Person, text: str, request: str) -> None:
    with app.transaction(request) as tx:
        ticket = tx.tickets.find_ticket(ticket_id)
        if ticket is None or not ticket.is_kept:
            raise Refused(GONE)
        session = threads.lock_for_comment(app, tx, ticket, person)
        # Only as long as Slack's own may be, whatever a form sent.
        ts = "page." + sha256(request.encode("utf-8", "replace")).hexdigest()[:24]
        said = threads.ThreadMessage(channel=person.id, ts=ts, thread_ts="", person=person, text=text, request="")
        threads.in_reporter_thread(session, said, follower=False)
        session.finish()


def _refuse_floods(app: AppContext, tx: Transaction, phase: Phase, writer: str = "") -> None:
    """Refuse more reports than people write in an hour: of the phase's forms, or of one address."""
    mine = Filter(scope="all", sources=(Intake.FORM,), newer=HOUR, reporter=writer)
    reader = ListReader(id="", leads=(phase.id,))
    if tx.lists.count_tickets(mine, [phase], reader, app.now()) >= (MOST_OF_ONE if writer else MOST_OF_ALL):
        raise Refused(BUSY)


def _stranger(person: str) -> Person:
    return Person(person, kind=PersonKind.STRANGER)


def _read_token(app: AppContext, token: str) -> tuple[int, str]:
    try:
        ticket_id, person = _serializer(app).loads(token)
    except (BadSignature, ValueError):
        raise Refused(GONE) from None
    return int(ticket_id), str(person)


def _serializer(app: AppContext) -> URLSafeSerializer:
    return URLSafeSerializer(app.secret, salt="form page")
