"""Statistical disclosure control: which groups' results may be published without revealing a person's answer.

A cell may be published when it has at least k people and the rest of its parent has none or at least k, so that the
total does not give away what is suppressed (secondary suppression; Hundepool et al. 2012). A group whose members
changed by fewer than k since it was last published is suppressed too, since the difference would be those few.
"""

from collections.abc import Mapping

MIN_GROUP_SIZE = 5  # usual in employee surveys


def publishable_cells(cells: Mapping[str, int], parent: int, k: int = MIN_GROUP_SIZE) -> frozenset[str]:
    """Return the names of the cells (name: people) that may be published together.

    Where a suppressed cell could be worked out from the others, the smallest of the others is suppressed too.
    """
    found = {name for name, count in cells.items() if count >= k}
    while found:
        left = parent - sum(cells[name] for name in found)
        if left == 0 or left >= k:
            return frozenset(found)
        found.remove(min(found, key=lambda name: (cells[name], name)))
    return frozenset()


def reveals_individuals(changed: int, k: int = MIN_GROUP_SIZE) -> bool:
    """Whether so many joiners and leavers between two waves are few enough to be identified by comparing them."""
    return 0 < changed < k


def publishable_segments(segments: Mapping[str, int], k: int = MIN_GROUP_SIZE) -> frozenset[str]:
    """Return the segments that may be stored with an answer: large enough, with enough people outside of them.

    A smaller segment would be as good as a name.
    """
    return publishable_cells(segments, sum(segments.values()), k)
