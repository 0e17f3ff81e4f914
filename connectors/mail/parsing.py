"""Read a mail: from its bytes to what its sender wrote, without a fault of its form ever losing it."""

import hashlib
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.parser import BytesHeaderParser
from email.utils import getaddresses

from mailparser_reply import EmailReplyParser

from connectors.mail.authentication import is_authenticated
from domain.knowledge.documents import text_of_html
from domain.mail.incoming import Attachment, Bounce, IncomingMail, safe_file_name
from domain.rehearsal.marks import HEADER
from domain.text import clean, from_outside, one_line

MAX_CHARS = 100_000  # of a mail's text
MAX_FILES, MAX_MARK = 20, 100
LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "cs"]
REPLY = re.compile(r"^\s*(re|aw|antw|sv|vs|odp|r)\s*:", re.IGNORECASE)
SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
MESSAGE_ID = re.compile(r"<[^<>\s]+>")
ID_LINE = re.compile(r"^message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
DELIVERED = ("Delivered-To", "X-Original-To", "Envelope-To")  # what mail servers write into a mail
BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
UNREADABLE = (MessageError, ValueError, LookupError, AttributeError, TypeError)  # what broken mails make Python raise


def read_mail(content: bytes, envelope_sender: str | None, authserv: str = "") -> IncomingMail:
    """Return a mail; `envelope_sender` is "" for the null sender, and None where it is not known.

    `authserv` is the server whose Authentication-Results are trusted; "" trusts none.
    """
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    senders = _addresses(mail, "From")
    name, address = senders[0] if len(senders) == 1 else ("", "")
    subject, references = one_line(from_outside(_header(mail, "Subject"))), _references(mail)
    whole = _text(mail)
    bounce = _bounce(mail)
    return IncomingMail(
        message_id=_own_id(mail, content), sender=address.lower(), sender_name=one_line(name)[:80],
        references=references, subject=subject[:500], whole=whole,
        text=_new_words(whole) if references or REPLY.match(subject) else _without_signature(whole),
        attachments=tuple(_attachments(mail)),
        is_verified=bool(address and authserv) and is_authenticated(_all(mail, "Authentication-Results"), authserv,
                                                                    address),
        automatic=_automatic(mail, envelope_sender),
        wants_no_answer=bool(_header(mail, "X-Auto-Response-Suppress")), bounce=bounce,
        mark=_header(mail, HEADER)[:MAX_MARK],
    )  # fmt: skip


def recipients_of(content: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return to whom a mail was delivered as mail servers noted it, and to whom its sender wrote it, in lower case."""
    mail = BytesHeaderParser(policy=policy.default).parsebytes(content)
    delivered, written = (
        tuple(address.lower() for name in names for _, address in _addresses(mail, name))
        for names in (DELIVERED, ("To", "Cc"))
    )
    return delivered, written


def _header(mail: MIMEPart, name: str) -> str:
    """Return the first header of that name; "" where there is none or Python can't read it."""
    return next(iter(_all(mail, name)), "")


def _all(mail: MIMEPart, name: str) -> list[str]:
    try:
        return [str(one) for one in mail.get_all(name, [])]
    except UNREADABLE:
        return [str(value) for key, value in mail.raw_items() if key.lower() == name.lower()]


def _addresses(mail: MIMEPart, name: str) -> list[tuple[str, str]]:
    return [(shown, address) for shown, address in getaddresses(_all(mail, name)) if "@" in address]


def _references(mail: EmailMessage) -> tuple[str, ...]:
    found = MESSAGE_ID.findall(" ".join([*_all(mail, "References"), *_all(mail, "In-Reply-To")]))
    return tuple(dict.fromkeys(found))[-100:]


def _own_id(mail: EmailMessage, content: bytes) -> str:
    """Return the Message-ID; of a mail without one, what is the same when it is delivered again."""
    found = MESSAGE_ID.search(_header(mail, "Message-ID"))
    return found[0][:250] if found else f"<{hashlib.sha256(content).hexdigest()}@no-id>"


def _automatic(mail: EmailMessage, envelope_sender: str | None) -> str:
    """Return why a mail is a program's (RFC 3834); "" for a person's."""
    submitted = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return "auto_submitted"
    if envelope_sender == "" or _header(mail, "Return-Path").strip() == "<>":
        return "null_sender"
    if _header(mail, "Precedence").strip().lower() in BULK or _header(mail, "X-Autoreply"):
        return "precedence"
    return "list" if _header(mail, "List-Id") else ""


def _text(mail: EmailMessage) -> str:
    """Return the text of a mail: its plain part, or else its HTML as text."""
    for kind in ("plain", "html"):
        try:
            part = mail.get_body(preferencelist=(kind,))
        except UNREADABLE:
            continue
        if isinstance(part, EmailMessage):
            words = _content(part)
            text = from_outside(text_of_html(words) if kind == "html" else words)[:MAX_CHARS]
            if text:
                return text
    return ""


def _content(part: EmailMessage) -> str:
    try:
        return str(part.get_content())
    except UNREADABLE:
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _new_words(whole: str) -> str:
    """Return an answer without the mails that it quotes; all of it where it was written between the quotes."""
    lines = [line for line in _without_signature(whole).split("\n") if line.strip()]
    quoted = [at for at, line in enumerate(lines) if line.startswith(">")]
    if quoted and any(not line.startswith(">") for line in lines[quoted[0] :]):
        return whole
    found = EmailReplyParser(languages=LANGUAGES).parse_reply(whole) or ""
    return _without_signature(clean(found)) or whole


def _without_signature(text: str) -> str:
    return SIGNATURE.split(text)[0].strip() or text


def _attachments(mail: EmailMessage) -> Iterator[Attachment]:
    body = {id(mail.get_body(preferencelist=(kind,))) for kind in ("plain", "html")}
    found = 0
    for part in mail.walk():
        if part.is_multipart() and part.get_content_type() != "message/rfc822":
            continue
        kind = part.get_content_type()
        if id(part) in body or (kind in ("text/plain", "text/html") and not part.get_filename()):
            continue
        if content := _bytes(part):
            found += 1
            yield Attachment(_file_name(part, found), kind, content)
        if found == MAX_FILES:
            return


def _bytes(part: EmailMessage) -> bytes:
    if part.get_content_type() == "message/rfc822":
        return b"".join(inner.as_bytes() for inner in part.iter_parts())
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _file_name(part: EmailMessage, number: int) -> str:
    endings = {"text/calendar": "ics", "message/rfc822": "eml"}
    try:
        given = part.get_filename() or ""
    except UNREADABLE:
        given = ""
    ending = endings.get(part.get_content_type()) or part.get_content_subtype()
    return safe_file_name(given, number, ending)


def _bounce(mail: EmailMessage) -> Bounce | None:
    """Return what a report about a mail that was not delivered says; None for any other mail."""
    if mail.get_content_type() != "multipart/report":
        return None
    status, ids = None, list[str]()
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            status = status or _failed_recipient(part)
        elif part is not mail and (found := MESSAGE_ID.search(_header(part, "Message-ID"))):
            ids.append(found[0])
        elif kind == "text/rfc822-headers" and (found := ID_LINE.search(_content(part))):
            ids.append(found[1])
    return Bounce(tuple(ids), *status) if status else None


def _failed_recipient(report: EmailMessage) -> tuple[str, str, str] | None:
    """Return the address, the code and the words of the first recipient who did not get it."""
    for part in report.iter_parts():
        if _header(part, "Action").strip().lower() == "failed":
            address = _header(part, "Final-Recipient").partition(";")[2].strip().lower()
            said = one_line(_header(part, "Diagnostic-Code").partition(";")[2])
            return address, _header(part, "Status").strip(), said[:200]
    return None
