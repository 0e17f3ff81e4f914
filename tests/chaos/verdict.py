"""The verdict: compares the database with the messages in the sandbox and the answers people got."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import func, literal, select

from connectors.jira.fake import FakeJira
from connectors.mail.fake import FakeMailbox
from connectors.teams.fake_chat import FakeTeamsChats
from domain.address import is_mail, is_outside, is_teams
from domain.delivery.message import MessageState
from domain.mail.tags import message_id
from domain.text import LINK_OPEN
from sandbox.model import Message
from sandbox.timeline import micros
from sandbox.world import World
from storage.delivery.tables import lanes, messages
from storage.gateways.tables import gateway_names, gateway_slots
from storage.operations.tables import timer_runs, timers
from storage.store import Store
from storage.tickets.tables import tickets
from tests.chaos import CHAOS
from tests.chaos.crowd import Told
from tests.chaos.machines import ADDRESS, LINES

SHOWN = 20
SAID = re.compile(r"Jira says \d+")
OUTCOMES = ("ok", "auth_failed", "limited", "unreachable", "failed", "refused")


@dataclass
class Verdict:
    """What went wrong, by name; a name without anything in it went well."""

    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    tickets: int = 0
    messages: int = 0
    timers: int = 0
    issues: int = 0
    comments: int = 0
    mails: int = 0
    teams: int = 0
    lines: int = 0

    def counts(self, *names: str) -> int:
        return sum(len(self.wrong.get(name, ())) for name in names)

    @property
    def ok(self) -> bool:
        return not any(self.wrong.values())

    def details(self) -> str:
        return "\n".join(
            "\n  ".join([f"{name} ({len(found)}):", *found[:SHOWN]]) for name, found in self.wrong.items() if found
        )


def judge(store: Store, world: World, told: Told, keys: list[str], at_rest: datetime | None = None) -> Verdict:
    """Everything has to be quiet; what a clock has written since it was `at_rest` may wait for the next start."""
    found, rows = Verdict(), _rows(store)
    with store.read() as tx:
        summaries = Counter(tx.connection.scalars(select(tickets.c.summary)))
        query = select(timers.c.key, timers.c.next_at, timer_runs.c.state).outerjoin(
            timer_runs, timer_runs.c.timer_id == timers.c.id
        )
        done = [tuple(row) for row in tx.connection.execute(query.where(timers.c.kind == CHAOS))]
    _tickets(found, summaries, told)
    _judge_messages(found, rows, _said(world), at_rest)
    _order(found, rows)
    _updates(found, rows, world)
    _timers(found, keys, done, world)
    return found


def _rows(store: Store) -> list[dict[str, Any]]:
    """Return all messages with their lanes; `to` is who or what they are to."""
    lane = (lanes.c.name.label("lane"), lanes.c.dead, lanes.c.channel.label("to"), lanes.c.ticket_id)
    query = select(*messages.c, *lane).join(lanes, lanes.c.id == messages.c.lane_id)
    with store.read() as tx:
        return [dict(row) for row in tx.connection.execute(query.order_by(messages.c.id)).mappings()]


def judge_others(found: Verdict, store: Store, world: World, told: Told, jira: FakeJira) -> None:
    """Judge what concerns other systems: an issue for each alert's ticket, comments from there, and lines of logs."""
    with store.read() as tx:
        names = select(tickets.c.number, tickets.c.summary).where(tickets.c.summary.like("Alert %"))
        alerts = {f"hypercare-PAY-{row.number}": row.summary for row in tx.connection.execute(names)}
        total = sum((gateway_slots.c[name] for name in OUTCOMES), start=literal(0))
        of_endpoints = select(func.sum(total)).join(gateway_names, gateway_names.c.id == gateway_slots.c.name_id)
        lines = tx.connection.scalar(of_endpoints.where(gateway_names.c.by == "endpoint")) or 0
    labels = Counter(label for issue in jira.issues.values() for label in issue.fields["labels"])
    found.issues = sum(labels[label] == 1 for label in alerts)
    found.wrong["issues lost"] += [f"{label} of {alerts[label]}" for label in alerts if not labels[label]]
    found.wrong["issues doubled"] += [f"{label}: {n} issues" for label, n in labels.items() if n > 1]
    heard = _heard(world, told)
    found.comments = sum(heard[text] == 1 for text in told.comments)
    found.wrong["comments lost"] += [text for text in told.comments if not heard[text]]
    found.wrong["comments doubled"] += [f"{text}: {heard[text]}" for text in told.comments if heard[text] > 1]
    found.lines = lines
    unsure = sum(LINES for what in told.unknown if what.startswith("lines "))
    if lines < told.lines:
        found.wrong["lines lost"].append(f"{told.lines - lines} of {told.lines}")
    if lines > told.lines + unsure:
        found.wrong["lines doubled"].append(f"{lines - told.lines} more than {told.lines}")


