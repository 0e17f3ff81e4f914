"""The menu of `/hypercare`, and the help for every command."""

from collections.abc import Iterable
from typing import Any

from bot.views.text import Block, actions, answer, button, context, escape, header, section
from domain.spelling import nearest

VERBS: dict[str, tuple[str, str]] = {
    "report": ("report [what is wrong]", "opens the report form, with your words as the summary"),
    "form": ("form [PAY] [90]", "makes a link and a QR code for reports by people without a Slack account (leads)"),
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
    "issue": ("issue PAY-42 [OPS-7]", "makes an issue in the tracker for a ticket, or links one"),
    "ack": ("ack PAY-42", "acknowledges a ticket and makes you its owner"),
    "escalate": ("escalate PAY-42", "pages the people on call, with your reason"),
    "take": ("take PAY-42", "assigns a ticket to you"),
    "reply": ("reply PAY-42", "writes to the reporter or to all followers"),
    "promise": ("promise PAY-42", "promises a date for a fix or an update"),
    "follow": ("follow PAY-42 [all | changes | resolution | mute]", "chooses which updates on a ticket you get"),
    "unfollow": ("unfollow PAY-42", "stops all messages to you about a ticket"),
    "resolve": ("resolve PAY-42", "asks what was done and tells the reporter"),
    "reopen": ("reopen PAY-42", "reopens a ticket, with your reason"),
    "withdraw": ("withdraw PAY-42", "withdraws your own report"),
    "close": ("close PAY-42", "closes a ticket that needs no fix, with a reason (leads)"),
    "assign": ("assign PAY-42", "assigns a ticket to someone (leads)"),
    "status": (
        "status [PAY-42]",
        "sets a ticket to investigating or fixing, or shows the health of Hypercare (leads)",
    ),
    "defer": ("defer PAY-42", "defers a ticket, with a reason and a date (leads)"),
    "merge": ("merge PAY-42 PAY-17", "merges the first ticket into the second (leads)"),
    "unmerge": ("unmerge PAY-42", "separates a merged ticket again (leads)"),
    "pulse": (
        "pulse [results | now | preview | new | edit | privacy] [name]",
        "shows, starts, sets up or changes pulse surveys",
    ),
    "oncall": (
        "oncall [2026-12-24 18:00 | swap | override | feed | test]",
        "shows who is on call, now or then, and changes shifts",
    ),
    "digest": (
        "digest [preview | now | link 7 | wallboard 30] [daily]",
        "shows the digest, sends it now, or makes a link to the report or to a wallboard that works for so many days",
    ),
    "metrics": (
        "metrics [severity | module | type | process | group] [7d | all]",
        "shows response times and SLA results; `metrics uptime 99.93` records a value from elsewhere",
    ),
    "trends": (
        "trends [performance]",
        "shows recurring issues, hotspots and quiet groups, or when reports of one type come in (team)",
    ),
    "exit": ("exit [PAY]", "shows whether a phase can end: gates, score, first runs and forecast"),
    "postmortem": (
        "postmortem [PAY]",
        "shows the post-mortem of a phase, also after its end (team)",
    ),
    "articles": ("articles [words]", "shows the articles of the knowledge base, or those about these words"),
    "article": ("article PAY-42", "writes an article from a ticket, for another person to review (team)"),
    "event": (
        "event deployment Release 4.2 [at 2026-11-24 18:00]",
        "marks a deployment or another event, so trends can be compared with it",
    ),
    "actions": ("actions [PAY] [mine | overdue]", "lists the open actions, yours, or those that are overdue"),
    "agenda": ("agenda [PAY]", "shows what the team has to talk about today (team)"),
    "warroom": (
        "warroom PAY-42",
        "opens a war room for a ticket, in a channel of its own where Slack allows it (team)",
    ),
    "decisions": ("decisions [PAY]", "lists open decisions and those made: by whom, why and how fast"),
    "problems": ("problems [PAY]", "lists what tickets have in common, with the causes found so far"),
    "workarounds": (
        "workarounds [PAY]",
        "lists the workarounds people use, and when a fix is due to replace them (team)",
    ),
    "parties": (
        "parties [PAY]",
        "shows which party each ticket is with, for how long, and whether it was agreed or is a wish",
    ),
    "contacts": ("contacts [PAY]", "logs your floor walking contacts, and says where to go next"),
    "rehearse": (
        "rehearse [PAY]",
        "runs a dress rehearsal before the go-live, and says what wouldn't work (leads)",
    ),
    "sessions": (
        "sessions [PAY]",
        "plans focus groups, one-on-ones and workshops, and turns their notes into tickets (team)",
    ),
    "rules": ("rules [PAY]", "lists the automation rules with their limits and log, and tries them out (team)"),
    "note": ("note [PAY]", "opens the draft of the weekly note to reporters (leads)"),
    "thanks": ("thanks everyone in hall 2", "adds your thanks to the next digest"),
    "pitfalls": ("pitfalls [PAY]", "checks the phase for five common feedback mistakes (leads)"),
    "signals": (
        "signals [PAY] [add | rotate | revoke | test alertmanager]",
        "shows and adds integrations, the addresses where monitoring systems send alerts (leads)",
    ),
    "api": ("api [PAY] [1h | 6h | 24h | audit]", "shows traffic of the API gateway, and gaps of API governance (team)"),
    "ai": ("ai [PAY] [24h | 7d | 28d]", "shows calls, cost and prompts of the AI gateway (team)"),
    "phase": ("phase [PAY]", "shows what is set up for a phase, and changes, starts or ends it (leads)"),
    "setup": ("setup [PAY | new]", "creates or changes a phase (leads and admins)"),
    "help": ("help [verb]", "shows the commands you need first, a topic, or one command"),
}


