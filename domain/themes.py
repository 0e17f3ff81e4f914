"""What people write about: words that enough of them use, and whether they are glad or not.

Deterministic and offline: words are compared by their stems, and the tone of a text is that of its words in TextBlob's
lexicon, which knows English. A theme is only shown when enough people wrote of it, and so are its examples.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from domain.likeness import WORD, words_of

GLAD, UNHAPPY = 0.15, -0.15  # of a polarity from -1 to 1
MOST, EXAMPLES = 5, 2
SHORT = 160  # characters of an example; longer ones are more likely to give away who wrote them


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A word as most wrote it, how many wrote of it, how many of those gladly and not, and examples."""

    word: str
    count: int
    glad: int
    unhappy: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What may be shown of what was written: how many wrote, and about what; None where they were too few."""

    writers: int
    themes: tuple[Theme, ...] | None


def themes(writers: Sequence[Sequence[str]], k: int, tone: Callable[[str], float]) -> list[Theme]:
    """What at least k writers wrote of, the most frequent first; in whatever order they come it is the same."""
    each = sorted(sorted(texts) for texts in writers)
    written = [_words(" ".join(texts)) for texts in each]
    counted = Counter(stem for words in written for stem in words)
    tones = [tone(" ".join(texts)) for texts in each]
    found = list[Theme]()
    for stem, count in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        if count < k or len(found) == MOST:
            break
        mine = [number for number, words in enumerate(written) if stem in words]
        spelt = Counter(written[number][stem] for number in mine)
        short = [text for number in mine for text in each[number] if stem in _words(text) and len(text) <= SHORT]
        found.append(Theme(
            word=max(sorted(spelt), key=lambda word: spelt[word]), count=count,
            glad=sum(tones[number] >= GLAD for number in mine),
            unhappy=sum(tones[number] <= UNHAPPY for number in mine), examples=tuple(short[:EXAMPLES]),
        ))  # fmt: skip
    return found


def _words(text: str) -> Mapping[str, str]:
    """Each stem of a text, with the word that has it."""
    return {stem: word for word in WORD.findall(text.casefold()) for stem in words_of(word)}