def judge_people_outside(
    found: Verdict, store: Store, secret: bytes, told: Told, mailbox: FakeMailbox, chats: FakeTeamsChats
) -> None:
    """Judge what people without Slack got: each message once, and another time only where its answer may be lost.

    A mail that comes again has the same Message-ID. In Teams nothing names a message, so its chat is counted.
    """
    sent = [row for row in _rows(store) if row["verb"] == "post" and row["state"] == MessageState.SENT]
    host = ADDRESS.partition("@")[2]
    received = Counter(str(one["Message-ID"]) for one in mailbox.sink.received)
    for row in (one for one in sent if is_mail(one["to"])):
        copies = received.pop(message_id(secret, row["ticket_id"], str(row["id"]), host), 0)
        found.mails += copies > 0
        if copies != 1 and not (copies and row["uncertain"]):
            found.wrong["mails doubled" if copies else "mails lost"].append(f"{copies} copies of {_words(row)}")
    found.wrong["mails doubled"] += [f"{name} is of no message" for name in received]
    of_person = defaultdict(list)
    for row in (one for one in sent if is_teams(one["to"])):
        of_person[row["to"]].append(row)
    with store.read() as tx:
        known = {id_: tx.teams_people.find_person(id_) for id_ in of_person}
    accounts = {person.account: of_person[id_] for id_, person in known.items() if person}
    for account in told.in_teams:
        rows, read = accounts.get(account, []), len(chats.people[account].read)
        found.teams += min(read, len(rows))
        if not rows or read < len(rows):
            found.wrong["Teams messages lost"].append(f"{account} reads {read} of {len(rows)}")
        elif read > len(rows) and not any(row["uncertain"] for row in rows):
            found.wrong["Teams messages doubled"].append(f"{account} reads {read} of {len(rows)}")


def unheard(world: World, told: Told) -> str:
    """Say how many comments from Jira have not come; nothing when all have."""
    heard = _heard(world, told)
    missing = [text for text in told.comments if not heard[text]]
    return f"{len(missing)} comments from Jira" if missing else ""


def _heard(world: World, told: Told) -> Counter[str]:
    """Count the messages that hold each comment, which ends where its number does."""
    known, found = {*told.comments}, Counter[str]()
    for message in _messages(world):
        found.update(known & {one[0] for one in SAID.finditer(f"{message.text} {message.blocks}")})
    return found


def unfinished(store: Store, keys: int) -> str:
    """What is still to be done, in words; nothing when all is quiet."""
    with store.read() as tx:
        counts = tx.message_archive.count_by_state()
        pending = select(timers.c.key).where(timers.c.kind == CHAOS, timers.c.next_at.is_not(None))
        late = len(list(tx.connection.scalars(pending)))
        there = len(list(tx.connection.scalars(select(timers.c.key).where(timers.c.kind == CHAOS))))
    waiting, sending = counts.get("waiting", 0), counts.get("sending", 0)
    still = (waiting, sending, late, keys - there)
    return "{} waiting, {} on the wire, {} timers due, {} not written".format(*still) if any(still) else ""


def _tickets(found: Verdict, summaries: Counter[str], told: Told) -> None:
    found.tickets = sum(summaries.values())
    found.wrong["reports lost"] += [one for one in told.closed if not summaries[one]]
    sent = {one: max(1, len(told.forms.get(one, ()))) for one in summaries}
    found.wrong["tickets doubled"] += [f"{one}: {n} tickets of {sent[one]} forms" for one, n in summaries.items()
                                       if n > sent[one]]  # fmt: skip
    found.wrong["tickets without a report"] += sorted(set(summaries) - set(told.closed) - set(told.unknown))
    # Every request succeeds in the end, if people keep retrying.
    found.wrong["reports given up"] += [f"{one}: {answer}" for one, answer in told.unknown.items()]


