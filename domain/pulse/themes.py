"""Themes in comments: words that enough people use, with their tone and examples.

Deterministic and offline: words are compared by their stems, and the tone comes from TextBlob's English lexicon. A
theme and its examples are shown only when enough people used the word.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.intake.words import WORD, stemmed_words

MIN_POSITIVE_TONE, MAX_NEGATIVE_TONE = 0.15, -0.15  # polarity, from -1 to 1
MAX_THEMES, MAX_EXAMPLES = 5, 2
MAX_EXAMPLE_LENGTH = 160  # characters; longer texts are more likely to identify their author


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A word in its most frequent spelling, how many people used it, the tone of their comments, and examples.

    `positive` and `negative` are None where the tone of a text could not be judged.
    """

    word: str
    count: int
    positive: int | None
    negative: int | None
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentSummary:
    """How many people wrote comments, and the themes; None where too few wrote."""

    writers: int
    themes: tuple[Theme, ...] | None


def find_themes(writers: Sequence[Sequence[str]], k: int, tone: Callable[[str], float] | None) -> list[Theme]:
    """Return the words that at least k people used, most frequent first; the order of `writers` does not matter.

    `tone` gives the polarity of a text, from -1 to 1; None where nothing can judge it.
    """
    each = sorted(sorted(texts) for texts in writers)
    stems = [_words_by_stem(" ".join(texts)) for texts in each]
    tones = [tone(" ".join(texts)) for texts in each] if tone else None
    found = list[Theme]()
    for stem, (word, count) in count_words(writers).items():
        if count < k or len(found) == MAX_THEMES:
            break
        mine = [number for number, words in enumerate(stems) if stem in words]
        short = [
            text
            for number in mine
            for text in each[number]
            if stem in _words_by_stem(text) and len(text) <= MAX_EXAMPLE_LENGTH
        ]
        found.append(Theme(
            word=word, count=count,
            positive=sum(tones[number] >= MIN_POSITIVE_TONE for number in mine) if tones else None,
            negative=sum(tones[number] <= MAX_NEGATIVE_TONE for number in mine) if tones else None,
            examples=tuple(short[:MAX_EXAMPLES]),
        ))  # fmt: skip
    return found


def count_words(writers: Iterable[Sequence[str]]) -> dict[str, tuple[str, int]]:
    """Return {stem: (most frequent spelling, number of people)}, most frequent first."""
    spellings: dict[str, Counter[str]] = {}
    for texts in writers:
        for stem, word in _words_by_stem(" ".join(sorted(texts))).items():
            spellings.setdefault(stem, Counter())[word] += 1
    order = sorted(spellings, key=lambda stem: (-spellings[stem].total(), stem))
    return {
        stem: (max(sorted(spellings[stem]), key=lambda word: spellings[stem][word]), spellings[stem].total())
        for stem in order
    }


def _words_by_stem(text: str) -> Mapping[str, str]:
    """Return {stem: word} of a text."""
    return {stem: word for word in WORD.findall(text.casefold()) for stem in stemmed_words(word)}
