"""Links in mails that say whether a problem is fixed; each works once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from bot.context import AppContext
from bot.services.followup import verification
from bot.services.tickets.session import require_ticket
from domain.errors import Refused, Repeated
from domain.mail.outgoing import MailAnswer
from domain.people.profile import PersonKind
from domain.phases.permissions import Action, Person

PATH = "/mail/answers/"
WORKS_FOR = timedelta(days=6)  # less than requests are kept, which say that a link was used
NOT_VALID = "This link isn't valid. Answer the mail instead."
EXPIRED = "This link is too old. Answer the mail instead."
USED = "This link was used before, and your answer counts. To tell us more, answer the mail."


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """What a link says of a ticket, for whom; `number` is that of the message it stands in."""

    ticket_id: int
    person: str
    answer: MailAnswer
    number: int
    until: int  # seconds since 1970


def link_of(app: AppContext, ticket_id: int, person: str, answer: MailAnswer, number: int) -> str:
    """Return the address of a new link."""
    until = int((app.now() + WORKS_FOR).timestamp())
    token = _serializer(app).dumps([ticket_id, person, answer.value, number, until])
    return f"{app.public_url}{PATH}{token}"


def read_link(app: AppContext, token: str) -> AnswerLink:
    """Return what a link says; Refused when we did not make it, or it is too old."""
    try:
        ticket_id, person, answer, number, until = _serializer(app).loads(token)
    except BadSignature:
        raise Refused(NOT_VALID) from None
    if app.now() > datetime.fromtimestamp(until, tz=app.now().tzinfo):
        raise Refused(EXPIRED)
    return AnswerLink(ticket_id, person, MailAnswer(answer), number, until)


def name_of_ticket(app: AppContext, token: str) -> tuple[MailAnswer, str, str]:
    """Return what a link would answer, and the name and summary of its ticket; Refused for whom it isn't now."""
    link = read_link(app, token)
    action = Action.REOPEN if link.answer is MailAnswer.BROKEN else Action.CONFIRM
    with app.store.read() as tx:
        found = tx.tickets.find_ticket(link.ticket_id)
        try:
            ticket, _, _ = require_ticket(app, tx, found, _person_of(link), action)
        except Refused:
            raise Refused(NOT_VALID) from None
    return link.answer, ticket.name, ticket.summary


def use_link(app: AppContext, token: str, why: str) -> MailAnswer:
    """Do what a link says, once; Refused where that is no longer possible. `why` is what is still broken."""
    link = read_link(app, token)
    person = _person_of(link)
    key = f"mail answer:{link.ticket_id}:{link.number}:{link.answer}"
    try:
        match link.answer:
            case MailAnswer.FIXED:
                verification.confirm(app, link.ticket_id, person, key)
            case MailAnswer.BROKEN:
                verification.reopen(app, link.ticket_id, person, why, key)
            case MailAnswer.UNKNOWN:
                verification.cannot_check(app, link.ticket_id, person, key)
    except Repeated:
        raise Refused(USED) from None
    return link.answer


def _person_of(link: AnswerLink) -> Person:
    return Person(link.person, kind=PersonKind.STRANGER)


def _serializer(app: AppContext) -> URLSafeSerializer:
    return URLSafeSerializer(app.secret, salt="mail answer")
