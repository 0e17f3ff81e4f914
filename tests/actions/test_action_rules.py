"""Rules of actions: dependencies never form a circle, and none is done before what it waits for or its test."""

from dataclasses import replace
from datetime import UTC, date, datetime
from graphlib import CycleError, TopologicalSorter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.actions.action_item import (
    ActionDraft,
    ActionItem,
    ActionState,
    Proof,
    Stage,
    blockers,
    check_done,
    check_due,
    check_needs,
    check_proof,
    stages_until,
)
from domain.errors import Refused

TODAY = date(2026, 3, 2)
DRAFT = ActionDraft(title="Ask the bank", owner="U0JO000", due=TODAY)


def item(id_: int, *needs: int, **more: object) -> ActionItem:
    made = ActionItem(id=id_, phase_id=1, title="Do it", owner="U0JO000", due=TODAY, made_by="U0JO000",
                      made_at=datetime(2026, 3, 2, tzinfo=UTC), needs=needs)  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_circle_is_refused_and_named() -> None:
    known = {1: item(1, 2), 2: item(2, 3), 3: item(3)}
    with pytest.raises(Refused, match="A3 → A1 → A2 → A3") as no:
        check_needs(3, [1], known)
    assert no.value.field == "needs"
    with pytest.raises(Refused, match="A3 → A3"):
        check_needs(3, [3], known)
    with pytest.raises(Refused, match="no action A9"):
        check_needs(3, [9], known)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), max_size=25))
def test_whatever_is_linked_no_circle_comes_to_be(links: list[tuple[int, int]]) -> None:
    known = {id_: item(id_) for id_ in range(1, 8)}
    for one, other in links:
        needs = (*known[one].needs, other)
        try:
            check_needs(one, needs, known)
        except Refused:
            assert reaches(known, other, one), "only a circle is refused"
        else:
            known[one] = replace(known[one], needs=needs)
    assert not any(reaches(known, need, id_) for id_, one in known.items() for need in one.needs)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), max_size=14), st.sets(st.integers(1, 7)))
def test_circles_and_what_blocks_are_as_the_standard_library_sorts_them(
    links: list[tuple[int, int]], done: set[int]
) -> None:
    needs = {id_: tuple(dict.fromkeys(need for one, need in links if one == id_)) for id_ in range(1, 8)}
    known = {id_: item(id_, *found, state=ActionState.DONE if id_ in done else ActionState.OPEN)
             for id_, found in needs.items()}  # fmt: skip
    sorter = TopologicalSorter({id_: [one for one in found if one not in done]
                                for id_, found in needs.items() if id_ not in done})  # fmt: skip
    refused = set[int]()
    for id_, found in needs.items():
        try:
            check_needs(id_, found, known)
        except Refused:
            refused.add(id_)
    circle = circle_in(needs)
    assert circle <= refused
    assert bool(circle) == bool(refused)
    if circle:
        return
    sorter.prepare()
    ready = {*sorter.get_ready()}
    assert ready == {id_ for id_, one in known.items() if one.is_open and not blockers(one, known)}


def circle_in(needs: dict[int, tuple[int, ...]]) -> set[int]:
    """The actions of a circle, as the standard library finds one."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as found:
        return {*found.args[1]}
    return set()


def reaches(known: dict[int, ActionItem], start: int, end: int) -> bool:
    found, more = set[int](), {start}
    while more:
        found |= more
        more = {need for one in more for need in known[one].needs} - found
    return end in found


def test_an_action_is_done_after_what_it_waits_for_and_with_its_test() -> None:
    known = {1: item(1), 2: item(2, 1)}
    assert [one.name for one in blockers(known[2], known)] == ["A1"]
    done = replace(DRAFT, state=ActionState.DONE)
    with pytest.raises(Refused, match="waits for A1"):
        check_done(done, blockers(known[2], known))
    for state in (ActionState.DONE, ActionState.DROPPED):
        assert blockers(known[2], {**known, 1: item(1, state=state)}) == []
    for proof in (Proof.PENDING, Proof.FAILED):
        with pytest.raises(Refused, match="has not passed"):
            check_done(replace(done, proof=proof), [])
    for proof in (Proof.NONE, Proof.PASSED, Proof.WAIVED):
        check_done(replace(done, proof=proof), [])


def test_a_test_is_waived_by_leads_only_and_every_result_has_words() -> None:
    waived = replace(DRAFT, proof=Proof.WAIVED, proof_note="No environment")
    check_proof(waived, Proof.PENDING, lead=True)
    with pytest.raises(Refused, match="Only a lead can waive"):
        check_proof(waived, Proof.PENDING, lead=False)
    with pytest.raises(Refused, match="Only a lead can take the test away"):
        check_proof(DRAFT, Proof.FAILED, lead=False)
    with pytest.raises(Refused, match="no words"):
        check_proof(replace(DRAFT, proof=Proof.PASSED), Proof.PENDING, lead=True)


def test_a_date_that_is_over_is_refused_unless_it_stays() -> None:
    check_due(TODAY, TODAY)
    check_due(date(2026, 2, 1), TODAY, before=date(2026, 2, 1))
    with pytest.raises(Refused, match="This date has passed"):
        check_due(date(2026, 3, 1), TODAY)


def test_a_project_has_four_stages_that_end_on_its_date() -> None:
    found = stages_until(date(2026, 3, 10), TODAY)
    assert [stage for stage, _ in found] == [*Stage]
    assert [due.day for _, due in found] == [4, 6, 8, 10]
    assert {due for _, due in stages_until(TODAY, TODAY)} == {TODAY}
