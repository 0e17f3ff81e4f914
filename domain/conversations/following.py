"""Following: what somebody whom a ticket concerns wants to hear of it."""

from enum import IntEnum, StrEnum


class News(IntEnum):
    """What is told; the higher, the more it matters."""

    WORDS = 0  # what the team has to say meanwhile
    CHANGE = 1  # where it stands, and what is promised
    OUTCOME = 2  # how it ended, or that it did not after all


class Wants(StrEnum):
    ALL = "all"
    CHANGES = "changes"
    RESOLUTION = "resolution"
    NOTHING = "mute"

    @property
    def label(self) -> str:
        return {
            Wants.ALL: "Everything", Wants.CHANGES: "Only changes", Wants.RESOLUTION: "Only how it ends",
            Wants.NOTHING: "Nothing",
        }[self]  # fmt: skip

    def takes(self, news: News) -> bool:
        """Whether whoever wants this hears of that."""
        least = {Wants.ALL: News.WORDS, Wants.CHANGES: News.CHANGE, Wants.RESOLUTION: News.OUTCOME}
        return self in least and news >= least[self]
