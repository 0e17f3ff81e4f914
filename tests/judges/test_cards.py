"""Microsoft's own reader of Adaptive Cards takes every card that Teams gets."""

import json
from typing import Any

import pytest

from connectors.teams import cards
from connectors.teams.messages import activity_of, answer_of
from domain.tickets.event import EventKind
from tests.judges import node
from tests.teams import samples

pytestmark = pytest.mark.late


def card_of(content: dict[str, Any]) -> dict[str, Any]:
    card: dict[str, Any] = json.loads(cards.written(content))["attachments"][0]["content"]
    return card


def test_microsofts_reader_takes_every_kind_of_card() -> None:
    kinds = (EventKind.OPENED, EventKind.SEVERITY, EventKind.RESOLVED, EventKind.REOPENED)
    long = {"blocks": samples.every_block("words " * 400)["blocks"] * 20, "link": {}}
    looks = samples.every_block("*bold* _italic_ ~gone~ `code` <https://example.com|link>\n> quoted\n1. one")
    ours = [card_of(one) for one in (*(samples.news(kind) for kind in kinds), samples.every_block(), looks, long)]
    ours += [one for said in samples.chats() for one in (activity_of(said)["attachments"][0]["content"],)]
    ours.append(answer_of(samples.dialog())["task"]["value"]["card"]["content"])
    huge = {"type": "TextRun", "text": "x", "size": "Huge"}
    wrong = [ours[0] | {"body": [{"type": "TextBlok"}]},
             ours[0] | {"body": [{"type": "RichTextBlock", "inlines": [huge]}]}]  # fmt: skip
    with node.program("cards.mjs", {"cards": [*wrong, *ours]}) as answer:
        first, second, *found = answer["problems"]
    assert "Unknown element type" in first[0], "it refuses what is wrong"
    assert "Invalid value" in second[0], "it refuses what is wrong"
    assert found == [[]] * len(ours)
