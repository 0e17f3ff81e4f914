"""Write a message of the bot in Microsoft Teams: plain text, or a card where it has buttons.

All words of a card are runs of text, which Teams takes as they are. In its other texts a person's words could become a
link.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from domain.teams.outgoing import TeamsButton, TeamsDialog, TeamsInput, TeamsMessage, TeamsPicture
from domain.text import shorten

Json = dict[str, Any]
MAX_TEXT = 12_000  # characters; Teams refuses a message of more than about 28 KB
MAX_SUMMARY = 200
VERSION = "1.5"
CARD = "application/vnd.microsoft.card.adaptive"
SEND = "Send"


def activity_of(message: TeamsMessage) -> Json:
    """Return the activity."""
    made: Json = {"type": "message", "from": {"id": message.bot}, "recipient": {"id": message.account},
                  "conversation": {"id": message.conversation}}  # fmt: skip
    text = shorten(message.text, MAX_TEXT)
    if message.picture:
        made |= {"attachments": [_shown(message.picture)]}
    if not message.buttons:
        return made | {"textFormat": "plain", "text": text}
    content = card([_line(one) for one in text.split("\n") if one.strip()], message.buttons)
    summary = shorten(text.replace("\n", " "), MAX_SUMMARY)  # what a notification shows
    return made | {"summary": summary, "attachments": [{"contentType": CARD, "content": content}]}


def _shown(picture: TeamsPicture) -> Json:
    """Return a picture inside a message, which needs no right and no place to keep it.

    https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/agents-inline-images
    """
    content = b64encode(picture.content).decode()
    return {"contentType": picture.kind, "name": picture.name, "contentUrl": f"data:{picture.kind};base64,{content}"}


def _line(text: str) -> Json:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text}]}


def answer_of(shown: TeamsDialog | str) -> Json:
    """Return the answer to a request for a dialog: the dialog, or a text in its place."""
    if isinstance(shown, str):
        return {"task": {"type": "message", "value": shown}}
    problems = [{"type": "TextBlock", "text": shorten(one, 300), "wrap": True, "color": "Attention"}
                for one in shown.problems]  # fmt: skip
    content = card([*problems, *map(field, shown.fields)], [shown.send])
    value = {"title": shown.title, "height": "large", "width": "medium",
             "card": {"contentType": CARD, "content": content}}  # fmt: skip
    return {"task": {"type": "continue", "value": value}}


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
