"""Whether a second message goes on with a report that the same person just made, or reports something else."""

import re

from domain.intake.words import stemmed_words

# How people begin who add something. A report of its own begins with what it is about.
GOES_ON = re.compile(
    r"\s*(?:(?:and|also|plus|(?-i:[Ii]t)|its|it's|this|that|these|those|they|same|still|or|but|so|because|since|only|even|again|"
    r"sorry|correction|i mean|i meant|ps|p\.s\.|edit|update|fyi|btw|here|for example|e\.g\.|error|code|screenshot|"
    r"und|auch|es|das|außerdem|aussi|et)\b|[*^+(…]|->|https?://|\d+[.)]?\s*$)",
    re.IGNORECASE,
)
MIN_SHARED = 2  # words that both messages say, where the second doesn't begin like one that goes on
MIN_SHARE = 0.3  # of the shorter message's words


def goes_on(report: str, text: str) -> bool:
    """Return whether `text` goes on with `report`: it begins so, says nothing in words, or speaks of the same."""
    if not text or GOES_ON.match(text):
        return True
    first, second = _telling(report), _telling(text)
    shared = len(first & second)
    return not second or (shared >= MIN_SHARED and shared >= MIN_SHARE * min(len(first), len(second)))


def _telling(text: str) -> set[str]:
    return set(stemmed_words(text))