def _said(world: World) -> dict[int, list[Message]]:
    """Return the messages by outbox id."""
    said: dict[int, list[Message]] = defaultdict(list)
    for message in _messages(world):
        queued = ((message.metadata or {}).get("event_payload") or {}).get("message")
        if queued is not None:
            said[queued].append(message)
    return said


def _messages(world: World) -> list[Message]:
    return [message for channel in world.workspace.channels.values() for message in channel.messages.values()]


def _judge_messages(
    found: Verdict, rows: list[dict[str, Any]], said: dict[int, list[Message]], at_rest: datetime | None
) -> None:
    posts = {row["id"]: row for row in rows if row["verb"] == "post" and not is_outside(row["to"])}
    found.messages = sum(len(said.get(number, ())) == 1 for number in posts)
    for number, row in posts.items():
        there = said.get(number, [])
        if row["state"] == MessageState.SENT and not there:
            found.wrong["messages lost"].append(_words(row))
        if len(there) > 1:
            found.wrong["messages doubled"].append(f"{_words(row)}: {[m.ts for m in there]}")
        if there and row["ts"] not in [m.ts for m in there]:
            found.wrong["messages misplaced"].append(f"{_words(row)}: stands at {[m.ts for m in there]}")
    found.wrong["messages unknown"] += [f"message {n}" for n in said if n not in posts]
    due = (row for row in rows if at_rest is None or row["created_at"] <= at_rest)
    found.wrong["messages unsent"] += [_words(row) for row in due if row["state"] != MessageState.SENT]


def _order(found: Verdict, rows: list[dict[str, Any]]) -> None:
    """Judge only what is in Slack; a lane that was started anew elsewhere is left out."""
    by_lane: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["verb"] == "post" and row["ts"] and not is_outside(row["to"]):
            by_lane[row["lane"]].append(row)
    for sent in by_lane.values():
        if len({row["channel"] for row in sent}) > 1:
            continue
        late = [(a, b) for a, b in pairwise(sent) if micros(a["ts"]) >= micros(b["ts"])]
        found.wrong["messages out of order"] += [f"{_words(b)} before {a['id']} at {a['ts']}" for a, b in late]


def _updates(found: Verdict, rows: list[dict[str, Any]], world: World) -> None:
    """A message says what its newest change says; one that links is left out, since its words are filled in late."""
    newest = {row["target"]: row for row in rows if row["verb"] == "update" and row["state"] == MessageState.SENT
              and not is_outside(row["to"])}  # fmt: skip
    by_id = {row["id"]: row for row in rows}
    for target, row in newest.items():
        channel = world.workspace.channels.get(by_id[target]["channel"])
        message = channel.messages.get(by_id[target]["ts"]) if channel else None
        wanted = row["payload"].get("text", "")
        if LINK_OPEN not in wanted and (not message or message.text != wanted):
            found.wrong["messages stale"].append(f"{_words(row)}, target {target}")


def _timers(found: Verdict, keys: list[str], done: list[tuple[Any, ...]], world: World) -> None:
    by_key: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for key, next_at, state in done:
        by_key[key].append((next_at, state))
    texts = Counter(message.text for message in _messages(world) if message.text.startswith("timer "))
    for key in keys:
        found.timers += by_key[key] == [(None, "done")]
        if by_key[key] != [(None, "done")]:
            found.wrong["timers without one run"].append(f"{key}: {by_key[key]}")
        heard = texts[f"timer {key}"]
        if heard != 1:
            found.wrong["timers heard twice" if heard else "timers unheard"].append(f"{key}: {heard} messages")


def _words(row: dict[str, Any]) -> str:
    error = f" ({row['error']})" if row["error"] else ""
    where = f"of lane {row['lane']} in {row['channel']}"
    return f"message {row['id']} {row['verb']} {where}, {row['state']}{error}, {row['ts']}"
