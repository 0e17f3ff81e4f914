"""The menu of `/hypercare`, and the help for every command."""

from typing import Any

from bot.views.text import Block, actions, button, escape, message, section
from domain.spelling import nearest

VERBS: dict[str, tuple[str, str]] = {
    "report": ("report [what is wrong]", "opens the report form, with your words as the summary"),
    "mine": ("mine", "lists your reports and their status"),
    "list": (
        "list [open critical mine module:checkout older:2d]",
        "lists tickets by priority, filtered by any of these words",
    ),
    "find": ("find payslip blank", "searches open and closed tickets for these words"),
    "known": ("known", "lists known issues and how many people are affected"),
    "bulk": ("bulk open module:checkout", "changes all tickets of a list at once (leads)"),
    "show": ("show PAY-42", "shows everything about a ticket"),
    "metoo": ("metoo PAY-42", "says you're affected too, so you get its updates"),
    "ack": ("ack PAY-42", "acknowledges a ticket and makes you its owner"),
    "escalate": ("escalate PAY-42", "pages the people on call, with your reason"),
    "take": ("take PAY-42", "assigns a ticket to you"),
    "reply": ("reply PAY-42", "writes to the reporter or to all followers"),
    "promise": ("promise PAY-42", "promises a date for a fix or an update"),
    "follow": ("follow PAY-42 [all | changes | resolution | mute]", "chooses which updates of a ticket you get"),
    "unfollow": ("unfollow PAY-42", "stops all messages to you about a ticket"),
    "resolve": ("resolve PAY-42", "asks what was done and tells the reporter"),
    "reopen": ("reopen PAY-42", "reopens a ticket, with your reason"),
    "withdraw": ("withdraw PAY-42", "withdraws your own report"),
    "assign": ("assign PAY-42", "assigns a ticket to someone (leads)"),
    "status": (
        "status [PAY-42]",
        "sets a ticket to investigating or fixing, or shows the health of Hypercare (leads)",
    ),
    "defer": ("defer PAY-42", "defers a ticket, with a reason and a date (leads)"),
    "merge": ("merge PAY-42 PAY-17", "merges the first ticket into the second (leads)"),
    "unmerge": ("unmerge PAY-42", "separates a merged ticket again (leads)"),
    "pulse": ("pulse [results | now | preview | new | privacy] [name]", "shows, starts or sets up pulse surveys"),
    "oncall": (
        "oncall [2026-12-24 18:00 | swap | override | feed | test]",
        "shows who is on call, now or then, and changes shifts",
    ),
    "digest": (
        "digest [preview | now | link 7] [daily]",
        "shows the digest, sends it now, or makes a report link that works for 7 days",
    ),
    "metrics": (
        "metrics [severity | module | type | process | group] [7d | all]",
        "shows response times and SLA results; `metrics uptime 99.93` records a value from elsewhere",
    ),
    "trends": ("trends", "shows recurring issues, hotspots and quiet groups (team)"),
    "event": (
        "event deployment Release 4.2 [at 2026-11-24 18:00]",
        "marks a deployment or another event, so trends can be compared with it",
    ),
    "note": ("note [PAY]", "opens the draft of the weekly note to reporters (leads)"),
    "thanks": ("thanks everyone in hall 2", "adds your thanks to the next digest"),
    "pitfalls": ("pitfalls [PAY]", "checks the phase for five common feedback mistakes (leads)"),
    "signals": (
        "signals [PAY] [add | rotate | revoke | test alertmanager]",
        "shows and opens doors for alerts of monitoring systems (leads)",
    ),
    "setup": ("setup [PAY | new]", "creates or changes a phase (leads and admins)"),
    "help": ("help [verb]", "shows this list, or more about one command"),
}


def menu() -> dict[str, Any]:
    """The answer to `/hypercare` without a command."""
    text = "What would you like to do?"
    buttons = actions(button("Report problem", "report", style="primary"), button("My reports", "mine"),
                      button("Open tickets", "list"))  # fmt: skip
    return {"text": text, "blocks": [section(text), buttons, section("`/hypercare help` lists all commands.")]}


def help_text(verb: str = "") -> dict[str, Any]:
    """How to use one command, or all of them."""
    if verb in VERBS:
        usage, meaning = VERBS[verb]
        return _plain(f"`/hypercare {usage}`: {meaning}.")
    if verb:
        return unknown(verb)
    lines = [f"`/hypercare {usage}`: {meaning}" for usage, meaning in VERBS.values()]
    more = (
        "You can also use *Report to hypercare* on any message, or mention me and say what is wrong. "
        "In a ticket's thread, a responder's first reply or :eyes: acknowledges the ticket. "
        "A line that starts with `>>` goes to the reporter."
    )
    return _plain("\n".join(lines), more)


def unknown(verb: str) -> dict[str, Any]:
    """The answer to an unknown command: the nearest one, and how to use it."""
    guess = nearest(verb, VERBS)
    if guess is None:
        return _plain(f"I don't know “{escape(verb[:40])}”. `/hypercare help` lists all commands.")
    usage, meaning = VERBS[guess]
    return _plain(f"I don't know “{escape(verb[:40])}”. Did you mean `/hypercare {usage}`: {meaning}?")


def _plain(*texts: str) -> dict[str, Any]:
    blocks: list[Block] = [section(t) for t in texts]
    return {k: v for k, v in message(" ".join(texts), blocks).items() if k in ("text", "blocks")}
