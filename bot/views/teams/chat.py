"""What a person reads in their chat with the bot in Microsoft Teams."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.views.mail.messages import text_of
from bot.views.text import escape, mention, message, quote, when
from bot.views.tickets.posts import PAGING, PRIVATE
from domain.phases.phase import Phase
from domain.teams.outgoing import TeamsButton, TeamsInput
from domain.tickets.ticket import Ticket

Message = dict[str, Any]
CONFIRM, REJECT, CANNOT_CHECK, REPORT = "confirm", "reject", "cannot_check", "report"
CODE = re.compile(r"`([^`\n]+)`")  # which Teams shows as it is
# The buttons of Slack's messages that a card has too, and their labels there.
OFFERED = {CONFIRM: "Yes, fixed", REJECT: "Still broken", CANNOT_CHECK: "Can't check"}
WHY = TeamsInput(id="why", label="What still happens?", multiline=True)
HELP = (
    "Write what is wrong, and the team gets it as a report. You read their answers here, and what you write back goes "
    "to them.\n\n`report` and a text reports something else. A ticket's name, such as `PAY-42`, shows it. With a text "
    "behind it, your message goes to that ticket."
)
NOT_FETCHED = (
    "We couldn't get {files} from Teams. Send it again, or say in words what it shows. The files of a message may have "
    "20 MB together."
)
NOT_KEPT = "{files} wasn't kept, as it belongs to no report yet. Send it again with the text of your report."
TOO_MANY_FILES = "You've sent many files within an hour, so this message wasn't taken. Please try again later."
PICTURE = "The team sends you a picture, {name}."
FILE = "The team has a file for you, {name}. It can't be sent to Teams, so ask them for it if you need it."
NOT_ACCEPTED = "It refuses the bot's client secret. See `hypercare connect check teams`."
GONE = "This isn't about a ticket that you can answer any more."
WHAT = "What's wrong? Write `report` and a text, such as `report Totals are wrong`, or fill in the form."
OPEN_DIALOG = {"label": "Report a problem", "carries": {"do": REPORT}, "opens": True}
WHICH = "Which phase is it about?"
NOWHERE = "No team takes reports from Teams at the moment. Ask the people who support you how to report."
TOO_MANY = "You've sent many reports within an hour. Please try again later."


def hello(bot_name: str = "Hypercare") -> Message:
    """Greet a person who has just added the bot."""
    return message(f"This is {bot_name}. {HELP}") | {"teams": {"buttons": [OPEN_DIALOG]}}


def usage() -> Message:
    """Say what a person can write."""
    return message(HELP)


def received(ticket: Ticket, *, assumed: bool, is_paged: bool, reply_by: datetime | None) -> Message:
    """Confirm a report that was made in Teams; `is_paged`: an escalation begins."""
    if not ticket.report.type.is_work:
        return message(f"Thank you for the praise. The team reads it as *{ticket.name}*.")
    lines = [f"Thank you. Your report is *{ticket.name}*: {quote(ticket.summary)}"]
    lines += [PAGING] if is_paged else []
    lines += [PRIVATE] if ticket.private else []
    severity = f"Severity: {ticket.severity.capitalize()}."
    lines.append(f"{severity} If that's wrong, tell us here." if assumed else severity)
    lines.append(f"We'll write here by {when(reply_by)}." if reply_by else "We'll write here.")
    return message("\n\n".join(lines))  # some programs show a single line break as a space


def passed_on(ticket: Ticket) -> Message:
    """Tell a person that what they wrote went to a ticket, and how to report something else."""
    return message(f"Added to *{ticket.name}*. To report something else, write `report` and what's wrong.")


def sent(ticket: Ticket) -> str:
    """Say in place of the dialog that the report arrived."""
    return f"Thank you. Your report is {ticket.name}. We'll write to you in the chat."


def asks_what() -> Message:
    """Ask what is wrong, with the button that opens the dialog."""
    return message(WHAT) | {"teams": {"buttons": [OPEN_DIALOG]}}


def which_phase(phases: Sequence[Phase], text: str) -> Message:
    """Ask which phase a report is about."""
    buttons = [{"label": f"{one.name} ({one.key})", "carries": {"do": REPORT, "phase": one.key, "text": text}}
               for one in phases]  # fmt: skip
    return message(WHICH) | {"teams": {"buttons": buttons}}


def without_files(names: Sequence[str], *, was_taken: bool) -> Message:
    """Say which files of a message were not taken; `was_taken`: the rest of it was."""
    shown = ", ".join(quote(one) for one in names)
    return message((NOT_FETCHED if was_taken else NOT_KEPT).format(files=shown))


def how_it_is(ticket: Ticket, status: str) -> Message:
    """Show a person their own ticket; `status` is the sentence that says how it is."""
    return message(f"*{ticket.name}*: {quote(ticket.summary)}\n{status}")


def teams_fails(system: str, reason: str, since: str) -> Message:
    """Tell the admins that no message got to Teams for a while; `reason` is what it answered."""
    cause = NOT_ACCEPTED if reason == "http_401" else f"The last answer was `{escape(reason)}`."
    return message(f"{system} has taken none of our messages since {since}. {cause} "
                   "They wait, and are sent when it takes messages again.")  # fmt: skip


def teams_works(system: str) -> Message:
    """Tell the admins that messages get to Teams again."""
    return message(f"{system} takes messages again. We're sending those that waited.")


def unreachable(ticket: Ticket, leads: Sequence[str], person: str) -> Message:
    """Tell the team once that messages to a person in Teams don't arrive any more."""
    called = mention(ticket.owner) if ticket.owner else " ".join(map(mention, leads))
    text = f"{called}: our message to {mention(person)} about *{ticket.name}* didn't arrive, because they removed the"
    return message(f"{text} bot from Teams or can't be reached there. Reach them another way, such as by phone.")


def words_of(payload: Mapping[str, Any], ticket: Ticket | None, zone: str) -> str:
    """Return a message, filled with names, as the plain text of a chat; it begins with its ticket's name."""
    words = CODE.sub(r"“\1”", text_of(payload, zone))
    return words if ticket is None or ticket.name in words else f"{ticket.name}: {words}"


def buttons_of(payload: Mapping[str, Any], message_id: int) -> list[TeamsButton]:
    """Return the buttons of a message that work in Teams; each carries the message that it stands in."""
    made = [_own(one, message_id) for one in (payload.get("teams") or {}).get("buttons") or ()]
    for name, ticket in _pressed(payload):
        if name in OFFERED:
            asks = (WHY,) if name == REJECT else ()
            carries = {"do": name, "ticket": ticket, "message": message_id}
            made.append(TeamsButton(label=OFFERED[name], carries=carries, asks=asks))
    return made


def _own(button: Mapping[str, Any], message_id: int) -> TeamsButton:
    """Return a button that was queued for Teams only."""
    asks = [TeamsInput(**field) for field in button.get("asks") or ()]
    carries = {**button["carries"], "message": message_id}
    return TeamsButton(label=button["label"], carries=carries, opens=bool(button.get("opens")), asks=asks)


def _pressed(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for block in payload.get("blocks") or ():
        if block.get("type") == "actions":
            yield from ((str(one.get("action_id")), str(one.get("value"))) for one in block["elements"])
