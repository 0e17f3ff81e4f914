"""The small dialogue about a message: whether it is a report, what about, and how bad it is."""

import json
from typing import Any

from bot.views.text import actions, button, quote, section, summary_of
from domain.tickets.ticket import Severity

SEVERITY_ANSWER, NOT_A_REPORT, OPEN_FORM = "how_bad", "no_report", "report_said"
MESSAGE_GONE = "I cannot read that message any more. Please report it with `/hypercare report`."


def greeting() -> dict[str, Any]:
    text = "Hello. Tell me here what is wrong, or type `/hypercare report`. `/hypercare mine` shows where things stand."
    return {"text": text, "blocks": [section(text)]}


def ask_severity(text: str, channel: str, ts: str) -> dict[str, Any]:
    """Each answer is one click; the meanings stand above the buttons."""
    asked = f"Shall I report “{quote(summary_of(text) or 'the attached file', 150)}”? Then please say how bad it is."
    meanings = "\n".join(f"*{s.capitalize()}*: {s.meaning}" for s in Severity)
    buttons = [button(s.capitalize(), f"{SEVERITY_ANSWER}:{s}", json.dumps([channel, ts, s.value])) for s in Severity]
    return {
        "text": asked,
        "blocks": [section(asked), section(meanings), actions(*buttons, button("No report", NOT_A_REPORT))],
    }


def ask_phase(text: str, channel: str, ts: str) -> dict[str, Any]:
    """Where nobody can tell which phase is meant; the form asks, and has the words."""
    asked = f"Shall I report “{quote(summary_of(text) or 'the attached file', 150)}”? The form asks what it is about."
    form = button("Open the form", OPEN_FORM, json.dumps([channel, ts]), style="primary")
    return {"text": asked, "blocks": [section(asked), actions(form, button("No report", NOT_A_REPORT))]}


def message_of(value: str) -> tuple[str, str]:
    """Which message that button is about; none where it says nothing that can be read."""
    match _carried(value):
        case [str(channel), str(ts)]:
            return channel, ts
    return "", ""


def severity_of(value: str) -> tuple[str, str, Severity]:
    """Which message, and how bad; no message where the button says nothing that can be read."""
    match _carried(value):
        case [str(channel), str(ts), str(severity)] if severity in list(Severity):
            return channel, ts, Severity(severity)
    return "", "", Severity.MEDIUM


def _carried(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return None


def opened(name: str) -> dict[str, Any]:
    return {"text": f"It is {name}. The answers come below your message."}
