"""Alerts to admins and leads about the app itself: undeliverable messages, failed and overdue timers."""

from typing import Any

from bot.views.text import address, escape, message
from domain.text import plural

Message = dict[str, Any]
UNDELIVERABLE = {
    "is_archived": "The channel {place} is archived. Unarchive it.",
    "not_in_channel": "I'm not in the channel {place}. Invite me with `/invite @hypercare`.",
    "plan_upgrade_required": "User groups need a paid plan of Slack. Remove `group` from the rota's settings.",
    "permission_denied": "The workspace doesn't let apps edit user groups. Ask a workspace owner to allow it.",
    "no_such_subteam": "The user group {place} was deleted or disabled. Enable it in Slack.",
    "channel_not_found": "I can't see the channel {place}. Invite me with `/invite @hypercare`.",
}


def undeliverable(what: str, channel: str, reason: str) -> Message:
    """Tell leads and admins that messages about something can no longer be delivered to a channel."""
    sentence = UNDELIVERABLE.get(reason, "Messages to {place} are refused ({reason}). Fix the cause.")
    cause = sentence.format(place=address(channel), reason=f"`{escape(reason)}`")
    return message(
        f"A message about {escape(what)} could not be delivered. {cause} "
        "Then press *Try again* in `/hypercare status`. Nothing is lost."
    )


def timer_failed(key: str, reason: str) -> Message:
    return message(f"The timer `{escape(key)}` failed several times ({escape(reason)}) and won't be tried again. "
                   "Find the cause in the log under `timer_failed`.")  # fmt: skip


def overdue(timers: int, messages: int) -> dict[str, str]:
    """Return a sentence for each kind of overdue work."""
    found = {}
    if timers:
        found["timers"] = plural(timers, "1 timer is more than five minutes overdue.",
                                 "{count} timers are more than five minutes overdue.")  # fmt: skip
    if messages:
        found["messages"] = plural(messages, "1 message is more than five minutes overdue.",
                                   "{count} messages are more than five minutes overdue.")  # fmt: skip
    return found


def warning(sentence: str) -> Message:
    return message(f"{sentence} See `/hypercare status` for details.")
