"""Pitfalls: five ways in which feedback is undermined, each watched with a threshold and with what offends (S92)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Pitfall(StrEnum):
    IGNORED = "ignored"
    OVERLOAD = "overload"
    BLAME = "blame"
    RESOURCES = "resources"
    COMMUNICATION = "communication"

    @property
    def label(self) -> str:
        return {
            Pitfall.IGNORED: "Feedback is ignored", Pitfall.OVERLOAD: "Overload without structure",
            Pitfall.BLAME: "Blame", Pitfall.RESOURCES: "Lack of resources",
            Pitfall.COMMUNICATION: "Poor communication",
        }[self]  # fmt: skip

    @property
    def measures(self) -> str:
        """What its figure counts."""
        return {
            Pitfall.IGNORED: "not acknowledged in the time for it",
            Pitfall.OVERLOAD: "open tickets for each person of the team",
            Pitfall.BLAME: "of the last seven days' messages put the fault on somebody",
            Pitfall.RESOURCES: "% of what the team can do in a day comes in",
            Pitfall.COMMUNICATION: "% of the team's tickets are without news, or with a promise that was broken",
        }[self]


DEFAULT_THRESHOLDS: Mapping[Pitfall, float] = {
    Pitfall.IGNORED: 0, Pitfall.OVERLOAD: 10, Pitfall.BLAME: 0, Pitfall.RESOURCES: 85, Pitfall.COMMUNICATION: 10,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PitfallCheck:
    """`value` is None while too little is known; `tickets` are the ids of what offends, `lines` what is no ticket."""

    pitfall: Pitfall
    value: float | None
    threshold: float
    tickets: Sequence[int] = ()
    lines: Sequence[str] = field(default=())

    @property
    def is_over(self) -> bool:
        return self.value is not None and self.value > self.threshold


# Words that say whose fault it is, instead of what is wrong. A person is addressed or meant in each of them.
BLAMING_WORDS = re.compile(
    r"\b(?:user[- ]error|(?:your|his|her|their|the users?'?) (?:own )?fault|should have (?:known|read|listened|tested)|"
    r"(?:you|he|she|they|users?) (?:did ?n[o']t|never|fail(?:ed)? to) (?:read|listen|pay attention|bother)|"
    r"(?:too )?(?:stupid|dumb|lazy|clueless|incompetent)|idiots?|pebkac|layer 8|rtfm|read the (?:\w+ )?manual|"
    r"works (?:fine )?(?:for me|on my (?:machine|computer))|(?:blame|screwed up|messed up|your mistake)|"
    r"as (?:i|we) (?:already )?(?:told|said) you)\b", re.IGNORECASE,
)  # fmt: skip


def find_blame(words: str) -> str:
    """The words that put the fault on somebody; empty when there are none."""
    found = BLAMING_WORDS.search(words.replace("\u2019", "'"))
    return found.group(0) if found else ""
