"""Cards have every word as a person wrote it, and are never too long for Teams."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.settings.errors import InvalidSettings
from bot.settings.settings import load
from bot.views.teams import messages
from bot.views.text import escape, message, section
from connectors.teams import cards, fake
from domain.tickets.event import EventKind
from tests.teams import samples


def card_of(content: dict[str, Any]) -> dict[str, Any]:
    """The card of a message as the fake takes it."""
    raw = cards.written(content)
    assert len(raw) <= fake.MAX_BYTES
    found = fake._card(raw)
    assert found
    return found


def lines(content: dict[str, Any]) -> list[str]:
    return [*fake._lines(card_of(content))]


def runs(element: Any) -> Iterator[dict[str, Any]]:
    if isinstance(element, dict):
        if element.get("type") == "TextRun":
            yield element
        for inner in element.values():
            yield from runs(inner)
    elif isinstance(element, list):
        for inner in element:
            yield from runs(inner)


def test_a_card_says_what_happened_who_looks_into_it_and_leads_to_slack() -> None:
    assert lines(samples.news(summary="A <b>leak</b> & more")) == [
        "PAY-42: a critical problem was reported", "A <b>leak</b> & more",
        "Reported Mon 02 Mar 10:00 (Europe/Berlin). No one has taken it yet.",
        "[Open in Slack] https://hypercare.example/tickets/PAY-42",
    ]  # fmt: skip
    assert lines(samples.news(bot="0b07"))[-1].startswith(
        "[Work on it here] https://teams.microsoft.com/l/chat/0/0?users=28:0b07"
    )
    assert lines(samples.news(EventKind.RESOLVED))[0] == "PAY-42 is resolved"
    assert "is fixed" in lines(samples.news(EventKind.RESOLVED))[2]


def test_a_digest_has_its_charts_as_tables() -> None:
    found = lines(samples.every_block("*Open: 3 (1 critical).*\n:hourglass: *Overdue* (1)\n• *PAY-1* Late"))
    assert found == [
        "PAY", "Open: 3 (1 critical).", "⏳ Overdue (1)", "• PAY-1 Late", "On call: \ue002U0SAM\ue003",
        "New and resolved, by day", "  | New | Resolved", "1 Mar | 1 | 0", "2 Mar | 2 | 1",
        "Open, by severity", "  | Open", "Critical | 1", "Low | 2",
        "Open, by module", "Module | Open", "Payslips | 2", "Pay run | 1",
        "[Open in Slack] https://hypercare.example/tickets/PAY-42",
    ]  # fmt: skip


@given(st.text(min_size=1, max_size=200), st.integers(1, 40))
@settings(max_examples=30)
def test_no_words_of_a_person_become_a_link_and_no_card_is_too_long(words: str, times: int) -> None:
    content = messages.digest(message("x", [section(escape(words) or "x")] * times), "", "UTC")
    card = card_of(content)
    assert all("selectAction" not in run for run in runs(card))
    assert all(element["type"] == "RichTextBlock" for element in card["body"])


def test_what_is_too_long_is_cut_at_its_end_and_says_so() -> None:
    content = {"blocks": [section(f"{number} " + "ü" * 1000) for number in range(40)], "link": {}}
    found = lines(content)
    assert found[-1] == cards.CUT_NOTE
    assert found[0].startswith("0 ")
    assert 8 < len(found) < 40
    assert len(json.dumps(content)) > fake.MAX_BYTES


def test_an_address_that_is_not_encrypted_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="ops must start with https://"):
        load(bot_token="xoxb-1", app_token="xapp-1", teams={"ops": "http://example.com/?sig=1"})
