"""What is known of the English language, for comparing reports; the packages are optional and loaded at first use.

Word frequencies: wordfreq (Speer, 2022). Vectors: WordLlama, static token vectors whose weights lie in its package.
"""

import os
import threading
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bot.extras import SIMILAR
from domain.intake.similarity import Meanings, SimilarityIndex, plain_index, share_of_reports
from domain.intake.words import NO_SYNONYMS, Synonyms

MAX_TEXT = 1_000  # characters of a text whose meaning is read; the beginning says what it is about
GROWTH = 256  # rows that are made at a time
MAX_RECENT = 64  # texts whose vectors are kept: a new report is added, measured and compared
_ONE_LOADS = threading.Lock()  # the others wait for what it loads


def new_index(synonyms: Synonyms = NO_SYNONYMS) -> SimilarityIndex:
    """Return an empty index with what is installed."""
    if not SIMILAR.is_installed:
        return plain_index(synonyms)
    return SimilarityIndex(share_of_reports(_frequency()), TextVectors(), synonyms)


def load_language() -> None:
    """Load what is installed; it takes about a second."""
    new_index().find("word")


def _frequency() -> Callable[[str], float]:
    # Word lists take 100 ms and 30 MB, and processes that never compare reports need none.
    from wordfreq import word_frequency  # noqa: PLC0415

    return lambda word: float(word_frequency(word, "en"))


def _vector_model() -> tuple[Any, Any]:
    with _ONE_LOADS:
        return _load_vector_model()


@cache
def _load_vector_model() -> tuple[Any, Any]:
    """Return numpy and the model, whose weights are in its package: nothing is downloaded."""
    import numpy as np  # noqa: PLC0415 - as above
    import wordllama  # noqa: PLC0415

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # texts are short, and threads cost more than they save
    folder = Path(str(wordllama.__file__)).parent
    return np, wordllama.WordLlama.load(cache_dir=folder, disable_download=True)


class TextVectors(Meanings):
    """Vectors of titles and of whole texts; half of a score is of each."""

    def __init__(self) -> None:
        self._np, self._model = _vector_model()
        self._rows: dict[int, int] = {}
        self._keys: list[int] = []
        self._recent: dict[str, Any] = {}  # vectors by text
        self._matrix: Any = self._np.zeros((0, 0), dtype=self._np.float32)

    def add(self, key: int, title: str, text: str) -> None:
        row, vector = len(self._keys), self._vector(title, text)
        if row >= len(self._matrix):
            more = self._np.zeros((GROWTH, len(vector)), dtype=self._np.float32)
            self._matrix = self._np.concatenate([self._matrix, more]) if row else more
        self._matrix[row] = vector
        self._rows[key] = row
        self._keys.append(key)

    def remove(self, key: int) -> None:
        """The last row takes the place of the removed one."""
        row, last = self._rows.pop(key), self._keys.pop()
        if last != key:
            self._matrix[row] = self._matrix[len(self._keys)]
            self._keys[row], self._rows[last] = last, row

    def compare(self, title: str, text: str, keys: Collection[int], nearest: int) -> Mapping[int, float]:
        if not self._keys:
            return {}
        # One thread: a product this small waits longer for the others than it takes.
        scores = self._np.einsum("ij,j->i", self._matrix[: len(self._keys)], self._vector(title, text)) / 2
        rows = {self._rows[key] for key in keys}
        if nearest:
            rows.update(self._np.argpartition(scores, -min(nearest, len(scores)))[-nearest:].tolist())
        return {self._keys[row]: float(scores[row]) for row in rows}

    def _vector(self, title: str, text: str) -> Any:
        """Return the normalized vectors of the title and of everything, one after the other."""
        whole = f"{title}. {text}"[:MAX_TEXT] if text else title
        return self._np.concatenate([self._embedding(title or " "), self._embedding(whole or " ")])

    def _embedding(self, text: str) -> Any:
        if text not in self._recent:
            if len(self._recent) == MAX_RECENT:
                del self._recent[next(iter(self._recent))]
            self._recent[text] = self._model.embed([text], norm=True)[0]
        return self._recent[text]
