"""Digests by mail for people outside Slack: who gets them, the mail that one becomes, and how they end."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from itsdangerous import BadSignature, URLSafeSerializer

from bot.context import AppContext
from bot.services.people import names
from bot.services.phases import phases
from bot.views.mail import digests as views
from bot.views.outside import with_times, without_mentions
from domain.delivery.lanes import LaneKind, kind_of, lane_name
from domain.delivery.message import MessagePriority, OutboxMessage
from domain.errors import Refused
from domain.mail.incoming import Attachment
from domain.mail.outgoing import OutgoingMail
from domain.phases.phase import Phase
from domain.reporting.settings import Digest
from domain.text import one_line, shorten
from storage.mail.mails import MailPerson
from storage.transaction import Transaction

log = structlog.get_logger()
PATH = "/unsubscribe/"
SUBJECT_LIMIT = 150
# So that no program answers (RFC 3834, and what Exchange knows).
HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
OWN_ID = re.compile(r"<digest\.([0-9]{1,18})\.[0-9a-f]{16}@([^<>@\s]+)>")
Draw = Callable[[Sequence[dict[str, Any]]], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whose digests of which phase a link ends."""

    phase: Phase
    person: MailPerson


def queue(
    app: AppContext, tx: Transaction, phase: Phase, digest: Digest, occasion: str, content: Mapping[str, Any]
) -> None:
    """Queue a digest for each address of its list; `content` is the message in Slack."""
    for address in digest.mails if phase.mail.address else ():
        person = tx.mails.add_recipient(address, app.now())
        lane = tx.outbox.lane(lane_name(LaneKind.DIGEST_MAIL, phase.id, occasion, person.id[-16:]), person.id)
        shown = with_times(without_mentions(content), digest.timezone or phase.timezone)
        tx.outbox.post(lane, shown, at=app.now(), priority=MessagePriority.DIGEST)


def is_digest(queued: OutboxMessage) -> bool:
    """Return whether a message is a digest by mail."""
    return kind_of(queued.lane.name) is LaneKind.DIGEST_MAIL


def mail_of(app: AppContext, queued: OutboxMessage, draw: Draw | None) -> OutgoingMail | None:
    """Return the mail that a digest becomes; None for a person who gets none any more.

    `draw` returns pictures of charts; without it, or where it fails, their numbers are tables.
    """
    with app.store.read() as tx:
        phase = tx.phases.get(int(queued.lane.name.split(":")[1]))
        person = tx.mails.find_person(queued.lane.channel)
    if person is None or not phase.mail.address or person.address not in _listed(phase):
        return None
    content = names.fill(app, queued.payload)
    link = _link(app, phase, person)
    images = _images(draw, views.charts_in(content))
    host = phase.mail.address.rpartition("@")[2]
    ids = [f"{one.name.partition('.')[0]}.{queued.id}@{host}" for one in images]
    given = (content, phase.name, person.address, link)
    unsubscribe = {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return OutgoingMail(
        message_id=_message_id(app, queued.id, host), sender=(phase.name, phase.mail.address),
        recipient=(person.name, person.address), subject=shorten(one_line(views.subject(content)), SUBJECT_LIMIT),
        text=views.text(*given), html=views.html(*given, ids), images=dict(zip(ids, images, strict=True)),
        at=app.now(), headers=HEADERS | (unsubscribe if link else {}),
    )  # fmt: skip


def look(app: AppContext, token: str) -> tuple[int, str]:
    """Return the page that asks whether digests are to end."""
    try:
        found = _read(app, token)
    except Refused:
        return 404, views.not_valid_page()
    if found.person.address not in _listed(found.phase):
        return 200, views.ended_page(found.phase.name, found.person.address)
    return 200, views.ask_page(found.phase.name, found.person.address)


def unsubscribe(app: AppContext, token: str) -> tuple[int, str]:
    """Take a person off the lists of a phase's digests; return the page that says so. Once or often, it is the same."""
    try:
        found = _read(app, token)
    except Refused:
        return 404, views.not_valid_page()
    address = found.person.address
    with app.transaction() as tx:
        tx.phases.lock(found.phase.id)
        phase = tx.phases.get(found.phase.id)
        if address in _listed(phase):
            kept = tuple(
                one.model_copy(update={"mails": tuple(other for other in one.mails if other != address)})
                for one in phase.reporting.digests
            )
            reporting = phase.reporting.model_copy(update={"digests": kept})
            phases.save_in(app, tx, phase.model_copy(update={"reporting": reporting}))
            tx.audit.log(found.person.id, "unsubscribed from digests", phase.key, app.now())
            log.info("digest_unsubscribed", phase=phase.key)
    return 200, views.ended_page(found.phase.name, address)


def is_about_digest(app: AppContext, message_ids: Sequence[str]) -> bool:
    """Return whether one of these Message-IDs is that of a digest which we sent."""
    found = ((one, OWN_ID.fullmatch(one)) for one in message_ids)
    return any(own and hmac.compare_digest(_message_id(app, int(own[1]), own[2]), one) for one, own in found)


def phases_with(tx: Transaction, address: str) -> list[Phase]:
    """Return the phases whose digests go to an address."""
    return [one for one in tx.phases.list_phases() if address in _listed(one)]


def token_of(app: AppContext, phase: Phase, person: MailPerson) -> str:
    """Return what names a person and a phase in a link that ends the digests."""
    made: str = _serializer(app).dumps([phase.id, person.id])
    return made


def _images(draw: Draw | None, charts: Sequence[dict[str, Any]]) -> list[Attachment]:
    """Return pictures of charts; none where they can't be drawn."""
    if draw is None or not charts:
        return []
    pictures = draw([one["chart"] for one in charts])
    return [Attachment(f"chart-{number}.png", "image/png", one) for number, one in enumerate(pictures, start=1)]


def _listed(phase: Phase) -> frozenset[str]:
    return frozenset(address for digest in phase.reporting.digests for address in digest.mails)


def _message_id(app: AppContext, number: int, host: str) -> str:
    """Return the Message-ID, the same at every try."""
    signature = hmac.new(app.secret, f"digest mail:{number}".encode(), hashlib.sha256).hexdigest()
    return f"<digest.{number}.{signature[:16]}@{host}>"


def _link(app: AppContext, phase: Phase, person: MailPerson) -> str:
    return f"{app.public_url}{PATH}{token_of(app, phase, person)}" if app.public_url else ""


def _read(app: AppContext, token: str) -> Subscription:
    try:
        phase_id, person_id = _serializer(app).loads(token)
    except (BadSignature, ValueError):
        raise Refused(views.NOT_VALID) from None
    with app.store.read() as tx:
        person = tx.mails.find_person(person_id)
        if person is None:
            raise Refused(views.NOT_VALID)
        return Subscription(tx.phases.get(phase_id), person)


def _serializer(app: AppContext) -> URLSafeSerializer:
    return URLSafeSerializer(app.secret, salt="mail unsubscribe")
