"""How much people hear: the messages of each scenario beside the facts there were to tell."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.rows import Row
from bot.context import AppContext
from bot.database import open_store
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.errors import Refused
from domain.tickets.ticket import Intake, Report, Severity
from tests.conftest import Clock
from tests.support.actions import ACTIONS, MARIA, PHASE, RAVI, fires, newest, told_to

SCENARIOS = {
    "a report that is resolved and confirmed": ("acknowledge", "investigate", "fix", "resolve", "confirm"),
    "questions and answers": ("acknowledge", "ask", "answer", "reply", "resolve", "confirm"),
    "two affected": ("me too", "acknowledge", "fix", "tell all", "resolve", "cannot check", "tom confirms"),
    "a fix that did not help": ("acknowledge", "resolve", "reopen", "fix", "resolve", "confirm"),
    "silence after a fix": ("me too", "acknowledge", "resolve", "a week", "a week"),
    "silence after a question": ("acknowledge", "ask", "a week", "a week"),
    "a promise that is kept": ("promise", "a day", "resolve", "confirm"),
    "a promise that is renewed": ("me too", "promise", "renew", "a day", "resolve", "confirm"),
    "a promise that is broken": ("me too", "promise", "a day", "a week"),
    "deferred to a day": ("me too", "defer", "a week", "fix", "resolve", "confirm"),
    "deferred without a day": ("defer for good", "a week", "a week", "a week"),
    "merged and taken out again": ("me too", "acknowledge", "merge", "unmerge", "resolve", "confirm"),
    "withdrawn": ("me too", "acknowledge", "withdraw"),
}  # fmt: skip


@dataclass
class Heard:
    """Of one scenario: facts in the log, messages to people, most to one person for one fact, and those without any."""

    facts: int = 0
    messages: int = 0
    most: int = 0
    empty: int = 0
    people: int = 0


def measure(folder: Path) -> list[Row]:
    rows = []
    for number, (name, actions) in enumerate(SCENARIOS.items()):
        heard = _play(folder / f"noise{number}.db", actions)
        detail = f"{heard.messages} messages to {heard.people} people, {heard.facts} facts"
        rows.append(Row(goal="noise", what=f"{name}: most for one person and event", measured=heard.most, limit=1,
                        detail=detail, why="an event is told in two ways"))  # fmt: skip
        rows.append(Row(goal="noise", what=f"{name}: messages without a fact", measured=heard.empty, limit=0,
                        detail="", why="something was said of which the log knows nothing"))  # fmt: skip
    return rows


def _play(database: Path, actions: tuple[str, ...]) -> Heard:
    """One scenario on a database of its own."""
    clock, store = Clock(), open_store(f"sqlite:///{database}")
    app, heard, people = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00"), Heard(), set[str]()
    try:
        phases.apply_settings(app, PHASE)
        ticket, other = (intake.open_ticket(app, Report(summary=words, severity=Severity.MEDIUM), person=person,
                                            intake=Intake.COMMAND)
                         for words, person in (("Slow page", MARIA), ("Dark terminal", RAVI)))  # fmt: skip
        people |= _count(app, heard, 0, 0, ticket.id)
        for action in actions:
            before, facts = newest(app), _facts(app, ticket.id)
            try:
                ACTIONS[action](app, ticket.id, other.id)
            except Refused as no:
                raise AssertionError(f"{action}: {no.text}") from no
            people |= _count(app, heard, before, facts, ticket.id)
            before, facts = newest(app), _facts(app, ticket.id)
            fires(app, ticket.id)
            people |= _count(app, heard, before, facts, ticket.id, whole=False)
    finally:
        store.close()
    heard.people = len(people)
    return heard


def _count(app: AppContext, heard: Heard, before: int, facts: int, ticket_id: int, *, whole: bool = True) -> set[str]:
    """What was said after that message; what came by the clock is several events, each checked as it came."""
    told: Counter[str] = +told_to(app, before, ticket_id)
    new = _facts(app, ticket_id) - facts
    heard.facts += new
    heard.messages += told.total()
    heard.most = max(heard.most, max(told.values(), default=0) if whole else min(told.total(), 1))
    heard.empty += told.total() if not new else 0
    return {*told}


def _facts(app: AppContext, ticket_id: int) -> int:
    with app.store.read() as tx:
        return len(tx.tickets.list_events(ticket_id))
