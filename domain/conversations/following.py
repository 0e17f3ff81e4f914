"""Following: which updates of a ticket a follower gets."""

from enum import IntEnum, StrEnum


class NewsKind(IntEnum):
    """The kind of an update; the higher, the more important."""

    WORDS = 0  # a message from the team
    CHANGE = 1  # a new status or a promise
    OUTCOME = 2  # it was closed or reopened


class FollowLevel(StrEnum):
    ALL = "all"
    CHANGES = "changes"
    RESOLUTION = "resolution"
    NOTHING = "mute"

    @property
    def label(self) -> str:
        return {
            FollowLevel.ALL: "All updates",
            FollowLevel.CHANGES: "Status changes",
            FollowLevel.RESOLUTION: "Only the outcome",
            FollowLevel.NOTHING: "Nothing",
        }[self]

    def takes(self, news: NewsKind) -> bool:
        """Return whether a follower with this level gets such an update."""
        least = {
            FollowLevel.ALL: NewsKind.WORDS,
            FollowLevel.CHANGES: NewsKind.CHANGE,
            FollowLevel.RESOLUTION: NewsKind.OUTCOME,
        }
        return self in least and news >= least[self]
