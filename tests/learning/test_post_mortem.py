"""The post-mortem: asked anonymously, edited by the leads, posted with the data, and written for others."""

from contextlib import closing
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select

from bot import cli
from bot.context import AppContext
from bot.database import open_store
from bot.report_page.pdf import missing_letters, to_pdf
from bot.services.actions import actions
from bot.services.decisions import decisions
from bot.services.intake import intake
from bot.services.learning import post_mortems
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.pulse import answers, waves
from bot.services.registry import FEATURES
from domain.actions.action_item import ActionDraft, ActionKind
from domain.decisions.decision import DecisionDraft, DecisionKind
from domain.errors import Refused
from domain.learning.post_mortem import TEXT_LIMIT, LessonKind, PostMortemDocument, draft_text, to_html, to_markdown
from domain.people.profile import Organization, Profile
from domain.phases.permissions import Person
from domain.pulse.pulse import AnswerComment
from domain.tickets.ticket import Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.delivery.tables import messages
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE, RAVI
from tests.support.ready import sqlite

USERS = tuple(Person(f"U0USER{n}") for n in range(6))
TEXTS = {LessonKind.WENT_WELL: "• The plan", LessonKind.WENT_WRONG: "", LessonKind.LEARNED: "Test the month-end"}


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00", secret=b"of the tests",
                     home=Organization(("T0HOME",)))  # fmt: skip
    phases.apply_settings(app, PHASE.model_copy(update={"intake_channels": ("C0HELP0",)}))
    with app.transaction() as tx:
        tx.profiles.save(*(Profile(id=one.id, team="T0HOME", fetched_at=clock(), updated=1)
                           for one in (MARIA, JO, RAVI, LENA, *USERS)))  # fmt: skip
    return app


def asked(app: AppContext, clock: Clock, writers: int) -> None:
    """Send the form, have so many users write, and let the time pass until comments may be shown."""
    post_mortems.collect(app, LENA, "PAY", "ask")
    zones = dict.fromkeys((one.id for one in USERS), "UTC")
    with app.transaction() as tx:
        (wave,) = tx.waves.list_of_phase(1)
        waves.invite(app, wave.id, zones, {"C0HELP0": tuple(zones)}, (), tx)
    clock.forward(days=1)
    with app.transaction() as tx:
        for row in tx.waves.list_due_invitations(app.now(), 50):
            tx.waves.update_invitation(wave.id, row["person"], row["next_at"], asked_on=app.now().date())
    for n, one in enumerate(USERS[:writers]):
        words = {"went_wrong": AnswerComment("went_wrong", f"Printers failed, note {n}")}
        answers.submit(app, one, wave.id, {"again": "No"}, words)
    for days in (6, 2):  # it closes, and then comments may be shown
        clock.forward(days=days)
        while timers.run_due(app):
            pass


def form_text(app: AppContext, kind: LessonKind) -> str:
    form = post_mortems.open_form(app, LENA, "PAY")
    found = {one["block_id"]: one["element"].get("initial_value", "") for one in form["blocks"]}
    return str(found[kind.value])


def test_what_people_write_anonymously_fills_the_form_when_enough_wrote(app: AppContext, clock: Clock) -> None:
    with pytest.raises(Refused, match="Only the leads"):
        post_mortems.collect(app, JO, "PAY", "not a lead")
    asked(app, clock, writers=5)
    text = form_text(app, LessonKind.WENT_WRONG)
    assert sorted(text.splitlines()) == [f"• Printers failed, note {n}" for n in range(5)]
    assert not any(one.id in text for one in USERS)
    post_mortems.save(app, LENA, "PAY", 0, {LessonKind.WENT_WRONG: "Printers"}, "save")
    assert form_text(app, LessonKind.WENT_WRONG) == "Printers", "what a lead wrote stays"


def test_the_words_of_few_people_are_shown_to_no_one(app: AppContext, clock: Clock) -> None:
    asked(app, clock, writers=4)
    assert form_text(app, LessonKind.WENT_WRONG) == ""
    assert "Printers" not in str(post_mortems.page(app, LENA, "", ["PAY"]))


