"""Similarity: how alike reports are, by the words they share and, where vectors are installed, by their meaning.

The score is the cosine of tf-idf vectors (Salton and Buckley, Term-weighting approaches in automatic text retrieval,
1988), half of it title with title, half everything with everything. A word's rarity comes from the reports and, while
those are few, from how rare it is in the language. What is alike enough to be shown follows from the reports
themselves: new ones that are no duplicates show how alike two different problems can be.
"""

import heapq
import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Protocol

from domain.intake.words import NO_SYNONYMS, STOP_WORDS, Synonyms, list_numbers, list_words, stem

LANGUAGE_WEIGHT = 300  # the language counts as much as that many reports
USUAL_LENGTH = 60  # words of a report; turns the frequency of a word into the share of reports that have it
MIN_WEIGHT = 0.5  # of a word; lighter ones are in most reports and say nothing
MEANING_WEIGHT = 0.3  # of the vectors, where there are some; bench/duplicates measures it
MAX_WORDS = 150  # different words of a text that are kept
MAX_QUERY_WORDS = 40  # the rarest of a query; the others add little
MAX_CANDIDATES = 250  # texts that are compared, beginning with those that share the rarest words
SHORTLIST = 15  # texts whose score is calculated exactly
NEAREST = 20  # texts that only the vectors find
SHARE_SHOWN = 0.06  # of new reports that are no duplicates, at which the threshold aims; the goal is at most 0.10
MIN_SCORES, MAX_SCORES = 30, 100  # scores of recent reports that the threshold is calculated from
DEFAULT_THRESHOLD = 0.28  # until then; 94 % of public reports (GitBugs) had less among fifteen others
SAME_SCORE = 0.7  # nearly the same words
MIN_COUNT_CHANGE = 0.02  # of the index, after which estimated lengths are calculated again


class Meanings(Protocol):
    """Vectors of texts by id, compared by cosine."""

    def add(self, key: int, title: str, text: str) -> None: ...
    def remove(self, key: int) -> None: ...
    def compare(self, title: str, text: str, keys: Collection[int], nearest: int) -> Mapping[int, float]:
        """Return the scores of these and of the nearest others, by id."""


@dataclass(frozen=True, slots=True)
class SimilarTicket:
    """A similar text. `is_same` is whether it says nearly the same about the same numbers, as a repetition does."""

    id: int
    score: float
    is_same: bool = False


@dataclass(slots=True)
class _Text:
    """How much each stem counts in the title and in everything, what is a number, and the estimated lengths."""

    title: dict[str, float]
    whole: dict[str, float]
    numbers: frozenset[str]
    lengths: tuple[float, float] = (0.0, 0.0)


def share_of_reports(frequency: Callable[[str], float]) -> Callable[[str], float]:
    """Turn the frequency of words, 0 to 1, into the share of reports of usual length that have the word."""
    return lambda word: 1 - math.exp(-USUAL_LENGTH * frequency(word))


def stop_word_share(word: str) -> float:
    """Return 1 for a word of most reports, else 0: the share of reports where the language's own is not installed."""
    return float(word in STOP_WORDS)


