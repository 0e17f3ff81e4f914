"""Words by a model: drafts with their sources, from a stub of the wire; nothing private is sent unless said."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bot.context import AppContext
from bot.database import open_store
from bot.services.followup import verification
from bot.services.intake import intake
from bot.services.knowledge import articles
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.knowledge.drafting import ALL_LIMIT, DraftKind, Quotation, prompt, read_answer, to_article
from domain.phases.settings import PhaseSettings
from domain.tickets.closing import Solution
from domain.tickets.ticket import Fix, Intake, Report, Severity
from domain.tickets.types import TicketType
from tests.conftest import Clock
from tests.support.actions import JO, MARIA, PHASE, RAVI
from tests.support.command import Done, hypercare
from tests.support.ready import sqlite

ANSWER = "## Issue\nThe page is empty [1].\n\nSolution: Clear the cache [2]."


class Stub(BaseHTTPRequestHandler):
    """A server that speaks chat completions, and keeps what it was asked."""

    asked: ClassVar[list[tuple[dict[str, Any], str | None]]] = []
    answer: ClassVar[tuple[int, Any]] = (200, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/v1/chat/completions"
        self.asked.append((body, self.headers.get("Authorization")))
        status, said = self.answer
        content = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def model() -> Iterator[str]:
    """The address of the stub."""
    said = {"choices": [{"message": {"content": ANSWER}}], "usage": {"prompt_tokens": 2000, "completion_tokens": 500}}
    Stub.asked, Stub.answer = [], (200, said)
    server = HTTPServer(("127.0.0.1", 0), Stub)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A database with a resolved ticket, a private and an anonymous one."""
    store = open_store(sqlite(tmp_path / "bot.db"))
    app = AppContext(features=FEATURES, store=store, now=lambda: Clock().at, secret=b"of the tests")
    phases.apply_settings(app, PHASE if isinstance(PHASE, PhaseSettings) else PHASE.settings)
    report = Report(summary="The payslip page is empty", happened="White, says <@U0RAVI0|ravi>", severity=Severity.LOW)
    ticket = intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND)
    verification.resolve(app, ticket.id, JO, Solution(explanation="Clear the cache", fix=Fix.ROOT_CAUSE))
    secret = Report(summary="A hole", severity=Severity.LOW, type=TicketType.SECURITY)
    intake.open_ticket(app, secret, person=MARIA, intake=Intake.COMMAND)
    store.close()
    return tmp_path


def drafted(folder: Path, model: str, *words: str, **more: str) -> Done:
    given = {"ai_url": model, "ai_model": "small", "ai_key": "sk-0123456789", "ai_price_in": "1", "ai_price_out": "4"}
    return hypercare(folder, "draft", *words, **{**given, **more})


def test_a_model_drafts_an_article_that_a_person_reviews(folder: Path, model: str) -> None:
    done = drafted(folder, model, "article", "pay-1")
    assert "Draft by small. Check every statement." in done.stdout, done.stderr
    assert "[1] PAY-1, the report\n[2] PAY-1, comment of the team" in done.stdout
    assert "2000 tokens read, 500 written, cost 0.0040" in done.stdout
    [(asked, key)] = Stub.asked
    assert (asked["model"], key) == ("small", "Bearer sk-0123456789")
    assert "White, says @ravi" in asked["messages"][1]["content"]
    assert not any(one in str(asked) for one in (MARIA.id, JO.id, RAVI.id)), "no person is named"
    store = open_store(f"sqlite:///{folder / 'bot.db'}")
    app = AppContext(features=FEATURES, store=store, now=lambda: Clock().at)
    with store.read() as tx:
        [article] = tx.articles.list_drafts([1])
    assert (article.text.issue, article.text.solution) == ("The page is empty [1].", "Clear the cache [2].")
    assert not article.is_published
    assert "Drafted by a model" in str(articles.open_article(app, RAVI, article.id))
    articles.publish(app, RAVI, article.id, article.text, "review")
    store.close()
    assert "has an article already" in drafted(folder, model, "article", "PAY-1").stderr
    assert len(Stub.asked) == 1, "what can't be saved is not asked for"


def test_a_summary_and_a_section_of_the_post_mortem_are_only_shown(folder: Path, model: str) -> None:
    assert "[1] PAY-1, the report" in drafted(folder, model, "summary", "PAY-1").stdout
    assert "[1] Figures" in drafted(folder, model, "postmortem", "PAY").stdout
    assert "There is no ticket" in drafted(folder, model, "summary", "PAY-99").stderr
    assert len(Stub.asked) == 2


def test_private_tickets_are_not_sent_unless_said(folder: Path, model: str) -> None:
    assert "isn't sent to a model" in drafted(folder, model, "summary", "PAY-2").stderr
    assert Stub.asked == []
    assert "Draft by small" in drafted(folder, model, "summary", "PAY-2", ai_private="true").stdout
    assert "can't become an article" in drafted(folder, model, "article", "PAY-2", ai_private="true").stderr


@pytest.mark.parametrize(("answer", "why"), [
    ((401, {}), "HTTP 401"), ((200, "<html>"), "can't be read"), ((200, {"choices": []}), "can't be read"),
    ((200, {"choices": [{"message": {"content": " "}}]}), "can't be read"),
])  # fmt: skip
def test_what_a_server_does_wrong_is_said(folder: Path, model: str, answer: tuple[int, Any], why: str) -> None:
    Stub.answer = answer
    done = drafted(folder, model, "summary", "PAY-1")
    assert (done.returncode, why in done.stderr) == (1, True)
    assert "sk-0123456789" not in done.stdout + done.stderr


def test_it_is_off_without_a_model_and_says_when_none_answers(folder: Path) -> None:
    assert "No model is set up" in hypercare(folder, "draft", "summary", "PAY-1").stderr
    assert "did not answer" in drafted(folder, "http://127.0.0.1:9/v1", "summary", "PAY-1").stderr


def test_long_sources_are_cut_and_an_answer_without_headings_is_the_solution() -> None:
    asked = prompt(DraftKind.SUMMARY, [Quotation(f"S{n}", "x" * 9000) for n in range(40)])
    assert len(asked[1]["content"]) < ALL_LIMIT + 1000
    assert to_article("T", "Reload").solution == "Reload"
    assert to_article("T", "**Cause:** a bug\n**Workaround**\nReload").workaround == "Reload"
    with pytest.raises(ValueError, match="no chat"):
        read_answer(None)
