"""The knowledge base: from a ticket to a reviewed article, to a report that was not needed."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.cli import CommandError
from bot.context import AppContext
from bot.services.followup import verification
from bot.services.intake import intake
from bot.services.knowledge import articles, folder, reviews
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import lists
from bot.views.knowledge.articles import OPEN
from bot.views.offers import buttons_of
from domain.errors import Refused
from domain.knowledge.article import Article, ArticleAudience, ArticleText
from domain.phases.permissions import Person
from domain.tickets.closing import Solution
from domain.tickets.ticket import Fix, Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.delivery.tables import messages
from storage.knowledge.tables import article_versions
from storage.operations.timers import Timer
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE, RAVI, TOM
from tests.support.bot import BotWorkspace
from tests.support.command import hypercare
from tests.support.control import eventually
from tests.support.ready import sqlite

FIXED = Solution(explanation="Clear the cache of the browser", fix=Fix.ROOT_CAUSE)
STRANGER = Person("U0STRAN", kind=type(MARIA.kind).STRANGER)


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00", secret=b"of the tests")
    phases.apply_settings(app, PHASE)
    return app


def resolved(app: AppContext) -> int:
    report = Report(summary="The payslip page is empty in Firefox", happened="White page", severity=Severity.LOW)
    ticket = intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND)
    verification.resolve(app, ticket.id, JO, FIXED)
    return ticket.id


def written(app: AppContext, ticket_id: int, **more: object) -> Article:
    """Jo writes the article that the form offers, and adds the cause."""
    form = articles.open_draft(app, JO, lists.ticket_by_id(app, ticket_id, JO))
    shown = {b["block_id"]: b["element"].get("initial_value", "") for b in form["blocks"] if "element" in b}
    said = {name: shown[name] for name in ("title", "issue", "solution")}
    text = ArticleText(cause="An old script", **{**said, **more})
    return articles.save_draft(app, JO, {"phase": "PAY", "ticket": ticket_id}, text, f"draft {ticket_id}")


def posts(app: AppContext) -> str:
    with app.store.read() as tx:
        return "\n".join(map(str, tx.connection.scalars(select(messages.c.payload))))


def request_for_review(app: AppContext) -> dict[str, Any]:
    with app.store.read() as tx:
        found = [one for one in tx.connection.scalars(select(messages.c.payload)) if "Please review it" in str(one)]
    assert len(found) == 1
    return dict(found[0])


def suggested(app: AppContext, words: str, person: Person = MARIA) -> list[str]:
    return [one.name for one in articles.suggest(app, phases.get_phase(app, "PAY"), words, person)]


def test_an_article_is_drafted_from_a_ticket_and_reviewed_by_another_person(app: AppContext) -> None:
    article = written(app, resolved(app))
    assert article.text.solution == "Clear the cache of the browser"
    assert buttons_of(request_for_review(app)) == [(OPEN, str(article.id))]
    assert suggested(app, "payslip page empty") == [], "a draft is not suggested"
    with pytest.raises(Refused, match="another person"):
        articles.publish(app, JO, article.id, article.text, "own")
    with pytest.raises(Refused, match="no such article"):
        articles.publish(app, TOM, article.id, article.text, "stranger to the team")
    better = ArticleText(title=article.text.title, solution="Clear the cache, then reload")
    assert articles.publish(app, RAVI, article.id, better, "review").version == 2
    assert buttons_of(request_for_review(app)) == []
    assert suggested(app, "payslip page empty") == [article.name]
    assert suggested(app, "the printer is on fire") == []
    with app.store.read() as tx:
        kept = tx.connection.execute(select(article_versions.c.version, article_versions.c.person)).all()
    assert [tuple(one) for one in kept] == [(1, JO.id), (2, RAVI.id)]
    articles.retire(app, JO, article.id, "retire")
    assert suggested(app, "payslip page empty") == []


def test_what_is_for_the_team_is_not_shown_to_reporters(app: AppContext) -> None:
    article = written(app, resolved(app), audience=ArticleAudience.TEAM)
    articles.publish(app, RAVI, article.id, article.text, "review")
    assert suggested(app, "payslip page empty", JO) == [article.name]
    assert suggested(app, "payslip page empty") == []
    assert article.name not in str(articles.page(app, MARIA, "", ["PAY", "payslip"]))
    with pytest.raises(Refused, match="no such article"):
        articles.open_article(app, MARIA, article.id)
    with pytest.raises(Refused, match="Only people of this workspace"):
        articles.page(app, STRANGER, "", ["PAY"])


def test_a_private_ticket_does_not_become_an_article(app: AppContext) -> None:
    said = Report(summary="Salaries of others", severity=Severity.HIGH, type=TicketType.SECURITY)
    ticket = intake.open_ticket(app, said, person=MARIA, intake=Intake.COMMAND)
    with pytest.raises(Refused, match="is private"):
        articles.open_draft(app, LENA, ticket)
    with pytest.raises(Refused, match="no such ticket"):
        articles.open_draft(app, JO, ticket)


def test_a_person_who_was_helped_and_reports_after_all_was_not_helped(app: AppContext, clock: Clock) -> None:
    article = written(app, resolved(app))
    articles.publish(app, RAVI, article.id, article.text, "review")
    for person in (MARIA, TOM, LENA):
        articles.helped(app, person, article.id, f"helped {person.id}")
        articles.helped(app, person, article.id, f"helped {person.id} again")
    clock.forward(hours=20)
    said = Report(summary="The payslip page is empty", severity=Severity.LOW)
    intake.open_ticket(app, said, person=TOM, intake=Intake.COMMAND, articles_shown=(article.id,))
    clock.forward(days=3)
    intake.open_ticket(app, said, person=LENA, intake=Intake.COMMAND, articles_shown=(article.id, 999))
    page = str(articles.page(app, JO, "", ["PAY"]))
    assert "5 people were shown an article" in page, page
    assert "2 said it helped, and didn't report in the next two days (12 to 77 %)" in page
    with app.store.read() as tx:
        assert MARIA.id not in str(tx.connection.exec_driver_sql("SELECT who FROM article_offers").all())


def test_old_articles_and_failed_fixes_are_asked_about(app: AppContext, clock: Clock) -> None:
    ticket = resolved(app)
    article = written(app, ticket)
    articles.publish(app, RAVI, article.id, article.text, "review")

    def check() -> str:
        with app.store.begin() as tx:
            phase = tx.phases.find_by_key("PAY")
            assert phase
            reviews.check(app, tx, Timer(id=0, key=f"{clock()}", kind=reviews.KIND, next_at=clock(),
                                         pending=clock().date(), data={"phase": phase.id}))  # fmt: skip
        return posts(app)

    assert "needs a review" not in check()
    clock.forward(hours=1)
    verification.reopen(app, ticket, MARIA, "White again")
    assert check().count("1 article needs a review") == 2, "as its text and its block"
    articles.publish(app, RAVI, article.id, article.text, "review again")
    before = check().count("needs a review")
    clock.forward(days=31)
    assert check().count("needs a review") > before


def test_guides_are_imported_again_without_duplicates(app: AppContext) -> None:
    guides = [("reset.md", ArticleText(title="Reset a password", solution="Open Settings")),
              ("https://wiki/p", ArticleText(title="Printers", link="https://wiki/p"))]  # fmt: skip
    assert folder.import_guides(app, "pay", guides) == (2, 0)
    assert folder.import_guides(app, "PAY", guides) == (0, 0)
    changed = ("reset.md", ArticleText(title="Reset a password", solution="Open Settings, press Reset"))
    assert folder.import_guides(app, "PAY", [changed]) == (0, 1)
    assert suggested(app, "how to reset the password"), "useful before the first ticket"
    with pytest.raises(Refused, match="There is no phase"):
        folder.import_guides(app, "NOPE", guides)


def test_the_exit_counts_known_issues_with_an_article(app: AppContext) -> None:
    from bot.services.intake import duplicates

    one, other = resolved(app), resolved(app)
    for ticket in (one, other):
        duplicates.add_affected(app, ticket, TOM)
    written_one = written(app, one)
    articles.publish(app, RAVI, written_one.id, written_one.text, "review")
    with app.store.read() as tx:
        phase = tx.phases.find_by_key("PAY")
        assert phase
        assert tx.articles.list_known_issues(phase.id) == [(1, True), (2, False)]


def test_the_command_imports_and_exports(tmp_path: Path) -> None:
    from bot.database import open_store

    store = open_store(sqlite(tmp_path / "bot.db"))
    app = AppContext(features=FEATURES, store=store, now=lambda: Clock().at)
    phases.apply_settings(app, PHASE)
    store.close()
    guides = tmp_path / "guides" / "deep"
    guides.mkdir(parents=True)
    (guides / "reset.md").write_text("# Reset a password\nOpen Settings", encoding="utf-8")
    (guides / "wiki.links").write_text("[Printers](https://wiki/print)\n", encoding="utf-8")
    (guides / "logo.png").write_bytes(b"\x89PNG")
    assert "Read 2 guides: 2 new, 0 changed" in hypercare(tmp_path, "articles", "import", "pay", "guides").stdout
    assert "is no folder and no file" in hypercare(tmp_path, "articles", "import", "pay", "guides/deep/logo.png").stderr
    (guides / "bad.txt").write_bytes(b"\xff\xfe")
    assert "is not UTF-8 text" in hypercare(tmp_path, "articles", "import", "pay", "guides").stderr
    assert "Wrote 2 articles" in hypercare(tmp_path, "articles", "export", "pay", "--out", "wiki").stdout
    page = (tmp_path / "wiki" / "K1-Reset-a-password.md").read_text(encoding="utf-8")
    assert "# Reset a password\n\n## Solution\n\nOpen Settings\n" in page


def pdf(words: str, title: str = "") -> bytes:
    """A PDF file of one page with these words, as ISO 32000 has it."""
    drawn = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET".encode() if words else b""
    parts = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
             b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>",
             b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
             b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", f"<</Title({title})>>".encode()]  # fmt: skip
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj%s endobj\n" % (number, part)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"xref\n0 7\n0000000000 65535 f \n%strailer<</Size 7/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF"
    return made + tail % (
        rows, len(made))  # fmt: skip


def test_a_pdf_guide_becomes_an_article_and_one_without_text_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot import extras
    from bot.commands.articles import _guides

    guide = tmp_path / "month-end.pdf"
    guide.write_bytes(pdf("Close the ledger first", "The month-end"))
    [(source, article)] = _guides(tmp_path)
    assert (source, article.title, article.solution) == ("month-end.pdf", "The month-end", "Close the ledger first")
    guide.write_bytes(pdf("Close the ledger first"))
    assert next(_guides(guide))[1].title == "month-end"
    for content, why in ((pdf(""), "has no text, only pictures"), (b"%PDF-1.4 torn", "can't be read as a PDF file")):
        guide.write_bytes(content)
        with pytest.raises(CommandError, match=why):
            next(_guides(guide))
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)
    with pytest.raises(CommandError, match="need one more package"):
        next(_guides(guide))


def test_the_form_suggests_an_article_and_a_report_is_not_needed(slack: BotWorkspace) -> None:
    guide = ArticleText(title="Payslip page stays empty", solution="Clear the cache of your browser")
    folder.import_guides(slack.application.context, "PAY", [("guide.md", guide)])
    maria = slack.person("maria")
    maria.types("/hypercare report")
    words = "My payslip page stays empty"
    typed = {"action_id": "summary", "value": words, "values": {"summary": words}}
    slack.control.post("action", user="maria", view=True, **typed)
    eventually(lambda: "Clear the cache of your browser" in str(maria.modal().view), "the suggestion")
    slack.control.post("action", user="maria", view=True, label="This helped")
    eventually(lambda: "Nothing was reported" in str(maria.modal().view), "the thanks")
    assert "1 person was shown an article" in str(slack.person("jo").types("/hypercare articles", "hypercare-desk"))
    assert "Payslip page stays empty" in str(maria.types("/hypercare known"))
    assert "Payslip page stays empty" in str(maria.types("/hypercare find payslip empty"))
    assert "Payslip page stays empty" not in str(maria.types("/hypercare find printer"))


def test_who_saves_an_article_reads_what_happens_next(slack: BotWorkspace) -> None:
    jo = slack.person("jo")
    slack.person("maria").reports("Payslip page stays empty", "low")
    slack.triage.expects("Payslip page stays empty")
    jo.opens("/hypercare article PAY-1").fills(solution="Clear the cache").submits()
    assert "Article K1 is saved. We've asked the team to review it." in jo.modal().words
