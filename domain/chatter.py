"""Chatter: what people write in a channel that is no report, and what says that it is none."""

import re

OPT_OUT = "//"  # in front of a message that is not meant as a report
POLITE = """
hi hello hey morning afternoon evening moin hallo welcome bye ciao thanks thank thx ty cheers great perfect nice good ok
okay yes no yep nope sure super cool lol done same you all everyone everybody team again so much very well lot a the for
your to me too that is it was guten morgen tag danke merci tack hej
"""
GREETINGS = frozenset(POLITE.split())
WORDS = re.compile(r"[^\W\d_]+")
EMOJI = re.compile(r":[a-z0-9_+'-]+:")
SHORTEST = 8  # characters of something that can be a report

YES = frozenset({"mine", "ack", "acknowledged", "acknowledge", "on it", "i'm on it", "got it", "i have it",
                 "i've got it", "looking", "taking it", "i take it", "i'll take it"})  # fmt: skip
NO = frozenset({"not me", "pass", "cannot", "can't", "i cannot", "i can't", "not now", "no"})


def is_chatter(text: str) -> bool:
    """Thanks, greetings, a smile, an answer of one word: nothing that anybody would have to look into."""
    words = WORDS.findall(EMOJI.sub(" ", text).casefold())
    return len(" ".join(words)) < SHORTEST or all(word in GREETINGS for word in words)


def is_report(text: str) -> bool:
    return not text.startswith(OPT_OUT) and not is_chatter(text)


def said_yes(text: str) -> bool:
    """Whether somebody who was called takes it."""
    return _bare(text) in YES


def said_no(text: str) -> bool:
    """Whether somebody who was called cannot take it."""
    return _bare(text) in NO


def _bare(text: str) -> str:
    return " ".join(re.sub(r"[^\w' ]", " ", text.lower().replace("\u2019", "'")).split())
