"""Pitfalls: five ways in which a team undermines feedback, each measured against a threshold (S92)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from domain.text import plural


class Pitfall(StrEnum):
    """A way in which feedback is undermined."""

    IGNORED = "ignored"
    OVERLOAD = "overload"
    BLAME = "blame"
    RESOURCES = "resources"
    COMMUNICATION = "communication"

    @property
    def label(self) -> str:
        return {
            Pitfall.IGNORED: "Feedback is ignored", Pitfall.OVERLOAD: "Team is overloaded",
            Pitfall.BLAME: "People are blamed", Pitfall.RESOURCES: "Too few people",
            Pitfall.COMMUNICATION: "Poor communication",
        }[self]  # fmt: skip

    @property
    def unknown(self) -> str:
        """Return what it means that there is no value."""
        if self is Pitfall.BLAME:
            return "no blame was found, but not every blaming message is recognised"
        return "not enough data yet"

    def sentence(self, value: float) -> str:
        """Return what its value means."""
        match self:
            case Pitfall.IGNORED:
                one, many = "1 ticket missed its acknowledge target", "{number} tickets missed their acknowledge target"
            case Pitfall.OVERLOAD:
                one, many = (
                    "1 open ticket for each person on the team",
                    "{number} open tickets for each person on the team",
                )
            case Pitfall.BLAME:
                one = "1 message of the last seven days blames a person"
                many = "{number} messages of the last seven days blame a person"
            case Pitfall.RESOURCES:
                one = many = "New reports need {number} % of the team's daily capacity"
            case Pitfall.COMMUNICATION:
                one = many = "{number} % of the team's tickets missed an update or a promise"
        return plural(1 if value == 1 else 2, one, many, number=f"{value:g}")


DEFAULT_THRESHOLDS: Mapping[Pitfall, float] = {
    Pitfall.IGNORED: 0, Pitfall.OVERLOAD: 10, Pitfall.BLAME: 0, Pitfall.RESOURCES: 85, Pitfall.COMMUNICATION: 10,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PitfallCheck:
    """The value of a pitfall (None while unknown), and what needs attention: ticket ids and other lines."""

    pitfall: Pitfall
    value: float | None
    threshold: float
    tickets: Sequence[int] = ()
    lines: Sequence[str] = field(default=())

    @property
    def is_exceeded(self) -> bool:
        return self.value is not None and self.value > self.threshold