def worked(app: AppContext, clock: Clock) -> None:
    """A critical ticket, a security report, a decision about each, a training and a task."""
    tills = Report(summary="All tills are down", severity=Severity.CRITICAL)
    leak = Report(summary="Salaries of others", severity=Severity.CRITICAL, type=TicketType.SECURITY)
    public, private = (intake.open_ticket(app, one, person=MARIA, intake=Intake.COMMAND) for one in (tills, leak))
    for ticket, choice in ((public, "Roll back"), (private, "Shut the door")):
        asked_for = DecisionDraft(
            kind=DecisionKind.GO_NO_GO, question="What now?", choice=choice, rationale="Bad", ticket_id=ticket.id
        )  # fmt: skip
        decisions.add(app, LENA, "PAY", asked_for)
    due = app.now().date() + timedelta(days=9)
    for title, kind in (("Train Berlin in Payslip", ActionKind.TRAINING), ("Call the bank", ActionKind.TASK)):
        actions.add(app, JO, "PAY", ActionDraft(title=title, owner=JO.id, due=due, kind=kind))
    clock.forward(days=1)


def test_it_is_posted_with_the_data_and_written_for_others_after_the_exit(app: AppContext, clock: Clock) -> None:
    worked(app, clock)
    phases.archive(app, "PAY")
    with pytest.raises(Refused, match="has no words yet"):
        post_mortems.post(app, LENA, "PAY", "too early")
    post_mortems.save(app, LENA, "PAY", 0, TEXTS, "save")
    with pytest.raises(Refused, match="Another lead changed"):
        post_mortems.save(app, LENA, "PAY", 0, {}, "an old form")
    post_mortems.post(app, LENA, "PAY", "post")
    with app.store.read() as tx:
        newest = tx.connection.scalars(select(messages.c.payload).order_by(messages.c.id.desc()).limit(1)).one()
    written = to_markdown(post_mortems.document(app, "PAY"))
    for said in (str(newest), written, str(post_mortems.page(app, JO, "", ()))):
        assert "Test the month-end" in said
        assert "critical ticket PAY-1" in said
        assert "Roll back" in said
        assert "Train Berlin in Payslip" in said
        assert "Shut the door" not in said, "a private ticket's decision"
        assert "PAY-2" not in said
        assert "Call the bank" not in said
    assert "1 report, 1 critical" in written
    assert JO.id not in written
    assert "end of the phase" in written.rsplit("Timeline", 1)[1]
    with pytest.raises(Refused, match="Only the team"):
        post_mortems.page(app, MARIA, "", ["PAY"])


@given(st.lists(st.text(max_size=900), max_size=9))
def test_notes_fit_in_one_part_and_none_is_cut(notes: list[str]) -> None:
    lines = draft_text(notes).splitlines()
    assert len("\n".join(lines)) <= TEXT_LIMIT
    kept = [f"• {' '.join(one.split())}" for one in notes]
    assert lines == kept[: len(lines)]


def test_a_pdf_has_every_word_on_pages_and_names_letters_that_its_font_lacks() -> None:
    lines = [f"<b>Grüße, Ελλάδα, Київ</b> & {n}" for n in range(60)]
    found = PostMortemDocument("Post-mortem <of> Payday", "2 March", [("What we learned", lines), ("次", ["字" * 900])])
    read = PdfReader(BytesIO(to_pdf(found)))
    words = "".join(one.extract_text() for one in read.pages)
    assert len(read.pages) > 1
    assert read.metadata
    assert read.metadata.title == found.title
    assert all(line in words for line in lines)
    assert missing_letters(found) == ["字", "次"]


def test_the_command_writes_each_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = sqlite(tmp_path / "bot.db")
    monkeypatch.setenv("HYPERCARE_DATABASE", database)
    with closing(open_store(database)) as store:
        phases.apply_settings(AppContext(features=FEATURES, store=store, now=Clock()), PHASE)
    for ending, begins in ((".pdf", b"%PDF-"), (".html", b"<!doctype"), (".md", b"# Post-mortem")):
        out = tmp_path / f"pay{ending}"
        assert cli.main(["postmortem", "PAY", "--out", str(out)]) == 0
        assert out.read_bytes().startswith(begins)


def test_words_are_no_markup_in_a_document() -> None:
    found = PostMortemDocument("A <b>", "*b*", [("Part", ["<script>alert(1)</script> [x](y)"])])
    assert "<script>" not in to_html(found)
    assert "\\[x\\](y)" in to_markdown(found)
