"""Statistical disclosure control: which groups' results may be published without revealing a person's answer.

A cell may be published when it has at least k people and the rest of its parent has none or at least k, so that the
total does not give away what is suppressed (secondary suppression; Hundepool et al. 2012).

Results over time are kept apart in the same way, the whole like any group. All people who are in exactly the same
published results are one class. A result is published only when no class gets or leaves a part of fewer than k people,
so whatever is added and subtracted is about whole classes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random

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


def choose_counted(asked: Collection[str], shown: Sequence[frozenset[str]], k: int, chance: Random) -> frozenset[str]:
    """Return the people whose answers may be counted in one result, beside earlier results of the people in `shown`.

    Few who joined are left out until they are k. Where few have left, so many others are left out that they are k
    together. Empty when too few remain.
    """
    counted = set[str]()
    for people in _classes(shown, asked):
        inside = sorted(people.intersection(asked))
        outside = len(people) - len(inside)
        if 0 < outside < k:
            chance.shuffle(inside)
            inside = inside[k - outside :]
        if len(inside) >= k:
            counted.update(inside)
    return frozenset(counted)


def separable_groups(
    groups: Mapping[str, frozenset[str]], shown: Sequence[frozenset[str]], k: int = MIN_GROUP_SIZE
) -> frozenset[str]:
    """Return the groups that may be published beside what is shown, the largest first."""
    family, kept = [*shown], set[str]()
    for name in sorted(groups, key=lambda name: (-len(groups[name]), name)):
        if all(_may_part(len(people & groups[name]), len(people), k) for people in _classes(family, groups[name])):
            family.append(groups[name])
            kept.add(name)
    return frozenset(kept)


def _may_part(inside: int, whole: int, k: int) -> bool:
    return all(part == 0 or part >= k for part in (inside, whole - inside))


def _classes(shown: Sequence[frozenset[str]], others: Iterable[str]) -> list[frozenset[str]]:
    """Return the people of each class: those who are in exactly the same results. `others` may be in none."""
    found: dict[tuple[int, ...], set[str]] = {}
    signatures: dict[str, list[int]] = {person: [] for person in others}
    for number, people in enumerate(shown):
        for person in people:
            signatures.setdefault(person, []).append(number)
    for person, signature in signatures.items():
        found.setdefault(tuple(signature), set()).add(person)
    return [frozenset(people) for _, people in sorted(found.items())]


def publishable_segments(segments: Mapping[str, int], k: int = MIN_GROUP_SIZE) -> frozenset[str]:
    """Return the segments that may be stored with an answer: large enough, with enough people outside of them.

    A smaller segment would be as good as a name.
    """
    return publishable_cells(segments, sum(segments.values()), k)
