"""Rules of problems: a root cause needs its chain, and the fishbone is drawn as text and as SVG."""

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.report_page.fishbone import fishbone
from domain.errors import Refused
from domain.problems.problem import (
    WHY,
    Cause,
    CauseClass,
    Problem,
    ProblemState,
    check_cause,
    check_solution,
    count_classes,
    fishbone_text,
)
from domain.problems.settings import ProblemSettings
from domain.text import clean
from domain.tickets.ticket import Fix, Severity

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BRANCHES = ProblemSettings().branches
PROBLEM = Problem(id=3, phase_id=1, title="The export is slow", severity=Severity.HIGH, opened_by="U0JO000",
                  opened_at=NOW)  # fmt: skip


def cause(branch: str = WHY, text: str = "The index is missing") -> Cause:
    return Cause(branch=branch, text=text, evidence="Query plan", person="U0JO000", at=NOW)


def test_a_root_cause_needs_a_chain_as_long_as_its_severity_asks() -> None:
    minimum = ProblemSettings().minimum
    assert [minimum(one) for one in Severity] == [5, 3, 2, 1]
    assert ProblemSettings(min_whys={Severity.LOW: 4}).minimum(Severity.LOW) == 4
    two = replace(PROBLEM, causes=(cause(), cause(), cause("People")))
    with pytest.raises(Refused, match="2 of at least 3 steps") as no:
        check_solution(two, Fix.ROOT_CAUSE, CauseClass.DATA, 3)
    assert no.value.field == "fix"
    with pytest.raises(Refused, match="0 of at least 3"):
        check_solution(PROBLEM, Fix.ROOT_CAUSE, CauseClass.DATA, 3)
    for fix in (Fix.SYMPTOM, Fix.WORKAROUND):
        check_solution(PROBLEM, fix, None, 3)
    with pytest.raises(Refused, match="class of the cause") as no:
        check_solution(two, Fix.ROOT_CAUSE, None, 2)
    assert no.value.field == "cause_class"
    check_solution(two, Fix.ROOT_CAUSE, CauseClass.DATA, 2)
    with pytest.raises(Refused, match="resolved already"):
        check_solution(replace(two, state=ProblemState.RESOLVED), Fix.SYMPTOM, None, 2)


def test_a_why_needs_evidence_and_a_factor_a_branch() -> None:
    check_cause(WHY, "Cents are cut", "PAY-2", BRANCHES)
    check_cause("People", "No one was told", "", BRANCHES)
    for branch, text, evidence, field in (
        (WHY, "x", "", "evidence"),
        (WHY, "", "x", "text"),
        ("Moon", "x", "x", "branch"),
    ):
        with pytest.raises(Refused) as no:
            check_cause(branch, text, evidence, BRANCHES)
        assert no.value.field == field


def test_the_fishbone_as_text_has_each_branch_with_factors() -> None:
    found = replace(PROBLEM, causes=(cause(), cause("Data", "Old rows"), cause("People", "No one on call")))
    assert fishbone_text(found, BRANCHES) == [
        "People",
        "  └ No one on call",
        "Data",
        "  └ Old rows",
        "⇒ The export is slow",
    ]
    assert fishbone_text(PROBLEM, BRANCHES) == []
    assert count_classes([replace(PROBLEM, cause_class=CauseClass.DATA), PROBLEM]) == {CauseClass.DATA: 1}


@settings(max_examples=30)
@given(
    st.text(max_size=150),
    st.lists(st.tuples(st.sampled_from([*BRANCHES, "Gone"]), st.text(min_size=1, max_size=500)), max_size=12),
)
def test_the_fishbone_as_svg_is_well_formed_whatever_people_write(title: str, said: list[tuple[str, str]]) -> None:

    causes = tuple(cause(branch, clean(text)) for branch, text in said)
    drawn = ET.fromstring(fishbone(replace(PROBLEM, title=clean(title), causes=causes), BRANCHES))
    texts = ["".join(one.itertext()) for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert set(BRANCHES) <= set(texts)
