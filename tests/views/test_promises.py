"""The list of every morning fits into a message, however much there is of it and however long its words are."""

from dataclasses import replace

import pytest

from bot.views.promises import late
from domain.ticket import SUMMARY_LIMIT, Report, Severity
from tests.domain.test_moves import NOW, ticket


@pytest.mark.parametrize("count", [1, 5, 6, 20])
def test_every_block_holds_what_slack_takes(count: int) -> None:
    words = Report(summary="&" * SUMMARY_LIMIT, severity=Severity.LOW)
    tickets = [replace(ticket(report=words, due_at=NOW), number=n) for n in range(1, count + 1)]
    said = late(tickets, more=True)
    texts = [block["text"]["text"] for block in said["blocks"]]
    assert max(map(len, texts)) <= 3000
    assert sum(text.count("since") for text in texts) == count
    assert "`/hypercare list late` has all" in texts[-1]
