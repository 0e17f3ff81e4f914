"""Small talk: messages in a channel that are no reports, and replies that accept, decline or say it is still broken."""

import re

from domain import typed
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
READING_VERBS = frozenset({"help", "mine", "list", "known", "oncall"})
LIST_WORDS = frozenset({"list", "open", "mine", "critical", "high", "medium", "low"})
SHOWN_TICKET = re.compile(r"(?:show )?([a-z][a-z0-9]{1,9}[ -]?\d{1,9})")
ASKED = {
    "oncall": re.compile(r"who(?:'s| is|s)? (?:currently )?on[ -]?(?:call|duty)(?: now| today| tonight)?"),
    "mine": re.compile(r"(?:show |what about |where are )?my (?:tickets|reports)"),
    "known": re.compile(r"(?:show |what are the )?known issues"),
    "help": re.compile(r"(?:what can you do|how does this work|how do you work)"),
}
QUESTION = re.compile(
    r"(?:who|whom|whose|what|when|where|which|why|how|is|are|do|does|did|can|could|will|would|should|may|any|has|have)\b",
    re.IGNORECASE,
)
MAX_QUESTION_WORDS = 5  # a longer one says enough to be answered
THANKS = frozenset({"thanks", "thank", "thx", "ty", "cheers", "danke", "merci", "tack"})

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


def asked_verb(text: str) -> tuple[str, str] | None:
    """Return the command that a message to the bot asks for, and what follows it; None for anything else.

    Only commands that read, and only where the message is nothing else: "list of employees is empty" is a report.
    """
    words = re.sub(r"[^\w'\s-]", " ", typed.plain(text).casefold()).split()
    said = " ".join(words)
    if words and (said in READING_VERBS or (words[0] == "list" and LIST_WORDS.issuperset(words[1:]))):
        return words[0], " ".join(words[1:])
    if found := SHOWN_TICKET.fullmatch(said):
        return "show", found[1]
    return next(((verb, "") for verb, pattern in ASKED.items() if pattern.fullmatch(said)), None)


def is_question(text: str) -> bool:
    """Whether a message only asks something in a few words, so that it may be no report."""
    asks = text.rstrip().endswith("?") and QUESTION.match(text.strip()) is not None
    return asks and len(text.split()) <= MAX_QUESTION_WORDS


def is_thanks(text: str) -> bool:
    return is_chatter(text) and bool(THANKS.intersection(WORDS.findall(text.casefold())))


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
