"""Secrets that must never reach a screen or a log: those of the settings, and whatever looks like one."""

import re
from functools import lru_cache

MARK = "[secret]"
SHORTEST = 3  # shorter ones would hide half of every sentence
PATTERN = re.compile(r"(xox[a-z]|xapp|xoxe|xwfp)[-.][A-Za-z0-9\-.]+|://([^:/@\s]+):[^@\s]+@")
_known: set[str] = set()


def hide(secrets: frozenset[str]) -> None:
    """Hide these texts from now on, in every log line and every error of a command."""
    _known.update(one for one in secrets if len(one) >= SHORTEST)


def redact(text: str) -> str:
    """Return the text without the secrets that are in it, the longest first."""
    if _known:
        text = _any_of(frozenset(_known)).sub(MARK, text)
    return PATTERN.sub(MARK, text)


@lru_cache(1)
def _any_of(secrets: frozenset[str]) -> re.Pattern[str]:
    """Find all of them in one go, as one of them may be a word of the mark."""
    return re.compile("|".join(map(re.escape, sorted(secrets, key=len, reverse=True))))
