"""Following: what somebody whom a ticket concerns wants to hear of it."""

from enum import IntEnum, StrEnum


class NewsKind(IntEnum):
    """What is told; the higher, the more it matters."""

    WORDS = 0  # what the team has to say meanwhile
    CHANGE = 1  # where it stands, and what is promised
    OUTCOME = 2  # how it ended, or that it did not after all


class FollowLevel(StrEnum):
    ALL = "all"
    CHANGES = "changes"
    RESOLUTION = "resolution"
    NOTHING = "mute"

    @property
    def label(self) -> str:
        return {
            FollowLevel.ALL: "Everything",
            FollowLevel.CHANGES: "Only changes",
            FollowLevel.RESOLUTION: "Only how it ends",
            FollowLevel.NOTHING: "Nothing",
        }[self]

    def takes(self, news: NewsKind) -> bool:
        """Whether whoever wants this hears of that."""
        least = {
            FollowLevel.ALL: NewsKind.WORDS,
            FollowLevel.CHANGES: NewsKind.CHANGE,
            FollowLevel.RESOLUTION: NewsKind.OUTCOME,
        }
        return self in least and news >= least[self]
