"""Write a message of the bot in Microsoft Teams: plain text, and below it a card with its buttons."""

from collections.abc import Sequence
from typing import Any

from domain.teams.outgoing import TeamsButton, TeamsInput, TeamsMessage
from domain.text import shorten

Json = dict[str, Any]
MAX_TEXT = 12_000  # characters; Teams refuses a message of more than about 28 KB
VERSION = "1.5"
CARD = "application/vnd.microsoft.card.adaptive"
SEND = "Send"


def activity_of(message: TeamsMessage) -> Json:
    """Return the activity; its text is shown as it is, so nothing that people write becomes a link of another name."""
    made: Json = {"type": "message", "textFormat": "plain", "text": shorten(message.text, MAX_TEXT),
                  "from": {"id": message.bot}, "recipient": {"id": message.account},
                  "conversation": {"id": message.conversation}}  # fmt: skip
    if message.buttons:
        made["attachments"] = [{"contentType": CARD, "content": card([], message.buttons)}]
    return made


def card(body: Sequence[Json], buttons: Sequence[TeamsButton]) -> Json:
    """Return an Adaptive Card."""
    return {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
            "version": VERSION, "body": [*body], "actions": [_action(one) for one in buttons]}  # fmt: skip


def field(asked: TeamsInput) -> Json:
    """Return a field of a card."""
    made: Json = {"id": asked.id, "label": asked.label, "value": asked.value}
    if asked.required:
        made |= {"isRequired": True, "errorMessage": "This is needed."}
    if asked.options:
        choices = [{"title": label, "value": value} for value, label in asked.options]
        return made | {"type": "Input.ChoiceSet", "choices": choices, "style": "compact"}
    return made | {"type": "Input.Text", "isMultiline": asked.multiline, "maxLength": asked.limit}


def _action(button: TeamsButton) -> Json:
    carries = dict(button.carries)
    if button.opens:
        carries["msteams"] = {"type": "task/fetch"}
    if not button.asks:
        return {"type": "Action.Submit", "title": button.label, "data": carries}
    send = {"type": "Action.Submit", "title": SEND, "data": carries}
    shown: Json = {"type": "AdaptiveCard", "body": [field(one) for one in button.asks], "actions": [send]}
    return {"type": "Action.ShowCard", "title": button.label, "card": shown}
