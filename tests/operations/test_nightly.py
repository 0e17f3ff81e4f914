"""Nightly work: priorities decrease with time, and old tickets lose their texts and people."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.services.operations import erasure
from bot.services.tickets import cards, priority_refresh
from domain.address import ERASED_USER
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.people import Message


def nights(slack: BotWorkspace, count: int) -> None:
    for _ in range(count):
        slack.control.post("clock", advance=86400)
        eventually(lambda: done(slack), "the night's work")
        slack.quiet()


def done(slack: BotWorkspace) -> bool:
    with slack.application.store.read() as tx:
        return not tx.timers.list_overdue(slack.application.context.now())


def spoken(card: Message) -> int:
    """Count the lines in the thread, except those about targets and about a reporter who waits."""
    others = ("target", "of the time for it", "waiting for news")
    return sum(not any(words in line.words for words in others) for line in card.thread())


def priority(slack: BotWorkspace, ticket: int = 1) -> float:
    with slack.application.store.read() as tx:
        return tx.tickets.get_ticket(ticket).priority


@pytest.fixture
def only_nightly(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From then on no change of a ticket refreshes its priority, so that only the night's work does."""

    def as_stored(tx: Transaction, ticket: Ticket, _phase: object, _at: object) -> Ticket:
        return replace(ticket, priority=tx.tickets.get_ticket(ticket.id).priority)

    return lambda: monkeypatch.setattr(cards, "priority", SimpleNamespace(refresh_priority=as_stored))


def test_the_priority_of_a_rarer_problem_decreases_on_its_card(
    slack: BotWorkspace, only_nightly: Callable[[], None]
) -> None:
    slack.person("maria").reports("Slow page")
    card = slack.triage.expects("Slow page")
    for name in ("tom", "ann", "sam", "ravi"):
        slack.person(name).reacts(card, "raising_hand")
    card.shows("5 people affected")
    slack.quiet()
    only_nightly()
    before, said = priority(slack), spoken(card)
    nights(slack, 2)
    after_two = priority(slack)
    slack.control.post("clock", advance=5 * 86400)  # and then nothing of it happened within the last week
    nights(slack, 1)
    assert before > after_two > priority(slack)
    assert f"Priority {priority(slack):.0f}" in card.now().words
    assert spoken(card) == said


def test_priorities_are_refreshed_in_batches(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch, only_nightly: Callable[[], None]
) -> None:
    monkeypatch.setattr(priority_refresh, "BATCH", 1)
    for text in ("Slow page", "Late bank file", "Missing payslip"):
        slack.person("maria").reports(text)
        slack.triage.expects(text)
    slack.quiet()
    only_nightly()
    before = [priority(slack, i) for i in (1, 2, 3)]
    nights(slack, 3)
    eventually(
        lambda: all(priority(slack, i) < before[i - 1] for i in (1, 2, 3)),
        "the priorities of all three decrease, one ticket per batch",
    )


def resolved_long_ago(slack: BotWorkspace) -> None:
    """Resolve a report of Maria with files, messages on both sides and another affected person."""
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Payslip of Ann Moreau is blank", "high", happened="I, Maria, saw nothing", module="Payslips")
    card = slack.triage.expects("Payslip of")
    slack.person("tom").reacts(card, "raising_hand")
    jo.presses(card, "Acknowledge")
    welcome = maria.dm.expects("Thank you")
    maria.replies(welcome, "Here it is", files=[{"name": "maria.png", "content": "x"}])
    card.expects_reply("Here it is")
    jo.opens("/hypercare resolve PAY-1").fills(
        test="Tried", fix="root_cause", explanation="Maria's account was mended"
    ).submits()
    maria.dm.expects("Thank you").expects_reply("mended")
    slack.quiet()


@pytest.mark.core
def test_an_old_ticket_keeps_its_figures_but_no_texts_and_people(slack: BotWorkspace) -> None:
    resolved_long_ago(slack)
    slack.person("lena").types("/hypercare thanks Maria, who was patient")
    slack.person("maria").reports("Still open")
    slack.triage.expects("Still open")
    slack.quiet()
    slack.application.context.tickets_kept = slack.application.context.messages_kept = timedelta(
        days=30
    )  # digests say thanks, too
    nights(slack, 1)
    with slack.application.store.read() as tx:
        assert tx.tickets.get_ticket(1).summary.startswith("Payslip")
    slack.control.post("clock", advance=31 * 86400)
    nights(slack, 1)
    with slack.application.store.read() as tx:
        kept, events = tx.tickets.get_ticket(1), tx.tickets.list_events(1)
        assert (kept.summary, kept.reporter, kept.owner, kept.note) == ("No longer kept", ERASED_USER, ERASED_USER, "")
        assert (kept.report.files, kept.report.happened, kept.affected) == ((), "", 2)
        assert (kept.status, kept.severity, kept.report.module) == (Status.RESOLVED, "high", "Payslips")
        assert [e.kind for e in events][:1] == ["opened"]
        assert {e.actor for e in events} == {ERASED_USER}
        assert tx.tickets.get_ticket(2).summary == "Still open"
        assert tx.notes.list_thanks(
            1, slack.application.context.now() - timedelta(days=90), slack.application.context.now()
        ) == [(ERASED_USER, "")]
        assert not words(tx, "Maria", "Ann Moreau", "mended", "maria.png")
        assert not words(tx, slack.user_id("tom"))
    nights(slack, 3)  # what was planned for it, such as asking its reporter again, comes to nothing
    with slack.application.store.read() as tx:
        assert tx.tickets.get_ticket(1).affected == 2
        assert not {"lanes.person", "nudges.person"} & {*tx.people.find_remaining(ERASED_USER)}
    assert "No longer kept" in slack.person("jo").types("/hypercare show PAY-1")["text"]
    assert (
        "The text of PAY-1 is past its retention period"
        in slack.person("lena").types("/hypercare reopen PAY-1")["text"]
    )
    erasure.erase(slack.application.context, slack.user_id("maria"))


def words(tx: Transaction, *wanted: str) -> list[str]:
    """Where these words remain, besides what Slack says of people, which is kept apart from tickets."""
    found = [where for word in wanted for where in tx.people.find_remaining(word)]
    return [where for where in found if not where.startswith("profiles.")]


def test_without_a_retention_period_nothing_is_erased(slack: BotWorkspace) -> None:
    resolved_long_ago(slack)
    slack.control.post("clock", advance=400 * 86400)
    nights(slack, 1)
    with slack.application.store.read() as tx:
        assert tx.tickets.get_ticket(1).reporter == slack.user_id("maria")
