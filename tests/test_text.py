"""Cleaning, cutting and splitting people's words."""

from hypothesis import given
from hypothesis import strategies as st

from domain.spelling import nearest
from domain.text import clean, one_line, plural, shorten, split


def test_control_characters_and_overrides_go_and_words_stay() -> None:
    assert clean("a\x00b\u202ec\r\nd\u2028e\ue000") == "abc\nd\ne"
    assert clean("שלום 🎉 Größe") == "שלום 🎉 Größe"
    assert one_line("  a \n\n b\tc ") == "a b c"


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert "\n" not in one_line(text)


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_what_is_shortened_fits_and_says_that_it_was_cut(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_splitting_loses_no_word(text: str, size: int) -> None:
    pieces = split(text, size)
    assert all(len(p) <= size for p in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_the_nearest_word() -> None:
    assert nearest("reprot", ["report", "list"]) == "report"
    assert nearest("xyzzy", ["report", "list"]) is None


def test_a_number_chooses_its_sentence_and_fills_the_placeholders() -> None:
    told = [plural(n, "1 ticket in {phase}.", "{count} tickets in {phase}.", phase="PAY") for n in (0, 1, 2, 1234)]
    assert told == ["0 tickets in PAY.", "1 ticket in PAY.", "2 tickets in PAY.", "1,234 tickets in PAY."]
