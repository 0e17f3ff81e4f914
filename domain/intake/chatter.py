"""Small talk: messages in a channel that are no reports, and replies that accept, decline or say it is still broken."""

import re

from domain.typed import marked, plain

OPT_OUT = "//"  # in front of a message that is not meant as a report
SMALL_TALK = """
hi hello hey morning afternoon evening moin hallo welcome bye ciao thanks thank thx ty cheers great perfect nice good ok
okay yes no yep nope sure super cool lol done same you all everyone everybody team again so much very well lot a the for
your to me too that is it was guten morgen tag danke merci tack hej
"""
SMALL_TALK_WORDS = frozenset(SMALL_TALK.split())
WORDS = re.compile(r"[^\W\d_]+")
EMOJI = re.compile(r":[a-z0-9_+'-]+:")
MIN_REPORT_LENGTH = 8  # characters of something that can be a report

ACCEPTS = frozenset({"mine", "ack", "acknowledged", "acknowledge", "on it", "i'm on it", "got it", "i have it",
                 "i've got it", "looking", "taking it", "i take it", "i'll take it"})  # fmt: skip
DECLINES = frozenset({"can't take it", "i can't take it", "not me", "pass", "cannot", "can't", "i cannot", "i can't",
                      "not now", "no"})  # fmt: skip

# What people write when a resolved problem is still there (English).
STILL_BROKEN = re.compile(
    r"\b(?:still|again|yet|another)\b.{0,40}\b(?:broken|fails?|failing|failed|wrong|down|slow|empty|blank|missing|error|"
    r"stuck|happen\w*|same|not|cannot|can't|doesn't|don't|won't|crash\w*|hangs?)\b|"
    r"\b(?:same|that) (?:error|problem|issue|thing|fault)\b|\bnot (?:fixed|working|solved|resolved|better)\b|"
    r"\b(?:does|do|did|is|are|was|has|have)(?:n't| not) (?:work|help|fix|go|gone|changed?|better|solved|fixed)\w*\b|"
    r"\b(?:it|this|that|problem|error|issue|fault|bug)(?:'s| is| came| comes| has come) back\b|"
    r"\bhappen(?:s|ed|ing)? again\b|"
    r"\b(?:broken|fails|failed|crashe[sd]) (?:again|as before)\b|\bstill (?:broken|the same|there|nothing)\b|"
    r"\bno (?:change|difference|better)\b", re.IGNORECASE,
)  # fmt: skip


def says_still_broken(text: str) -> bool:
    """Whether a message says that a resolved problem is still there."""
    return STILL_BROKEN.search(plain(text)) is not None and not is_chatter(text)


def is_chatter(text: str) -> bool:
    """Whether a message is only thanks, a greeting, an emoji or one word."""
    words = WORDS.findall(EMOJI.sub(" ", text).casefold())
    return len(" ".join(words)) < MIN_REPORT_LENGTH or all(word in SMALL_TALK_WORDS for word in words)


def is_report(text: str) -> bool:
    return not marked(text).startswith(OPT_OUT) and not is_chatter(text)


def accepts(text: str) -> bool:
    """Whether a paged person accepts."""
    return _bare(text) in ACCEPTS


def declines(text: str) -> bool:
    """Whether a paged person can't take it."""
    return _bare(text) in DECLINES


def _bare(text: str) -> str:
    return " ".join(re.sub(r"[^\w' ]", " ", plain(text).lower()).split())
