"""Similarity: the same problem in other words is found, and the index forgets removed texts."""

import itertools
import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.duplicate_pairs import as_they_came, main, read
from bot.language import TextVectors, new_index
from domain.intake.similarity import SimilarityIndex, plain_index
from domain.intake.suggestions import Suggestion, suggestion_for
from domain.intake.words import Synonyms, stem, stemmed_words
from domain.phases.phase import Phase
from domain.tickets.types import TicketType

ROOT = Path(__file__).parents[2]
REPORTS = ROOT.parent / "shared" / "duplicates" / "hadoop.jsonl"
PHASE = Phase(
    key="PAY",
    name="Payday",
    system="Payday",
    triage_channel="C000001",
    oncall_channel="C000002",
    leads=("U0000LENA",),
    intake={"modules": ("Payslips", "Integration / Bank export", "Integration / Tax office", "Login")},
)
texts = st.dictionaries(st.integers(1, 30), st.text(alphabet="abcde ", max_size=30), max_size=20)


def filled(*pairs: tuple[int, str]) -> SimilarityIndex:
    index = plain_index()
    for key, text in pairs:
        index.add(key, text)
    return index


def test_other_words_for_the_same_fault_are_found() -> None:
    index = filled(
        (1, "The payslip page stays blank"), (2, "Cannot sign in after the update"), (3, "Bank export is late")
    )
    assert index.find("payslips show nothing but a white screen")[0].id == 1
    assert index.find("signing in fails since the new version was updated")[0].id == 2


def test_no_word_in_common_is_needed_where_vectors_are_installed() -> None:
    index = new_index()
    for key, words in enumerate(("The printer is out of paper", "My salary is too low", "The login page is slow")):
        index.add(key, words)
    assert [found.id for found in index.find("wages were paid wrongly", limit=1)] == [1]
    assert all(found.id != 1 or found.score == 0 for found in plain_index().find("wages were paid wrongly"))


def test_a_phase_names_words_that_mean_the_same() -> None:
    told = plain_index(Synonyms(("payslip, pay stub, Gehaltszettel", "sso, single sign-on")))
    for index in (told, plain_index()):
        index.add(1, "Payslip is empty")
        index.add(2, "SSO loops")
    assert [found.id for found in told.find("My pay stub was never there", limit=1)] == [1]
    assert [found.id for found in told.find("gehaltszettel fehlt", limit=1)] == [1]
    assert [found.id for found in told.find("Single sign-on does not work", limit=1)] == [2]
    assert told.find("no word of these") == []


def test_an_identifier_is_found_by_its_parts() -> None:
    index = filled((1, "readVectored is too slow"), (2, "openFile is too slow"))
    assert index.find("vectored read")[0].id == 1


def test_the_same_words_about_other_numbers_are_no_repetition() -> None:
    index = filled((1, "Update the year to 2022"), (2, "The totals of cost centre 4711 are wrong"))
    for number in range(3, 40):
        index.add(number, f"Something else number {number}")
    assert index.find("Update the year to 2022")[0].is_same
    assert not index.find("Update the year to 2023")[0].is_same
    assert not index.find("Totals for April")[0].is_same


@given(st.lists(st.tuples(st.integers(1, 20), st.sampled_from(["add", "remove"])), max_size=40))
def test_vectors_follow_what_is_added_and_removed(steps: list[tuple[int, str]]) -> None:
    vectors, there = TextVectors(), set[int]()
    for key, step in steps:
        if step == "add" and key not in there:
            vectors.add(key, f"report {key}", "")
            there.add(key)
        elif step == "remove" and key in there:
            vectors.remove(key)
            there.discard(key)
    assert set(vectors.compare("report 1", "", [], nearest=50)) == there
    for key in there:
        assert vectors.compare(f"report {key}", "", [key], nearest=1)[key] == pytest.approx(1.0, abs=1e-5)


def test_what_is_shown_follows_from_how_alike_different_reports_are() -> None:
    """In a phase where all reports sound alike, those that are only as alike as usual are not shown."""
    chance = random.Random(5)
    words = ["".join(sounds) for sounds in itertools.product("bcdfg", "aeio", "lmnrs")]
    index, shown = plain_index(), list[bool]()
    for key in range(400):
        title = f"Release {' '.join(chance.sample(words, 3))} in sprint {chance.randrange(90)}"
        found = index.find(title, limit=1)
        shown.append(bool(found) and found[0].score >= index.threshold)
        index.learn(key, found[0].score if found else 0.0)
        index.add(key, title)
    assert sum(shown[100:]) / 300 <= 0.10


