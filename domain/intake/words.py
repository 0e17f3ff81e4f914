"""Words of a text in the form in which texts are compared: lower case, without accents, and stemmed."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock

from snowballstemmer import stemmer

WORD = re.compile(r"[^\W_]+")
# readVectored, HTTPServer: identifiers are written as one word and spoken as several.
WORD_PARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
NUMBER = re.compile(r"\d[\w.:/-]*")
# Words of most reports, which do not tell problems apart.
STOP_WORD_LIST = """
a about after again all also am an and any are as at be been before but by can cannot could did do does doing for
from get gets getting go goes got had has have having he her here him his how i if in into is it its just like me my
no not now of off on once one only or our out over please she since so some still than that the their them then
there these they this those through to too try tried trying under until up us very was we were what when where which
while who why will with would you your problem issue error work works working t s re ve ll d don doesn isn didn won
wasn
"""
STOP_WORDS = frozenset(STOP_WORD_LIST.split())
_STEMMER = stemmer("english")
_STEMMING = Lock()  # a stemmer keeps the word it works on, and requests come on several threads


@dataclass(frozen=True)
class Synonyms:
    """Words and phrases that mean the same in a phase, as groups separated by commas: `payslip, pay stub`."""

    groups: tuple[str, ...] = ()

    @cached_property
    def _first_of(self) -> dict[str, str]:
        found = dict[str, str]()
        for group in self.groups:
            first, *others = [plain(part.strip()) for part in group.split(",") if part.strip()] or [""]
            found.update(dict.fromkeys(others, first))
        return found

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        longest_first = sorted(self._first_of, key=lambda words: (-len(words), words))
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b") if longest_first else None

    def replace(self, text: str) -> str:
        """Replace each by the first of its group, in a plain text."""
        return self._pattern.sub(lambda found: self._first_of[found.group()], text) if self._pattern else text


NO_SYNONYMS = Synonyms()


def plain(text: str) -> str:
    """Return a text in lower case without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def list_words(text: str, synonyms: Synonyms = NO_SYNONYMS) -> list[str]:
    """Return all words in lower case; an identifier written in camel case is followed by its parts."""
    parts = [plain(part) for word in WORD.findall(text) for part in _parts_of(word)]
    return WORD.findall(synonyms.replace(plain(text))) + parts


def stemmed_words(text: str, synonyms: Synonyms = NO_SYNONYMS) -> list[str]:
    """Return the stemmed words of a text, without accents and stop words."""
    return [stem(word) for word in WORD.findall(synonyms.replace(plain(text))) if word not in STOP_WORDS]


def list_numbers(text: str) -> frozenset[str]:
    """Return what has digits: years, versions, amounts, codes."""
    return frozenset(found.rstrip(".:/-") for found in NUMBER.findall(text.casefold()))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of a word in lower case, by the English Snowball stemmer."""
    with _STEMMING:
        return str(_STEMMER.stemWord(word))


def _parts_of(word: str) -> Iterable[str]:
    parts = WORD_PARTS.split(word)
    return parts if len(parts) > 1 else ()
