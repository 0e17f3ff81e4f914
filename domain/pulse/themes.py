"""What people write about: words that enough of them use, and whether they are glad or not.

Deterministic and offline: words are compared by their stems, and the tone of a text is that of its words in TextBlob's
lexicon, which knows English. A theme is only shown when enough people wrote of it, and so are its examples.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.intake.similarity import WORD, stemmed_words

MIN_POSITIVE_TONE, MAX_NEGATIVE_TONE = 0.15, -0.15  # of a polarity from -1 to 1
MAX_THEMES, MAX_EXAMPLES = 5, 2
MAX_EXAMPLE_LENGTH = 160  # characters of an example; longer ones are more likely to give away who wrote them


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A word as most wrote it, how many wrote of it, how many of those gladly and not, and examples."""

    word: str
    count: int
    glad: int
    unhappy: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentSummary:
    """What may be shown of what was written: how many wrote, and about what; None where they were too few."""

    writers: int
    themes: tuple[Theme, ...] | None


def find_themes(writers: Sequence[Sequence[str]], k: int, tone: Callable[[str], float]) -> list[Theme]:
    """What at least k writers wrote of, the most frequent first; in whatever order they come it is the same."""
    each = sorted(sorted(texts) for texts in writers)
    stems = [_words_by_stem(" ".join(texts)) for texts in each]
    tones = [tone(" ".join(texts)) for texts in each]
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
            word=word, count=count, glad=sum(tones[number] >= MIN_POSITIVE_TONE for number in mine),
            unhappy=sum(tones[number] <= MAX_NEGATIVE_TONE for number in mine), examples=tuple(short[:MAX_EXAMPLES]),
        ))  # fmt: skip
    return found


def count_words(writers: Iterable[Sequence[str]]) -> dict[str, tuple[str, int]]:
    """Each stem, with the word that most wrote and how many writers used it; the most frequent first."""
    spelt: dict[str, Counter[str]] = {}
    for texts in writers:
        for stem, word in _words_by_stem(" ".join(sorted(texts))).items():
            spelt.setdefault(stem, Counter())[word] += 1
    order = sorted(spelt, key=lambda stem: (-spelt[stem].total(), stem))
    return {stem: (max(sorted(spelt[stem]), key=lambda word: spelt[stem][word]), spelt[stem].total()) for stem in order}


def _words_by_stem(text: str) -> Mapping[str, str]:
    """Each stem of a text, with the word that has it."""
    return {stem: word for word in WORD.findall(text.casefold()) for stem in stemmed_words(word)}