@pytest.mark.skipif(not REPORTS.exists(), reason="real duplicate reports are not beside this checkout")
def test_suggestions_on_real_reports_are_worth_reading() -> None:
    """GitBugs (Patil, Han and Jadon, CC BY 4.0): each report is compared with those before it, without extras."""
    measured = as_they_came(list(read(REPORTS)), plain_index(), texts=True).figures()
    assert measured["recall_at_5"] >= 0.85
    assert measured["recall_at_10_percent_shown"] >= 0.45
    assert measured["shown_without_twin"] <= 0.10
    assert measured["asked_precision"] >= 0.80


def test_the_bench_prints_its_figures_as_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": n, "summary": f"{word} fails", "text": "", "same_as": [n - 1] if n % 2 else []}
            for n, word in enumerate(["login", "login", "export", "export", "roster", "roster"])]  # fmt: skip
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert main(["--pairs", str(file), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["recall_at_5"] == figures["summaries"]["recall_at_5"] == 1.0
    assert {"shown_without_twin", "recall_at_10_percent_shown"} <= figures.keys()


def test_words_are_stemmed_and_lose_their_accents() -> None:
    assert stemmed_words("Payslips") == stemmed_words("payslip")
    assert stemmed_words("Rés\u00fam\u00e9s printed") == stemmed_words("resumes printing")
    assert stemmed_words("it is not") == []


def test_a_repetition_is_found_among_resolved_ones_behind_many_that_are_open() -> None:
    words = "The payslip page stays blank"
    index = filled(*((key, words) for key in range(1, 20)), (20, f"{words} today"), (21, "The bank export is late"))
    assert 20 not in {found.id for found in index.find(words, limit=5)}
    assert [found.id for found in index.find(words, limit=5, among={20, 21}) if found.is_same] == [20]
    assert index.find(words, among=set()) == []


def test_a_new_report_is_read_once_by_the_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    index, asked = new_index(), list[str]()
    assert isinstance(index.meanings, TextVectors)
    model = index.meanings._model
    embed = model.embed
    monkeypatch.setattr(model, "embed", lambda texts, **more: (asked.extend(texts), embed(texts, **more))[1])
    index.add(1, "The page is blank", "I opened it.")
    index.find("The page is blank")  # how alike it is to others, as the summary alone
    index.find("The page is blank", "I opened it.", among={1})  # whether it repeats one that was resolved
    assert asked == ["The page is blank", "The page is blank. I opened it."]


def test_the_title_counts_more_than_the_rest() -> None:
    index = plain_index()
    index.add(1, "Printing fails", "somewhere in the month end run")
    index.add(2, "Month end run", "printing fails sometimes")
    assert index.find("printing")[0].id == 1


@given(texts, texts)
def test_an_index_is_what_was_added_last(first: dict[int, str], then: dict[int, str]) -> None:
    index = filled(*first.items())
    for key in first:
        if key not in then:
            index.remove(key)
    for key, text in then.items():
        index.add(key, text)
    fresh = filled(*then.items())
    assert len(index) == len(fresh)
    for question in [*first.values(), *then.values()]:
        assert {(f.id, round(f.score, 9)) for f in index.find(question, limit=50)} == {
            (f.id, round(f.score, 9)) for f in fresh.find(question, limit=50)
        }


def test_what_words_sound_like_is_only_said_when_they_say_something() -> None:
    assert suggestion_for("The payslip page is very slow and loading takes forever", PHASE.intake) == Suggestion(
        TicketType.PERFORMANCE, "Payslips"
    )
    assert suggestion_for("How do I change my password?", PHASE.intake).type is TicketType.QUESTION
    assert suggestion_for("bank export writes twice", PHASE.intake).module == "Integration / Bank export"
    assert not suggestion_for("It broke", PHASE.intake)


def test_kinds_that_a_phase_does_not_have_are_not_suggested() -> None:
    words = "the model gave a hallucination as its answer"
    assert suggestion_for(words, PHASE.intake).type is None
    ai = Phase(
        key="AI",
        name="AI",
        system="AI",
        triage_channel="C000001",
        oncall_channel="C000002",
        leads=("U0000LENA",),
        intake={"templates": ("ai",)},
    )
    assert suggestion_for(words, ai.intake).type is TicketType.AI_ACCURACY


def test_words_are_stemmed_alike_on_many_threads_at_once() -> None:
    words = [f"{start}{end}" for start in ("generaliz", "relation", "conform", "hopeful", "callous")
             for end in ("ational", "ization", "iveness", "fulness", "ousli", "ing", "ability")] * 40  # fmt: skip
    alone = [stem(word) for word in words]
    stem.cache_clear()
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns in the middle of a word
    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(stem.__wrapped__, words)) == alone
    finally:
        sys.setswitchinterval(usual)
