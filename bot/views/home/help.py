"""The menu behind `/hypercare` and the help behind every verb."""

from typing import Any

from bot.views.text import Block, actions, button, escape, message, section
from domain.spelling import nearest

VERBS: dict[str, tuple[str, str]] = {
    "report": ("report [what is wrong]", "opens the form; your words become the summary"),
    "mine": ("mine", "your tickets and where they stand"),
    "list": (
        "list [open critical mine module:checkout older:2d]",
        "what fits, by priority; docs/use.md has every word",
    ),
    "find": ("find payslip blank", "tickets with these words, open and closed, the best first"),
    "known": ("known", "what is known and how many it concerns; one click counts you in"),
    "bulk": ("bulk open module:checkout", "for leads: changes all of them at once, with one message to the team"),
    "show": ("show PAY-42", "everything about a ticket"),
    "metoo": ("metoo PAY-42", "you are affected too, and hear how it goes on"),
    "ack": ("ack PAY-42", "acknowledges it; you are looking at it"),
    "escalate": ("escalate PAY-42", "calls the people on call, with your reason"),
    "take": ("take PAY-42", "makes it yours"),
    "reply": ("reply PAY-42", "writes to the reporter, or to everybody whom it concerns"),
    "promise": ("promise PAY-42", "names the day of a fix or of news; you are asked a day before whether it holds"),
    "follow": ("follow PAY-42 [all | changes | resolution | mute]", "how much you hear of it"),
    "unfollow": ("unfollow PAY-42", "you hear nothing of it any more"),
    "resolve": ("resolve PAY-42", "asks what was done and tells the reporter"),
    "reopen": ("reopen PAY-42", "opens it again, with the reason"),
    "withdraw": ("withdraw PAY-42", "takes your own report back"),
    "assign": ("assign PAY-42", "gives it to somebody"),
    "status": ("status [PAY-42]", "investigating or fixing; alone, for leads, how the desk itself is"),
    "defer": ("defer PAY-42", "puts it off, with a reason and a date"),
    "merge": ("merge PAY-42 PAY-17", "the first is followed up in the second; `unmerge PAY-42` takes it out again"),
    "unmerge": ("unmerge PAY-42", "takes a merged ticket out again"),
    "pulse": (
        "pulse [results | now | preview | new | privacy] [name]",
        "how users feel; short surveys and what came of them",
    ),
    "oncall": ("oncall [2026-12-24 18:00 | swap | override | feed | test]", "who is on call; shifts that change hands"),
    "digest": (
        "digest [preview | now] [daily]",
        "how things stand, as everybody reads it in the morning; `digest link 7` is for people outside of Slack",
    ),
    "metrics": (
        "metrics [severity | module | type | process | group] [7d | all]",
        "how long things take and what was promised; `metrics uptime 99.93` says what is known from elsewhere",
    ),
    "trends": ("trends", "for the team: what comes again, where it gathers, who is silent, what it follows"),
    "event": ("event deployment Release 4.2 [at 2026-11-24 18:00]", "marks what happened to the system, for trends"),
    "note": ("note [PAY]", "for leads: the draft of “you said, we did”, which you read before anybody else"),
    "thanks": ("thanks everybody in hall 2", "a word of thanks in the next digest"),
    "pitfalls": ("pitfalls [PAY]", "for leads: five ways in which feedback is undermined, and what offends now"),
    "setup": ("setup [PAY | new]", "makes a phase, or changes it"),
    "help": ("help [verb]", "this text, or more about one verb"),
}


def menu() -> dict[str, Any]:
    """What `/hypercare` alone answers."""
    text = "What would you like to do?"
    buttons = actions(button("Report a problem", "report", style="primary"), button("My reports", "mine"),
                      button("Open tickets", "list"))  # fmt: skip
    return {"text": text, "blocks": [section(text), buttons, section("`/hypercare help` lists everything else.")]}


def help_text(verb: str = "") -> dict[str, Any]:
    """Usage of one verb, or of all."""
    if verb in VERBS:
        usage, meaning = VERBS[verb]
        return _plain(f"`/hypercare {usage}`: {meaning}.")
    if verb:
        return unknown(verb)
    lines = [f"`/hypercare {usage}`: {meaning}" for usage, meaning in VERBS.values()]
    more = (
        "You can also use *Report to hypercare* on any message, or mention me with what is wrong. "
        "In a ticket's thread a responder's first reply or :eyes: acknowledges it; a line that starts with `>>` "
        "goes to the reporter."
    )
    return _plain("\n".join(lines), more)


def unknown(verb: str) -> dict[str, Any]:
    """The nearest verb and its usage."""
    guess = nearest(verb, VERBS)
    if guess is None:
        return _plain(f"I do not know “{escape(verb[:40])}”. `/hypercare help` lists what I do.")
    usage, meaning = VERBS[guess]
    return _plain(f"I do not know “{escape(verb[:40])}”. Did you mean `/hypercare {usage}`: {meaning}?")


def _plain(*texts: str) -> dict[str, Any]:
    blocks: list[Block] = [section(t) for t in texts]
    return {k: v for k, v in message(" ".join(texts), blocks).items() if k in ("text", "blocks")}