TOPICS = {  # name: (title, what else helps)
    "reporting": ("Reporting", "Use *Report to hypercare* on any message, or mention me and say what is wrong."),
    "working": ("Ticket work", "The first reply to a card acknowledges it. `>>` sends a line to the reporter."),
    "solving": ("Causes and plans", "*Show everything* of a ticket adds an action, a decision or a problem to it."),
    "users": ("Talking to users", "Sessions and contacts count as being heard, as reports do, and name quiet groups."),
    "leading": ("Leading", "A lead's App Home first shows what needs attention."),
    "figures": ("Figures", "Digests are posted automatically, on the schedule of the phase."),
}  # fmt: skip
TOPIC_VERBS: dict[str, tuple[str, ...]] = {
    "reporting": ("report", "mine", "show", "find", "known", "articles", "metoo", "follow", "unfollow", "withdraw",
               "reopen", "escalate", "help"),
    "working": ("list", "ack", "take", "status", "reply", "promise", "resolve", "merge", "unmerge", "article", "oncall",
                "event", "issue"),
    "solving": ("agenda", "warroom", "actions", "decisions", "problems", "workarounds", "parties", "rules"),
    "users": ("sessions", "contacts"),
    "leading": ("assign", "defer", "close", "bulk", "form", "pulse", "note", "thanks", "pitfalls", "signals",
                "rehearse", "phase", "setup"),
    "figures": ("digest", "metrics", "trends", "api", "ai", "exit", "postmortem"),
}  # fmt: skip
FIRST = ("report", "mine", "known", "metoo", "find", "help")
FIRST_FOR_TEAM = ("list", "take", "reply", "resolve", "oncall", "report")
FIRST_FOR_LEADS = ("list", "assign", "bulk", "digest", "phase", "status")


def menu() -> dict[str, Any]:
    """The answer to `/hypercare` without a command."""
    text = "What would you like to do?"
    buttons = actions(button("Report problem", "report", style="primary"), button("My reports", "mine"),
                      button("Open tickets", "list"))  # fmt: skip
    return {
        "text": text,
        "blocks": [section(text), buttons, section("`/hypercare help` shows the commands you need first.")],
    }


def help_text(asked: str = "", *, works: bool = False, leads: bool = False) -> dict[str, Any]:
    """Return how to use one command, the commands of a topic, or the six that matter first to this person.

    `works` is for the team, `leads` for its leads; everyone can read every topic.
    """
    if asked in VERBS:
        usage, meaning = VERBS[asked]
        return _plain(f"`/hypercare {usage}`: {meaning}.")
    if asked in TOPICS:
        title, hint = TOPICS[asked]
        blocks = [header(title), section(_lines(TOPIC_VERBS[asked])), context(hint), _topics(asked)]
        return answer(f"{title}: {', '.join(TOPIC_VERBS[asked])}", blocks)
    if asked:
        return unknown(asked)
    first = FIRST_FOR_LEADS if leads else FIRST_FOR_TEAM if works else FIRST
    more = "`/hypercare help` with a command or a topic says more."
    return answer(f"Hypercare: {', '.join(first)}", [section(_lines(first)), context(more), _topics()])


def _lines(verbs: Iterable[str]) -> str:
    return "\n".join("• `/hypercare {}`: {}".format(*VERBS[verb]) for verb in verbs)


def _topics(but: str = "") -> Block:
    return actions(*(button(title, f"help:{name}", name) for name, (title, _) in TOPICS.items() if name != but))


def unknown(verb: str) -> dict[str, Any]:
    """The answer to an unknown command: the nearest one, and how to use it."""
    guess = nearest(verb, VERBS)
    if guess is None:
        return _plain(f"I don't know “{escape(verb[:40])}”. `/hypercare help` shows the commands by topic.")
    usage, meaning = VERBS[guess]
    return _plain(f"I don't know “{escape(verb[:40])}”. Did you mean `/hypercare {usage}`: {meaning}?")


def _plain(*texts: str) -> dict[str, Any]:
    return answer(" ".join(texts), [section(text) for text in texts])
