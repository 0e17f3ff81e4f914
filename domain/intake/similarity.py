"""Similarity: which known texts describe the same problem as a new one, by BM25 over stemmed words.

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009). Scores are raw, since dividing
them by the question's best possible score makes one threshold for all questions useless.
"""

import heapq
import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from snowballstemmer import stemmer

K1, B = 1.2, 0.6
MIN_CORPUS_SIZE = 5_000  # texts assumed at least, so that a word's weight does not depend on how new the phase is
WORD = re.compile(r"[^\W_]+")
MIN_SHARED_WORDS, MIN_SCORE = 2, 14.5  # thresholds of a suggestion; bench/duplicates measures them
MAX_QUERY_WORDS = 60  # of a query; more add little
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
# Phrases written as one word or as two.
PHRASES = {
    r"single sign[- ]?on": "sso", r"(log|logg?ed|logging|sign|signed|signing)[- ]?(in|on)(to)?\b": "login",
    r"(log|logg?ed|logging|sign|signed|signing)[- ]?(out|off)\b": "logout", r"pay[- ]?(slip|stub)": "payslip",
    r"time[- ]?sheet": "timesheet", r"e[- ]mail": "email", r"time[- ]?out": "timeout", r"web[- ]?site": "website",
    r"cost[- ]cent(re|er)": "costcentre", r"(zip|postal) ?code": "postcode", r"two[- ]factor|2fa": "second factor",
    r"(each|every) day": "daily", r"(each|every) (week)": "weekly", r"(each|every) year": "yearly",
    r"time off|days off": "holiday", r"part[- ]time": "parttime", r"over[- ]?time": "overtime",
}  # fmt: skip
# Synonyms in reports about office software; each word is replaced by the first of its line.
SYNONYMS = (
    "crash freeze hang",
    "slow sluggish lag laggy latency delay timeout",
    "blank empty white nothing missing disappear vanish gone lost",
    "login sso authenticate authentication",
    "logout session",
    "password passcode credentials",
    "print printer printout",
    "delete remove",
    "salary wage pay payroll payment paid",
    "email mail notification notify message",
    "show display appear see visible",
    "page screen view window form tab",
    "click press tap",
    "file document attachment pdf",
    "incorrect false inaccurate mistaken bad",
    "twice double duplicate doubled two",
    "save store persist keep",
    "search find lookup filter",
    "employee person staff worker colleague people",
    "export download",
    "import upload load",
    "holiday vacation leave absence",
    "bank iban",
    "calculate compute sum total",
    "permission rights authorise authorize",
    "reject refuse decline deny forbid",
    "photo picture image scan",
    "phone mobile iphone android smartphone",
    "yearly annual year",
    "monthly month",
    "comment remark note text",
    "schedule plan roster shift",
    "trainee apprentice intern student",
    "manager supervisor boss lead",
    "money amount currency euro eur sek dollar",
    "change alter edit modify update",
    "end stop finish expire",
    "begin start first",
    "create make new add generate",
    "cut truncate shorten",
    "address street postcode",
    "sick sickness illness",
    "allowance benefit",
    "browser chrome firefox edge safari",
    "previous old former last",
    "deduct subtract withhold",
    "approve approval confirm sign signature",
    "number count figure",
    "title name header",
    "read readable legible",
)
_stem = stemmer("english").stemWord
_SYNONYM_OF = {_stem(word): _stem(line.split()[0]) for line in SYNONYMS for word in line.split()}
_WHICH = {f"join{n}": pattern for n, pattern in enumerate(PHRASES)}
_JOIN = re.compile(
    "|".join(rf"(?P<{name}>\b(?:{re.sub(r'[(](?![?])', '(?:', pattern)}))" for name, pattern in _WHICH.items())
)
_known: dict[str, str] = {}


def stemmed_words(text: str) -> list[str]:
    """Return the stemmed words of a text, without accents and stop words."""
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("\u0300", "")
    plain = _JOIN.sub(lambda found: f" {PHRASES[_WHICH[found.lastgroup or '']]} ",
                      "".join(c for c in plain if not unicodedata.combining(c)))  # fmt: skip
    return [_root(word) for word in WORD.findall(plain) if word not in STOP_WORDS]


def _root(word: str) -> str:
    found = _known.get(word)
    if found is None:
        if len(_known) > 50_000:
            _known.clear()
        stem = _stem(word)
        found = _known[word] = _SYNONYM_OF.get(stem, stem)
    return found


@dataclass(frozen=True, slots=True)
class SimilarTicket:
    """A similar text. `shared` is the number of different words in common."""

    id: int
    score: float
    shared: int

    @property
    def is_similar(self) -> bool:
        """Whether it is similar enough to suggest; one shared word is chance."""
        return self.shared >= MIN_SHARED_WORDS and self.score >= MIN_SCORE


@dataclass(slots=True)
class SimilarityIndex:
    """Texts by id. Adding an id again replaces its text. Not thread-safe."""

    _postings: dict[str, dict[int, int]] = field(default_factory=dict)
    _words: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _lengths: dict[int, int] = field(default_factory=dict)
    _length: int = 0

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, key: int) -> bool:
        return key in self._words

    def add(self, key: int, title: str, text: str = "") -> None:
        """Add a text; words of the title count twice."""
        self.remove(key)
        counted = Counter(stemmed_words(title))
        counted.update(counted)
        counted.update(stemmed_words(text))
        self._words[key], self._lengths[key] = tuple(counted), counted.total()
        self._length += self._lengths[key]
        for word, count in counted.items():
            self._postings.setdefault(word, {})[key] = count

    def remove(self, key: int) -> None:
        gone = self._words.pop(key, None)
        if gone is None:
            return
        self._length -= self._lengths.pop(key)
        for word in gone:
            there = self._postings[word]
            del there[key]
            if not there:
                del self._postings[word]

    def find(self, question: str, limit: int = 5) -> list[SimilarTicket]:
        """Return the most similar texts, best first."""
        scores: dict[int, float] = {}
        lengths, even, by_length = self._lengths, K1 * (1 - B), 0.0
        many = max(len(lengths), MIN_CORPUS_SIZE)
        if self._length:
            by_length = K1 * B * len(lengths) / self._length
        asked = dict.fromkeys(stemmed_words(question)[:MAX_QUERY_WORDS])
        for word in asked:
            there = self._postings.get(word)
            if not there:
                continue
            weight = math.log(1 + (many - len(there) + 0.5) / (len(there) + 0.5))
            weight *= K1 + 1
            for key, count in there.items():
                scores[key] = scores.get(key, 0.0) + weight * count / (count + even + by_length * lengths[key])
        best = heapq.nsmallest(limit, scores.items(), key=lambda item: (-item[1], -item[0]))
        return [SimilarTicket(key, score, sum(word in self._words[key] for word in asked)) for key, score in best]
