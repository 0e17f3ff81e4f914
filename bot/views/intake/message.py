"""The dialog about a message that may be a report: whether it is one, for which phase, and how severe."""

import json
from collections.abc import Sequence
from typing import Any

from bot.views.knowledge.articles import answer
from bot.views.text import actions, button, quote, section, summary_of
from domain.knowledge.article import Article
from domain.tickets.ticket import Severity

SEVERITY_ANSWER, NOT_A_REPORT, OPEN_FORM = "severity_answer", "not_a_report", "open_report_form"
MESSAGE_GONE = "I can't read that message any more, so I can't report it. Use `/hypercare report` instead."


def greeting() -> dict[str, Any]:
    text = (
        "Hello. Tell me here what's wrong, or use `/hypercare report`. Use `/hypercare mine` to see where your "
        "reports stand."
    )
    return {"text": text, "blocks": [section(text)]}


def ask_severity(text: str, channel: str, ts: str) -> dict[str, Any]:
    """Each severity is one click; the meanings stand above the buttons."""
    question = f"Do you want to report “{_quoted(text)}”? Choose its severity and I'll file it."
    meanings = "\n".join(f"*{s.capitalize()}*: {s.meaning}" for s in Severity)
    buttons = [button(s.capitalize(), f"{SEVERITY_ANSWER}:{s}", json.dumps([channel, ts, s.value])) for s in Severity]
    return {
        "text": question,
        "blocks": [section(question), section(meanings), actions(*buttons, button("Don't report", NOT_A_REPORT))],
    }


def ask_phase(text: str, channel: str, ts: str) -> dict[str, Any]:
    """Offer the form, prefilled with the message, where several phases may be meant."""
    question = f"Do you want to report “{_quoted(text)}”? Open the form and choose what it's about."
    form = button("Open form", OPEN_FORM, json.dumps([channel, ts]), style="primary")
    return {"text": question, "blocks": [section(question), actions(form, button("Don't report", NOT_A_REPORT))]}


def ask_report(text: str, channel: str, ts: str, found: Sequence[Article] = ()) -> dict[str, Any]:
    """Ask whether a question is a report; the form is one click away, and articles that may answer it come first."""
    question = f"Do you want to report “{_quoted(text)}”? Open the form and I'll file it."
    form = button("Open form", OPEN_FORM, json.dumps([channel, ts]))
    return {"text": question, "blocks": [*answer(found), section(question), actions(form)]}


def thanked() -> dict[str, Any]:
    return {"text": "You're welcome. Use `/hypercare mine` to see where your reports stand."}


def not_reported() -> dict[str, Any]:
    return {"text": "OK, I won't report it. Write to me again whenever something's wrong."}


def already_reported() -> dict[str, Any]:
    return {"text": "That message is already reported. The answers are in its thread."}


def opened(name: str) -> dict[str, Any]:
    return {"text": f"Your report is {name}. We'll answer in the thread of your message."}


def message_of(value: str) -> tuple[str, str]:
    """(channel, ts) of the message that a button is about; empty strings when its value cannot be read."""
    match _carried(value):
        case [str(channel), str(ts)]:
            return channel, ts
    return "", ""


def severity_of(value: str) -> tuple[str, str, Severity]:
    """(channel, ts, severity) of a pressed button; empty strings when its value cannot be read."""
    match _carried(value):
        case [str(channel), str(ts), str(severity)] if severity in list(Severity):
            return channel, ts, Severity(severity)
    return "", "", Severity.MEDIUM


def _quoted(text: str) -> str:
    return quote(summary_of(text) or "the attached file", 150)


def _carried(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return None
