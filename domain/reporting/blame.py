"""Blame: sentences that blame a person instead of saying what is wrong (S80, S92), by a small trained classifier.

A logistic regression over n-grams of words, of parts of words and of kinds of words: who is meant (you, a colleague, a
department, the system) and what is said of them (a fault, what they forgot or should have done, what they are). The
kinds and the weights of a language are data, made by `python -m bench.blame_training`.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

PARTS = range(3, 6)  # characters of a part of a word
MAX_SENTENCE = 400  # characters of a sentence that are read
START, END = "^", "$"
QUOTED = re.compile(r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|\"[^\"]*\"|`[^`]*`|^>.*$", re.MULTILINE)
SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
WORD = re.compile(r"<@\w+>|[^\W\d_]+(?:['-][^\W\d_]+)*|\d+|[?!.,:]")
NUMBER, NAME, PERSON = "0", "NAME", "PERSON"
PEOPLE = frozenset({"NAME", "ROLE", "DEPT", "THEY"})  # kinds of words for people other than the writer and the reader
SUBJECTS = PEOPLE | {"YOU", "WE", "NOONE", "SYS"}


@dataclass(frozen=True, slots=True)
class BlameModel:
    """What is known of a language: the kind of each listed word, and how much each feature speaks for blame.

    `capitals` is whether a capital inside a sentence means a name, which it doesn't in German.
    """

    kinds: Mapping[str, str]
    weights: Mapping[str, float]
    bias: float
    threshold: float
    capitals: bool = True

    def score(self, sentence: str) -> float:
        """Return how much a sentence speaks for blame; 0 is as likely as not on the training sentences."""
        found = features(sentence, self.kinds, capitals=self.capitals)
        return self.bias + sum(value * self.weights.get(name, 0.0) for name, value in found.items())


def find_blame(text: str, models: Sequence[BlameModel]) -> str:
    """Return the first sentence that blames a person by one of these models; "" when there is none.

    What is quoted is what someone else wrote, and doesn't count.
    """
    for sentence in sentences(text):
        if any(model.score(sentence) >= model.threshold for model in models):
            return sentence
    return ""


def sentences(text: str) -> Iterator[str]:
    """Return the sentences of a text without what it quotes."""
    plain = QUOTED.sub(" ", text.replace("\u2019", "'"))
    return (found[:MAX_SENTENCE] for found in map(str.strip, SENTENCE.findall(plain)) if found)


def features(sentence: str, kinds: Mapping[str, str], *, capitals: bool) -> dict[str, float]:
    """Return the features of a sentence; each family of them counts as much, however long the sentence is."""
    words, marked = _words(sentence, kinds, capitals=capitals)
    named = [kind for kind in marked if kind and kind != NUMBER]
    coarse = [PERSON if kind in PEOPLE else kind for kind in named]
    mixed = [kind or word for word, kind in zip(words, marked, strict=True)]
    subject = next((PERSON if kind in PEOPLE else kind for kind in named if kind in SUBJECTS), "")
    ends, mixed_ends, coarse_ends = ([START, *row, END] for row in (words, mixed, coarse))
    families = (
        _grams("w1", ends, 1), _grams("w2", ends, 2),
        [f"s:{one}_{other}" for n in (2, 3) for one, other in zip(ends, ends[n:], strict=False)],
        [f"c:{part}" for word in words for part in _parts(f"<{word}>")],
        _grams("m1", mixed_ends, 1), _grams("m2", mixed_ends, 2), _grams("m3", mixed_ends, 3),
        [*_grams("k2", coarse_ends, 2), *_grams("k3", coarse_ends, 3)],
        [f"a:{subject}", *(f"a:{subject}>{kind}" for kind in coarse)],
    )  # fmt: skip
    return {name: 1 / math.sqrt(len(family)) for family in map(set, families) for name in family}


def _words(sentence: str, kinds: Mapping[str, str], *, capitals: bool) -> tuple[list[str], list[str]]:
    """Return the words in small letters, and the kind of each; "" for most."""
    words, marked, starts = [], [], True
    for word in WORD.findall(sentence):
        small = word.casefold()
        if word.startswith("<@") or (capitals and not starts and word[0].isupper() and len(word) > 2):
            kind = kinds.get(small, NAME)
        else:
            kind = NUMBER if word.isdigit() else kinds.get(small, "")
        small = NUMBER if word.isdigit() else small
        words.append(small)
        marked.append(kinds.get(f"={word}", kind))  # a word that only means this as it is written, as in "IT"
        starts = word in ".?!:"
    return words, marked


def _grams(family: str, row: Sequence[str], length: int) -> list[str]:
    return [f"{family}:{' '.join(row[at : at + length])}" for at in range(len(row) - length + 1)]


def _parts(word: str) -> Iterator[str]:
    return (word[at : at + length] for length in PARTS for at in range(len(word) - length + 1))
