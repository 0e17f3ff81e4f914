"""Similarity: the same problem in other words is found, and the index forgets removed texts."""

from hypothesis import given
from hypothesis import strategies as st

from domain.intake.similarity import SimilarityIndex, stemmed_words
from domain.intake.suggestions import Suggestion, suggestion_for
from domain.phases.phase import Phase
from domain.tickets.types import TicketType

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
    index = SimilarityIndex()
    for key, text in pairs:
        index.add(key, text)
    return index


def test_other_words_for_the_same_fault_are_found() -> None:
    index = filled(
        (1, "The payslip page stays blank"), (2, "Cannot sign in after the update"), (3, "Bank export is late")
    )
    assert index.find("payslips show nothing but a white screen")[0].id == 1
    assert index.find("login fails since the new version was updated")[0].id == 2


def test_words_are_stemmed_and_lose_their_accents() -> None:
    assert stemmed_words("Payslips") == stemmed_words("payslip")
    assert stemmed_words("Rés\u00fam\u00e9s printed") == stemmed_words("resumes printing")
    assert stemmed_words("it is not") == []


def test_the_title_counts_more_than_the_rest() -> None:
    index = SimilarityIndex()
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
        assert {(f.id, round(f.score, 9)) for f in index.find(question, 50)} == {
            (f.id, round(f.score, 9)) for f in fresh.find(question, 50)
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
