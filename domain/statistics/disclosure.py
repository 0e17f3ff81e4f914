"""What may be shown of few: cells that could tell who said what are kept back, alone and against each other.

A cell is shown when at least k are in it and none, or at least k, of its parent are left when all shown cells are
taken away; so the sum cannot give away what is hidden (secondary suppression, after the handbook on statistical
disclosure control). A group whose members changed by fewer than k since it was last shown is kept back too, since
the difference between two waves would be those few.
"""

from collections.abc import Mapping

MIN_GROUP_SIZE = 5  # as usual where people are asked about their work


def publishable_cells(cells: Mapping[str, int], parent: int, k: int = MIN_GROUP_SIZE) -> frozenset[str]:
    """The cells that may be shown together, each with how many are in it; the smallest are kept back first.

    Where one must be hidden that the others would give away, the smallest of the others is hidden with it.
    """
    found = {name for name, count in cells.items() if count >= k}
    while found:
        left = parent - sum(cells[name] for name in found)
        if left == 0 or left >= k:
            return frozenset(found)
        found.remove(min(found, key=lambda name: (cells[name], name)))
    return frozenset()


def reveals_individuals(differ: int, k: int = MIN_GROUP_SIZE) -> bool:
    """Whether two waves of a group would tell of the few who came or left between them."""
    return 0 < differ < k


def publishable_segments(segments: Mapping[str, int], k: int = MIN_GROUP_SIZE) -> frozenset[str]:
    """The segments that may be kept beside an answer at all: those with enough people, and enough people beside them.

    What is kept of a smaller one would be a name in another word.
    """
    return publishable_cells(segments, sum(segments.values()), k)
