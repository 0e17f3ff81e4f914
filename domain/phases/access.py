"""Whether Hypercare can write to a channel."""

from enum import StrEnum


class ChannelAccess(StrEnum):
    """What Slack says about a channel and the bot."""

    MEMBER = "member"
    NOT_A_MEMBER = "not a member"
    NOT_FOUND = "not found"  # there is no such channel, or it is private and the bot is not in it
    ARCHIVED = "archived"
    NO_SCOPE = "no scope"
    UNKNOWN = "unknown"  # Slack didn't answer, or not in words that we know

    @property
    def is_refusal(self) -> bool:
        """Whether messages to the channel are refused for certain."""
        return self not in (ChannelAccess.MEMBER, ChannelAccess.UNKNOWN)
