"""One-time codes by mail, by which people show that the address in their web form is theirs."""

import hashlib
import hmac
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from bot.context import AppContext
from bot.services.mail.digests import HEADERS
from bot.views.form import InvalidForm
from bot.views.mail import form_codes as views
from domain.delivery.lanes import LaneKind, kind_of, lane_name
from domain.delivery.message import MessagePriority, OutboxMessage
from domain.errors import Refused, Repeated
from domain.mail.outgoing import OutgoingMail
from domain.phases.phase import Phase

LASTS = timedelta(minutes=10)
TRIES = 5  # with one code
MOST_IN_AN_HOUR = 5  # codes to one address


class CodeNeeded(InvalidForm):
    """The form has to be sent again with a code; `code_for` is what the code belongs to."""

    def __init__(self, said: str, code_for: str) -> None:
        super().__init__({"code": said})
        self.code_for = code_for


def require(app: AppContext, phase: Phase, address: str, given: Mapping[str, str]) -> str:
    """Return the key of the code that was entered, which may be used once.

    CodeNeeded where none was entered, or a wrong one; a new one is sent where there is none to enter. The answer is
    the same for every address. Refused when too many were sent to it.
    """
    code_for, once = given.get("code_for", ""), given.get("once", "")[:40]
    typed = "".join(one for one in given.get("code", "") if one in "0123456789")
    nonce = _read(app, code_for, phase, address)
    if nonce is None:
        raise CodeNeeded(views.EXPIRED if code_for and typed else views.SENT, _send(app, phase, address, once))
    if not typed:
        raise CodeNeeded(views.NOT_ENTERED, code_for)
    if not _may_try(app, phase, nonce):
        raise CodeNeeded(views.TOO_OFTEN, _send(app, phase, address, once))
    if not hmac.compare_digest(typed, _code(app, nonce)):
        raise CodeNeeded(views.WRONG, code_for)
    return f"form code:{nonce}:used"


def is_code(queued: OutboxMessage) -> bool:
    """Return whether a message is a code."""
    return kind_of(queued.lane.name) is LaneKind.FORM_CODE


def mail_of(app: AppContext, queued: OutboxMessage) -> OutgoingMail | None:
    """Return the mail with a code; None when the code has expired, or the phase has no address any more."""
    _, phase_id, nonce = queued.lane.name.split(":")
    with app.store.read() as tx:
        phase, person = tx.phases.get(int(phase_id)), tx.mails.find_person(queued.lane.channel)
    if person is None or not phase.mail.address or app.now() >= queued.created_at + LASTS:
        return None
    code, host = _code(app, nonce), phase.mail.address.rpartition("@")[2]
    return OutgoingMail(
        message_id=f"<code.{nonce}@{host}>", sender=(phase.name, phase.mail.address),
        recipient=(person.name, person.address), subject=views.SUBJECT.format(code=code, phase=phase.name),
        text=views.TEXT.format(code=code, phase=phase.name), at=app.now(), headers=HEADERS,
    )  # fmt: skip


def _send(app: AppContext, phase: Phase, address: str, once: str) -> str:
    """Send a code, once for a form that was sent; return what it belongs to. Refused when too many were sent."""
    now, whose = app.now(), _digest(app, f"address:{address}")
    nonce = _digest(app, f"form:{phase.id}:{address}:{once}")
    for number in range(MOST_IN_AN_HOUR):
        with suppress(Repeated), app.transaction() as tx:
            if not tx.outbox.find(lane_name(LaneKind.FORM_CODE, phase.id, nonce)):
                tx.insert_request(f"form code to:{whose}:{now:%Y%m%d%H}:{number}", now)
                person = tx.mails.add_recipient(address, now)
                lane = tx.outbox.lane(lane_name(LaneKind.FORM_CODE, phase.id, nonce), person.id)
                # The code itself is not stored.
                tx.outbox.post(lane, views.queued(phase), at=now, priority=MessagePriority.ACKNOWLEDGEMENT)
            made: str = _serializer(app).dumps([phase.id, address, nonce, int((now + LASTS).timestamp())])
            return made
    raise Refused(views.TOO_MANY)


def _may_try(app: AppContext, phase: Phase, nonce: str) -> bool:
    """Count a try; return False when there were as many as a code allows."""
    for number in range(TRIES):
        with suppress(Repeated), app.transaction() as tx:
            tx.insert_request(f"form code:{nonce}:{number}", app.now())
            tx.audit.log("web form", "code entered", phase.key, app.now())
            return True
    return False


def _read(app: AppContext, code_for: str, phase: Phase, address: str) -> str | None:
    """Return what names a code that was sent to this address; None when there is none, or it has expired."""
    try:
        phase_id, to, nonce, until = _serializer(app).loads(code_for)
    except (BadSignature, ValueError):
        return None
    is_open = app.now() < datetime.fromtimestamp(until, tz=app.now().tzinfo)
    return str(nonce) if (phase_id, to) == (phase.id, address) and is_open else None


def _code(app: AppContext, nonce: str) -> str:
    made = hmac.new(app.secret, f"form code:{nonce}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(made[:8]) % 10**6:06}"


def _digest(app: AppContext, text: str) -> str:
    return hmac.new(app.secret, f"form code:{text}".encode(), hashlib.sha256).hexdigest()[:32]


def _serializer(app: AppContext) -> URLSafeSerializer:
    return URLSafeSerializer(app.secret, salt="form code")
