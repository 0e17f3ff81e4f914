"""Disclosure control: worked examples, and attackers who add and subtract every published number."""

from itertools import combinations
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.pulse.pulse import Answers, with_template_defaults
from domain.pulse.results import calculate_result
from domain.pulse.settings import Pulse
from domain.statistics.disclosure import choose_counted, publishable_cells, publishable_segments, separable_groups

K = 5
SEGMENTS = ("A", "B", "C", "D", "E")


def may_show(count: int, parent: int) -> bool:
    """Whether a single cell may be published beside its parent."""
    return publishable_cells({"A": count}, parent) == {"A"}


def test_a_cell_is_suppressed_when_few_people_remain() -> None:
    assert not may_show(5, 7)
    assert may_show(5, 5)
    assert may_show(5, 10)
    assert not may_show(4, 30)
    assert publishable_cells({"A": 5, "B": 2}, 7) == frozenset()


def test_the_smallest_cell_is_suppressed_with_a_hidden_one() -> None:
    assert publishable_cells({"A": 20, "B": 8, "C": 3}, 31) == {"A"}
    assert publishable_cells({"A": 20, "B": 8, "C": 6}, 34) == {"A", "B", "C"}
    assert publishable_cells({"A": 20, "B": 3, "C": 3}, 26) == {"A"}


def test_few_joiners_are_left_out_until_they_are_enough() -> None:
    before, now = crowd(10), crowd(12)
    assert choose_counted(now, [before], K, Random(1)) == before
    assert choose_counted(crowd(15), [before], K, Random(1)) == crowd(15)


def test_few_leavers_are_joined_by_others() -> None:
    counted = choose_counted(crowd(19), [crowd(20)], K, Random(1))
    assert counted < crowd(19)
    assert len(crowd(20) - counted) == K
    assert choose_counted(crowd(6), [crowd(7)], K, Random(1)) == frozenset()


def test_groups_are_kept_apart_from_all_that_is_shown() -> None:
    groups = {"A": crowd(6), "B": crowd(14) - crowd(6)}
    assert separable_groups(groups, [crowd(14)]) == {"A", "B"}
    assert separable_groups(groups, [crowd(14), crowd(8)]) == frozenset()


def crowd(count: int) -> frozenset[str]:
    return frozenset(f"U{number:02}" for number in range(count))


sizes = st.dictionaries(st.sampled_from(SEGMENTS), st.integers(0, 15), max_size=5)


@given(sizes, st.integers(0, 8))
def test_no_sum_or_difference_of_published_cells_is_below_k(cells: dict[str, int], nowhere: int) -> None:
    """The total is published too; subtracting any cells from it leaves no person or at least k."""
    total = sum(cells.values()) + nowhere
    found = sorted(publishable_cells(cells, total))
    for size in range(1, len(found) + 1):
        for some in combinations(found, size):
            together = sum(cells[name] for name in some)
            assert together >= K
            assert total - together == 0 or total - together >= K


@given(sizes)
def test_stored_segments_identify_no_person(segments: dict[str, int]) -> None:
    kept = publishable_segments(segments)
    rest = sum(many for name, many in segments.items() if name not in kept)
    assert all(segments[name] >= K for name in kept)
    assert rest == 0 or rest >= K or not kept  # a wave with so few people does not start


PULSE = with_template_defaults(Pulse(name="weekly", threshold=K))
person = st.tuples(st.sampled_from(SEGMENTS), st.dictionaries(st.sampled_from(["satisfaction", "ease", "needs"]),
                                                              st.integers(1, 5), max_size=3))  # fmt: skip


@settings(max_examples=300)
@given(st.lists(person, max_size=40))
def test_an_attacker_with_all_results_of_a_wave_cannot_single_a_person_out(crowd: list[tuple[str, Answers]]) -> None:
    """For each question they know the counts of all people and of each group shown.

    Every group that they can derive by adding and subtracting has no person in it, or at least k.
    """
    result = calculate_result(PULSE, crowd, {name: sum(s == name for s, _ in crowd) for name in SEGMENTS})
    for question in ("satisfaction", "ease", "needs"):
        views = {name: cells[question].n for name, cells in result.cells.items() if question in cells}
        total = views.pop("", None)
        if total is None:
            assert not views
            continue
        for size in range(len(views) + 1):
            for some in combinations(sorted(views), size):
                left = total - sum(views[name] for name in some)
                assert left == 0 or left >= K
                assert not some or sum(views[name] for name in some) >= K
