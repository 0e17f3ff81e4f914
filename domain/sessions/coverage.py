"""Which user groups sessions have reached, against those that are hardly heard of."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroupCoverage:
    """A user group of so many people, how many of them were in a session, and whether it is hardly heard of at all."""

    group: str
    people: int
    reached: int
    is_quiet: bool

    @property
    def share(self) -> float:
        return min(1.0, self.reached / self.people)


def session_coverage(
    people: Mapping[str, int], reached: Mapping[str, int], quiet: Collection[str]
) -> list[GroupCoverage]:  # fmt: skip
    """Return the coverage of each group: quiet ones first, and among them those that were reached least."""
    found = [GroupCoverage(name, size, reached.get(name, 0), name in quiet) for name, size in people.items() if size]
    return sorted(found, key=lambda one: (not one.is_quiet, one.share, -one.people, one.group))
