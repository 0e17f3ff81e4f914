"""Results of a wave: scores, verdicts and follow-up questions."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.views.pulse.results import HelpRequests, no_results, results
from domain.phases.phase import Phase
from domain.pulse.pulse import TEMPLATES, Answers, is_low, low_answers, questions_for, with_template_defaults
from domain.pulse.results import WaveResult, calculate_result, score, score_with_change, umux_lite_score
from domain.pulse.settings import Pulse, Question, QuestionKind, Segment
from domain.pulse.themes import find_themes
from domain.pulse.wave import Invitee, Wave, WaveState, draw_sample, find_audience, next_working_time, pseudonym
from domain.statistics.intervals import Verdict

END = with_template_defaults(Pulse(name="end", template="end"))
PHASE = Phase(key="PAY", name="Payday", triage_channel="C0000001", oncall_channel="C0000002", leads=("U0LENA0",))
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
BY_ID = {q.id: q for q in END.questions}


def result(*rows: Answers, asked: int = 100, pulse: Pulse = END) -> WaveResult:
    return calculate_result(pulse, [("", row) for row in rows], {"": asked})


def test_each_kind_of_question_has_its_own_score() -> None:
    scores = zip((5, 4, 4, 3, 1, 5, 4, 5, 2, 4), (10, 9, 9, 7, 3, 8, 10, 9, 6, 7), strict=True)
    rows: list[Answers] = [{"satisfaction": s, "ease": 6, "needs": 4, "nps": n} for s, n in scores]
    found = result(*rows)
    satisfied, net, together = (
        score(BY_ID["satisfaction"], found),
        score(BY_ID["nps"], found),
        umux_lite_score(found, None, 5),
    )
    assert satisfied
    assert net
    assert together
    assert (satisfied.interval.value, satisfied.unit, satisfied.label) == (70, "%", "satisfied")
    assert net.interval.value == 30
    assert together.interval.value == pytest.approx((6 + 4 - 2) * 100 / 12)
    assert score(BY_ID["why"], found) is None


def test_fewer_answers_than_the_threshold_give_no_result() -> None:
    found = result({"satisfaction": 5}, {"satisfaction": 4})
    assert (found.answered, found.cells, found.umux_lite) == (2, {}, (0, 0.0, 0.0))


def test_questions_of_different_kinds_are_not_compared() -> None:
    """Last week the question was a choice, this week it is a scale."""
    which = Question(id="satisfaction", kind=QuestionKind.CHOICE, text="Which?", options=("Till", "Web"))
    before = result(*[{"satisfaction": "Web"}] * 6, pulse=END.model_copy(update={"questions": (which,)}))
    found = score_with_change(BY_ID["satisfaction"], result(*[{"satisfaction": 5}] * 6), before, 5)
    assert found
    assert found.verdict is None


def test_no_group_is_shown_when_one_could_reveal_individuals() -> None:
    rows: list[tuple[str, Answers]] = [(name, {"satisfaction": 4}) for name in "AABBAABBABAB"]
    asked = {"A": 6, "B": 6}
    assert set(calculate_result(END, rows, asked).cells) == {"", "A", "B"}
    assert set(calculate_result(END, rows, asked, {"A", "B"}).cells) == {""}


def test_the_score_of_two_questions_is_hidden_where_few_answered_only_one() -> None:
    """Else the difference to the two alone would be the answer of those few."""
    both: list[Answers] = [{"ease": 6, "needs": 4}] * 6
    assert result(*both).umux_lite[0] == 6
    assert result(*both, {"ease": 1}).umux_lite == (0, 0.0, 0.0)
    assert result(*both, *[{"ease": 1}] * 5).umux_lite[0] == 6


def test_only_questions_with_few_answers_are_hidden() -> None:
    found = result(*[{"satisfaction": 4}] * 6, {"satisfaction": 4, "nps": 3})
    assert set(found.cells[""]) == {"satisfaction"}


def test_a_change_is_reported_only_when_it_is_significant() -> None:
    good, bad = [{"satisfaction": 5}], [{"satisfaction": 1}]
    before = result(*good * 18, *bad * 2)
    for now, said in ((result(*good * 5, *bad * 15), Verdict.DOWN), (result(*good * 17, *bad * 3), Verdict.SAME)):
        found = score_with_change(BY_ID["satisfaction"], now, before, 5)
        assert found
        assert found.verdict is said
    alone = score_with_change(BY_ID["satisfaction"], before, None, 5)
    assert alone
    assert alone.verdict is None


def test_a_choice_question_shows_the_most_frequent_option() -> None:
    which = Question(id="which", kind=QuestionKind.CHOICE, text="Which?", options=("Till", "Web"))
    pulse = END.model_copy(update={"questions": (which,)})
    found = score(which, result(*[{"which": "Web"}] * 4, *[{"which": "Till"}] * 2, pulse=pulse))
    assert found
    assert (found.label, round(found.interval.value)) == ("“Web”", 67)


def test_follow_up_questions_appear_after_low_answers() -> None:
    low = {q.id for q in END.questions for value in q.kind.scale if is_low(q, value) and not is_low(q, value + 1)}
    assert low == {"satisfaction", "ease", "needs", "nps"}
    assert "why" not in [q.id for q in questions_for(END, {"satisfaction": 5, "nps": 9})]
    assert "why" in [q.id for q in questions_for(END, {"nps": 6})]
    assert [q.id for q in low_answers(END, {"satisfaction": 2, "ease": 4})] == ["satisfaction"]
    assert all(not template.questions[0].kind.is_text for template in TEMPLATES.values())


def test_a_person_in_several_segments_counts_once_in_the_first() -> None:
    segments = (
        Segment(name="Floor", channels=("C000001",)),
        Segment(name="Office", channels=("C000002",), people=("S000001", "U0000ANN")),
    )
    people = {"C000001": ["U0000BO"], "C000002": ["U0000BO", "U0000CY", "U0000BOT"], "S000001": ["U0000DI"]}
    here = dict.fromkeys(("U0000ANN", "U0000BO", "U0000CY", "U0000DI"), "UTC")
    found = {one.person: one.segment for one in find_audience(segments, people, here)}
    assert found == {"U0000BO": "Floor", "U0000CY": "Office", "U0000DI": "Office", "U0000ANN": "Office"}


def test_a_sample_is_a_share_of_all_without_people_over_budget() -> None:
    people = [Invitee(person=f"U{n}", segment="", zone="UTC") for n in range(10)]
    found = draw_sample(people, 0.5, {"U1", "U2"}, seed=1)
    assert len(found) == 5
    assert not {"U1", "U2"} & {one.person for one in found}
    assert draw_sample(people, 0.5, {"U1", "U2"}, seed=1) == found
    assert len(draw_sample(people, 1.0, {"U1"}, seed=1)) == 9


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Europe/Berlin", "2026-03-27T09:00:00+00:00"), ("America/New_York", "2026-03-27T14:00:00+00:00"),
     ("Asia/Tokyo", "2026-03-30T01:00:00+00:00"), ("Australia/Sydney", "2026-03-29T23:00:00+00:00")],
)  # fmt: skip
def test_next_working_time_uses_the_persons_time_zone(zone: str, expected: str) -> None:
    """A Friday morning, two days before Europe's DST change and after America's."""
    friday = datetime(2026, 3, 27, 8, 30, tzinfo=UTC)
    assert next_working_time(friday, zone, "10:00", "mon tue wed thu fri").astimezone(UTC).isoformat() == expected


def test_a_pseudonym_depends_on_secret_salt_person_and_purpose() -> None:
    one = pseudonym(b"secret", "salt", "U1", "answer")
    others = {
        pseudonym(b"other", "salt", "U1", "answer"),
        pseudonym(b"secret", "pepper", "U1", "answer"),
        pseudonym(b"secret", "salt", "U2", "answer"),
        pseudonym(b"secret", "salt", "U1", "words"),
    }
    assert one not in others
    assert one == pseudonym(b"secret", "salt", "U1", "answer")


def test_themes_need_enough_people_and_do_not_depend_on_order() -> None:
    texts = ["The export is slow", "Exports are awful", "export!", "I like the new menu", "Login fails"]
    tone = {"Exports are awful": -0.8, "I like the new menu": 0.5}
    alone = [[text] for text in texts]
    found = find_themes(alone, 3, lambda text: tone.get(text, 0.0))
    (theme,) = found
    assert (theme.word, theme.count, theme.positive, theme.negative) == ("export", 3, 0, 1)
    assert find_themes(list(reversed(alone)), 3, lambda text: tone.get(text, 0.0)) == found
    assert find_themes(alone, 4, lambda _: 0.0) == []
    assert find_themes([texts, ["Login"]], 2, lambda _: 0.0)[0].word == "login"  # who writes much is still one


def test_participation_is_an_impression_until_the_end() -> None:
    """An exact number that moves would tell who answers at this moment."""
    wave = Wave(id=1, phase_id=1, pulse=END, occurrence="1", state=WaveState.OPEN, opens_at=NOON, closes_at=NOON)
    seen = [str(no_results(END, (wave, 10, answered))) for answered in range(11)]
    assert len(set(seen)) == 3
    assert len({*seen[:4]}) == len({*seen[4:7]}) == len({*seen[7:]}) == 1
    assert not [text for text in seen if re.search(r"\d+ of \d+", text)]
    few = replace(wave, result=result(*[{"satisfaction": 4}] * 4))
    shown = str(results([few], PHASE, HelpRequests(declined=0, wanted=0, closed=0, too_few=True)))
    assert "Fewer than 5 people answered" in shown
    assert "4 of" not in shown
