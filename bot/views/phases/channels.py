"""What the leads read when a channel of their phase changes."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from bot.views.text import address, message, quote
from domain.phases.access import ChannelAccess
from domain.text import plural

Message = dict[str, Any]


class ChannelChange(StrEnum):
    """What happened to a channel; the value completes "The channel …"."""

    ARCHIVED = "was archived"
    DELETED = "was deleted"
    LEFT = "no longer has Hypercare in it"


FIXES = {
    ChannelChange.ARCHIVED: "Unarchive it, or choose another channel with `/hypercare setup {key}`.",
    ChannelChange.DELETED: "Choose another channel with `/hypercare setup {key}`.",
    ChannelChange.LEFT: "Invite it again with `/invite @hypercare`, or choose another channel with "
                        "`/hypercare setup {key}`.",
}  # fmt: skip

NO_ACCESS = {
    ChannelAccess.NOT_A_MEMBER: "Hypercare isn't in {channel}. Type `/invite @hypercare` in it.",
    ChannelAccess.NOT_FOUND: "Hypercare can't see {channel}. Check its id. If it is private, type "
                             "`/invite @hypercare` in it.",
    ChannelAccess.ARCHIVED: "{channel} is archived. Unarchive it, or choose another channel.",
    ChannelAccess.NO_SCOPE: "Hypercare has no permission to see {channel}. An admin finds in `hypercare doctor` which "
                            "scope is missing.",
    ChannelAccess.UNKNOWN: "Slack didn't say whether Hypercare is in {channel}. If it isn't, type "
                           "`/invite @hypercare` in it.",
}  # fmt: skip


def no_access(access: ChannelAccess, channel: str) -> str:
    """Say why messages to a channel are refused, and what to do; `channel` is as its reader knows it."""
    return NO_ACCESS[access].format(channel=channel)


def list_no_access(missing: Mapping[str, ChannelAccess]) -> list[str]:
    """Return a sentence for each channel that can't be written to, for people in Slack."""
    return [no_access(access, address(channel)) for channel, access in missing.items()]


def stopped(channel: str, change: ChannelChange, what: Sequence[str], key: str) -> Message:
    """Say what stops with a channel, and what to do; `what` completes "… have stopped"."""
    text = f"{address(channel)} {change.value}, so {_listed(what)} of {key} have stopped."
    return message(f"{text} {FIXES[change].format(key=key)} Messages for it wait in `/hypercare status`.")


def works_again(channel: str, key: str, again: int) -> Message:
    """Say that a channel can be written to again, and how many messages are sent after all."""
    text = f"{address(channel)} works again for {key}."
    return message(text + plural(again, " We're sending 1 message that waited.",
                                 " We're sending {count} messages that waited.") if again else text)  # fmt: skip


def moved(old: str, new: str, key: str) -> Message:
    """Say that a channel has a new id, which the settings follow."""
    text = f"Slack gave {address(new)} a new id, and {key} uses it now."
    return message(f"{text} If {key} has a settings file, replace `{quote(old)}` with `{quote(new)}` in it.")


def shared(channel: str, what: Sequence[str], key: str) -> Message:
    """Warn that people of another company can read a channel."""
    text = f"{address(channel)} is shared with another company now, whose people can read {_listed(what)} of {key}."
    return message(f"{text} If they shouldn't, choose another channel with `/hypercare setup {key}`.")


def _listed(what: Sequence[str]) -> str:
    return what[0] if len(what) == 1 else f"{', '.join(what[:-1])} and {what[-1]}"
