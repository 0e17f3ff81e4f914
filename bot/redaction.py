"""Secrets that must never reach a screen or a log: those of the settings, and whatever looks like one."""

import re

MARK = "[secret]"
SHORTEST = 3  # shorter ones would hide half of every sentence
PATTERN = re.compile(r"(xox[a-z]|xapp|xoxe|xwfp)[-.][A-Za-z0-9\-.]+|://([^:/@\s]+):[^@\s]+@")
_known: set[str] = set()


def hide(secrets: frozenset[str]) -> None:
    """Hide these texts from now on, in every log line and every error of a command."""
    _known.update(one for one in secrets if len(one) >= SHORTEST)


def redact(text: str) -> str:
    """Return the text without the secrets that are in it, the longest first."""
    for one in sorted(_known, key=len, reverse=True):
        if one in text:
            text = text.replace(one, MARK)
    return PATTERN.sub(MARK, text)