@dataclass(slots=True)
class SimilarityIndex:
    """Texts by id. Adding an id again replaces its text. Not thread-safe.

    `commonness` gives the share of all reports that have a word, 0 to 1.
    """

    commonness: Callable[[str], float] = stop_word_share
    meanings: Meanings | None = None
    synonyms: Synonyms = NO_SYNONYMS
    _texts: dict[int, _Text] = field(default_factory=dict)
    _postings: dict[str, set[int]] = field(default_factory=dict)
    _common: dict[str, float] = field(default_factory=dict)  # the highest commonness of the words of a stem
    _weights: dict[str, float] = field(default_factory=dict)  # of stems, until the index changes
    _best: dict[int, float] = field(default_factory=dict)  # the best score of recent reports when they came
    _measured: int = 0  # the number of texts when lengths were estimated

    def __len__(self) -> int:
        return len(self._texts)

    def __contains__(self, key: int) -> bool:
        return key in self._texts

    def add(self, key: int, title: str, text: str = "") -> None:
        """Add a text."""
        self.remove(key)
        added = self._texts[key] = self._read(title, text)
        self._weights.clear()
        for word in added.whole:
            self._postings.setdefault(word, set()).add(key)
        added.lengths = self._lengths(added)
        if self.meanings:
            self.meanings.add(key, title, text)

    def remove(self, key: int) -> None:
        gone = self._texts.pop(key, None)
        if gone is None:
            return
        self._best.pop(key, None)
        self._weights.clear()
        for word in gone.whole:
            there = self._postings[word]
            there.discard(key)
            if not there:
                del self._postings[word]
        if self.meanings:
            self.meanings.remove(key)

    def find(
        self, title: str, text: str = "", *, limit: int = 5, but: int | None = None, among: set[int] | None = None
    ) -> list[SimilarTicket]:
        """Return the most similar texts, best first, without that one.

        With `among`, only those of them that share words: a repetition is found, and few are compared.
        """
        asked = self._read(title, text)
        scores = self._by_words(asked, but, among, max(SHORTLIST, limit))
        if self.meanings and (scores or among is None):
            alike = self.meanings.compare(title, text, scores.keys(), NEAREST if among is None else 0)
            scores = {
                key: (1 - MEANING_WEIGHT) * scores.get(key, 0.0) + MEANING_WEIGHT * alike.get(key, 0.0)
                for key in scores.keys() | alike.keys() if key != but
            }  # fmt: skip
        best = heapq.nsmallest(limit, scores.items(), key=lambda item: (-item[1], -item[0]))
        return [SimilarTicket(key, score, is_same=self._is_same(asked, key, score)) for key, score in best if score > 0]

    @property
    def threshold(self) -> float:
        """The score from which a text is worth showing: few recent reports had one that high when they came."""
        if len(self._best) < MIN_SCORES:
            return DEFAULT_THRESHOLD
        return quantiles(self._best.values(), n=100)[round(100 * (1 - SHARE_SHOWN)) - 1]

    def learn(self, key: int, best: float) -> None:
        """Let the threshold follow from a new report that is no known duplicate, and its best score as it came."""
        self._best[key] = best
        if len(self._best) > MAX_SCORES:
            del self._best[next(iter(self._best))]

    def _read(self, title: str, text: str) -> _Text:
        first = self._count(list_words(title, self.synonyms))
        rest = self._count(list_words(text, self.synonyms)) if text else Counter[str]()
        whole = dict((first + rest).most_common(MAX_WORDS))
        return _Text(_damped(first), _damped(whole), list_numbers(title))

    def _count(self, words: list[str]) -> Counter[str]:
        stems = Counter[str]()
        for word in words:
            root = stem(word)
            stems[root] += 1
            common = self.commonness(word)
            if common > self._common.get(root, -1.0):
                self._common[root] = common
        return stems

    def _weight(self, word: str) -> float:
        """Return the rarity of a stem; 0 where it says nothing."""
        if word not in self._weights:
            self._weights[word] = self._rarity(word)
        return self._weights[word]

    def _rarity(self, word: str) -> float:
        there = len(self._postings.get(word, ())) + LANGUAGE_WEIGHT * self._common.get(word, 0.0)
        weight = math.log((len(self._texts) + LANGUAGE_WEIGHT + 1) / (there + 0.5))
        return weight if weight >= MIN_WEIGHT else 0.0

    def _lengths(self, text: _Text) -> tuple[float, float]:
        return self._length(text.title), self._length(text.whole)

    def _length(self, counts: Mapping[str, float]) -> float:
        return math.sqrt(sum((self._weight(word) * count) ** 2 for word, count in counts.items()))

    def _by_words(self, asked: _Text, but: int | None, among: set[int] | None, shortlist: int) -> dict[int, float]:
        """Return the scores of those with the best estimates, calculated exactly."""
        if among is not None and not among:
            return {}
        self._estimate_again()
        title, whole = self._lengths(asked)
        mine = title or 1.0, whole or 1.0
        words = heapq.nlargest(MAX_QUERY_WORDS, asked.whole, key=self._weight)
        of_title = [(word, self._weight(word) ** 2 * asked.title[word]) for word in words if word in asked.title]
        of_whole = [(word, self._weight(word) ** 2 * asked.whole[word]) for word in words]
        sums, guesses = dict[int, tuple[float, float]](), dict[int, float]()
        for key in self._candidates(words, among) - {but}:
            text = self._texts[key]
            sums[key] = _product(of_title, text.title), _product(of_whole, text.whole)
            guesses[key] = _score(sums[key], mine, text.lengths)
        best = heapq.nlargest(shortlist, guesses, key=lambda key: (guesses[key], key))
        return {key: _score(sums[key], mine, self._lengths(self._texts[key])) for key in best}

    def _candidates(self, words: list[str], among: set[int] | None) -> set[int]:
        """Return those that share the rarest words, so that the work does not grow with the number of texts."""
        found = set[int]()
        for word in words:
            there = self._postings.get(word, set())
            if among is not None:
                there = there & among
            if not self._weight(word) or (found and len(found) + len(there) > MAX_CANDIDATES):
                break
            found |= there
        return found

    def _estimate_again(self) -> None:
        """Calculate all lengths again when the index has changed much, since the weights of words follow from it."""
        if abs(len(self._texts) - self._measured) > MIN_COUNT_CHANGE * self._measured:
            for text in self._texts.values():
                text.lengths = self._lengths(text)
            self._measured = len(self._texts)

    def _is_same(self, asked: _Text, key: int, score: float) -> bool:
        numbers = self._texts[key].numbers
        differ = bool(asked.numbers and numbers and not asked.numbers & numbers)
        return score >= SAME_SCORE and not differ


def plain_index(synonyms: Synonyms = NO_SYNONYMS) -> SimilarityIndex:
    """Return an empty index that needs no optional package."""
    return SimilarityIndex(synonyms=synonyms)


def _damped(counts: Mapping[str, int]) -> dict[str, float]:
    """Let a word that is repeated count more, but not as often as it is there."""
    return {word: 1.0 if count == 1 else 1.0 + math.log(count) for word, count in counts.items()}


def _product(asked: list[tuple[str, float]], counts: Mapping[str, float]) -> float:
    return sum(weight * counts[word] for word, weight in asked if word in counts)


def _score(sums: tuple[float, float], mine: tuple[float, float], theirs: tuple[float, float]) -> float:
    title, whole = (
        found / (length * other) if other else 0.0 for found, length, other in zip(sums, mine, theirs, strict=True)
    )
    return (title + whole) / 2
