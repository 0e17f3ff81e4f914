"""What admins and leads read about the desk itself: what could not be said or done, and what is late."""

from typing import Any

from bot.views.text import address, escape, message

Message = dict[str, Any]


def undeliverable(what: str, channel: str, reason: str) -> Message:
    """For the leads, when a conversation can no longer be reached."""
    place = address(channel)
    ways = {
        "is_archived": "the channel is archived", "not_in_channel": "the bot is not in the channel; please invite it",
        "channel_not_found": "the channel does not exist, or the bot is not in it",
    }  # fmt: skip
    why = ways.get(reason, f"Slack says {escape(reason)}")
    return message(
        f"I could not write to {place} about {escape(what)}: {why}. Nothing of it is lost; the ticket is kept."
    )


def timer_failed(key: str, reason: str) -> Message:
    return message(f"Something that was due could not be done after several tries: `{escape(key)}` ({escape(reason)}). "
                   "The log says where; `/hypercare status` shows how the desk is.")  # fmt: skip


def overdue(timers: int, messages: int) -> dict[str, str]:
    """Sentences about what is late, by kind."""
    found = {}
    if timers:
        found["timers"] = f"{timers} timer{'s are' if timers > 1 else ' is'} overdue by more than five minutes."
    if messages:
        found["messages"] = (
            f"{messages} letter{'s have' if messages > 1 else ' has'} been waiting for Slack for too long."
        )
    return found


def warning(sentence: str) -> Message:
    return message(f"{sentence} `/hypercare status` shows how the desk is.")
