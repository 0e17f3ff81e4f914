"""What people read by mail, and what the team reads about mails."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.views.incoming import read_message
from bot.views.outside import with_times
from bot.views.text import escape, mention, message, named, quote, when
from bot.views.tickets.posts import PAGING, PRIVATE, quoted
from domain.mail.outgoing import MailAnswer
from domain.tickets.ticket import Ticket

Message = dict[str, Any]
BOLD = re.compile(r"\*([A-Z][A-Z0-9]{1,9}-\d+)\*")
LABELS = {
    MailAnswer.FIXED: "Yes, fixed: {link}",
    MailAnswer.BROKEN: "Still broken: {link}",
    MailAnswer.UNKNOWN: "I can't check: {link}",
}
NO_LINKS = "Answer this mail to tell us."
FOOTER = "-- \n{ticket} · {phase}\nAnswer this mail to write to the team. Please keep the subject as it is."
CORRECTED = "We've corrected an earlier message:"
ATTACHED = "The team sent you a file: {name}"
CAUSES = {
    "http_401": "It doesn't accept the user name or the password. Correct them in the settings, and restart Hypercare.",
    "no_mail_server": "It hangs up, refuses the connection, or is no mail server.",
    "unreadable_answer": "Its answers can't be read.",
    "no_such_folder": "There is no such folder. Correct HYPERCARE_IMAP_FOLDER, and restart Hypercare.",
    "ConnectionRefusedError": "Nothing answers at its address.",
    "TimeoutError": "It doesn't answer.",
    "gaierror": "There is no server with that name.",
    "SSLCertVerificationError": "Its certificate isn't trusted.",
}
# What a code of a mail server means (RFC 3463), by its beginning.
REASONS = {
    "5.1": "the address doesn't exist",
    "5.2.2": "the mailbox is full",
    "5.2": "the mailbox takes no mail",
    "5.3.4": "the mail is too large",
    "5.7": "the mail server there refuses our mails",
}


def received(ticket: Ticket, *, assumed: bool, is_paged: bool, reply_by: datetime | None) -> Message:
    """Confirm a report that came by mail to a person without an account; `is_paged`: an escalation begins."""
    if not ticket.report.type.is_work:
        return message(f"Thank you for the praise. The team reads it as *{ticket.name}*.")
    lines = [f"Thank you. Your report is *{ticket.name}*: {quote(ticket.summary)}"]
    lines += [PAGING] if is_paged else []
    lines += [PRIVATE] if ticket.private else []
    lines.append(f"Severity: {ticket.severity.capitalize()}.")
    lines += ["If that's wrong, tell us in your answer."] if assumed else []
    lines.append(f"We'll write to you by {when(reply_by)}." if reply_by else "We'll write to you here.")
    return message("\n".join(lines))


def received_in_slack(ticket: Ticket) -> Message:
    """Confirm a report that came by mail to a person who has an account, where they get all news."""
    text = f"Thank you. Your report is *{ticket.name}*: {quote(ticket.summary)}"
    where = "We'll write to you in Slack, in your messages with Hypercare. You can also answer this mail."
    return message(f"{text}\n{where}")


def from_another(by: str, text: str, files: list[str]) -> list[Message]:
    """Show the team what a person wrote by mail who isn't the ticket's reporter."""
    return quoted(f"{mention(by)} isn't the reporter, and wrote by e-mail", text, files)


def came_back(ticket: Ticket, leads: tuple[str, ...], person: str, status: str, diagnostic: str) -> Message:
    """Tell the team once that mails to a person come back, why, and what to do."""
    called = mention(ticket.owner) if ticket.owner else " ".join(map(mention, leads))
    why, said = _why(status, diagnostic)
    text = f"{called}: our mail to {mention(person)} about *{ticket.name}* came back, because {why}."
    return message(f"{text} Reach them another way, such as by phone.{said}")


def digest_came_back(address: str, status: str, diagnostic: str) -> Message:
    """Tell a lead once that digests to an address come back, why, and what to do."""
    why, said = _why(status, diagnostic)
    text = (
        f"Our digest by mail to {quote(address)} came back, because {why}. Check the address under `/hypercare phase`"
    )
    return message(f"{text} → *Digests*, or take it off the list.{said}")


def _why(status: str, diagnostic: str) -> tuple[str, str]:
    """Return why a mail came back, and the sentence with what the server said, if anything."""
    why = next((words for code, words in REASONS.items() if status.startswith(code)), "the mail server there gave up")
    return why, f" The server said: {quote(diagnostic, 200)}" if diagnostic else ""


def server_fails(server: str, reason: str, since: str) -> Message:
    """Tell the admins that our mails can't be sent."""
    return message(f"{server} has taken none of our mails since {since}. {_cause(reason)} "
                   "Mails are kept, and sent when it takes them again.")  # fmt: skip


def server_works(server: str) -> Message:
    return message(f"{server} takes mails again. We're sending those that waited.")


def mailbox_fails(mailbox: str, reason: str, since: str) -> Message:
    """Tell the admins that mails to us can't be read."""
    return message(f"{mailbox} can't be read since {since}, so mails to Hypercare wait in it. {_cause(reason)}")


def mailbox_works(mailbox: str) -> Message:
    return message(f"{mailbox} can be read again. Mails that waited in it are taken in now.")


def _cause(reason: str) -> str:
    return CAUSES.get(reason, f"The reason is `{escape(reason)}`.")


def text_of(payload: Mapping[str, Any], zone: str) -> str:
    """Return a message, filled with names, as plain text with times in that time zone."""
    blocks = [one for one in payload.get("blocks") or () if one.get("type") != "actions"]
    shown = with_times({"text": payload.get("text") or "", "blocks": blocks or None}, zone)
    return BOLD.sub(r"\1", named(read_message(shown).text)).strip()


def questions_in(payload: Mapping[str, Any]) -> list[MailAnswer]:
    """Return the answers that the buttons of a message offer and a mail can offer too."""
    return [MailAnswer(found) for found in _buttons(payload) if found in [*MailAnswer]]


def mail_text(words: str, answers: Mapping[MailAnswer, str], asks: bool, ticket: Ticket, phase: str) -> str:
    """Return the whole text of a mail; `answers` are links, and `asks` whether it asks a question."""
    links = [LABELS[answer].format(link=link) for answer, link in answers.items()]
    if asks and not links:
        links = [NO_LINKS]
    return "\n\n".join(filter(None, [words, "\n".join(links), FOOTER.format(ticket=ticket.name, phase=phase)])) + "\n"


def _buttons(payload: Mapping[str, Any]) -> Iterator[str]:
    for block in payload.get("blocks") or ():
        if block.get("type") == "actions":
            yield from (str(one.get("action_id")) for one in block["elements"])
