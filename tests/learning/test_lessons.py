"""Lessons: what one phase hands on to the next, by a button and by a file."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from bot.context import AppContext
from bot.database import open_store
from bot.services.knowledge import folder
from bot.services.learning import lessons, post_mortems
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.errors import Refused
from domain.knowledge.article import ArticleText
from domain.learning.lessons import REUSED, Lessons, reusable_settings, take_over
from domain.learning.post_mortem import LessonKind
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from storage.delivery.tables import messages
from storage.store import Store
from tests.conftest import Clock
from tests.support.command import hypercare
from tests.support.ready import sqlite

LENA, HANA = Person("U0LENA0"), Person("U0HANA0")
NEXT = PhaseSettings(key="NEXT", name="Second go-live", triage_channel="C0NEXT00", oncall_channel="C0NEXT11",
                     leads=(LENA.id,), intake={"modules": ("Bank",)})  # fmt: skip
CLOCK = Clock()
PAY = PhaseSettings(
    key="PAY", name="Payday", triage_channel="C0DESK00", oncall_channel="C0ONCALL", leads=(LENA.id,),
    go_live=CLOCK.at.date() - timedelta(days=7), reporting={"kpi_targets": {"backlog": 5}, "expected_daily": 12},
    intake={"modules": ("Payslip",), "custom_fields": ({"id": "site", "label": "Site"},)},
    conversations={"macros": ({"name": "restart", "text": "Please restart."},)},
)  # fmt: skip
GUIDE = ArticleText(title="Empty payslip", issue="It stays empty", solution="Reload the page")


@pytest.fixture
def app(store: Store) -> AppContext:
    return filled(store)


def filled(store: Store) -> AppContext:
    """PAY with an article, a KPI and words, and NEXT, which has chosen its modules."""
    found = AppContext(features=FEATURES, store=store, now=lambda: CLOCK.at)
    for settings in (PAY, NEXT):
        phases.apply_settings(found, settings)
    folder.import_guides(found, "PAY", [("guide.md", GUIDE)])
    post_mortems.save(found, LENA, "PAY", 0, {LessonKind.LEARNED: "Test the month-end first"}, "words")
    return found


def test_a_phase_takes_what_it_has_not_chosen_itself(app: AppContext) -> None:
    with pytest.raises(Refused, match="Only admins and leads can see and change the settings of Second go-live"):
        lessons.take(app, HANA, "NEXT", "PAY", "by another")
    said = lessons.take(app, LENA, "NEXT", "PAY", "take")
    assert "intake.custom_fields, conversations.macros, reporting.kpi_targets" in said
    assert "1 article is in the knowledge base." in said
    after = phases.get_phase(app, "NEXT")
    assert (after.intake.modules, after.intake.custom_fields[0].id) == (("Bank",), "site")
    assert (after.conversations.macros[0].name, after.leads, after.go_live) == ("restart", (LENA.id,), None)
    with app.store.read() as tx:
        assert [one.text for one in tx.articles.list_published([after.id])] == [GUIDE]
        told = [str(one) for one in tx.connection.scalars(select(messages.c.payload))]
    assert sum("Test the month-end first" in one for one in told) == 1
    assert "0 articles" in lessons.take(app, LENA, "NEXT", "PAY", "again"), "nothing is doubled"
    assert [one.key for one in lessons.list_offers(app, LENA, after)] == ["PAY"]
    assert lessons.list_offers(app, HANA, after) == []


def test_the_file_has_results_and_estimates_and_brings_them_to_another_installation(tmp_path: Path) -> None:
    store = open_store(sqlite(tmp_path / "bot.db"))
    filled(store)
    store.close()
    assert hypercare(tmp_path, "lessons", "export", "pay", "--out", "pay.json").returncode == 0
    found = Lessons.model_validate_json((tmp_path / "pay.json").read_bytes())
    assert {one.kpi: (one.value, one.is_met) for one in found.targets}["Open tickets"] == (0, True)
    [estimate] = found.estimates
    assert (estimate.what, estimate.expected, estimate.actual) == ("Reports a working day", 12, 0)
    assert found.learned == {LessonKind.LEARNED: "Test the month-end first"}
    assert "1 article is in" in hypercare(tmp_path, "lessons", "import", "next", "pay.json").stdout
    assert "lessons of PAY itself" in hypercare(tmp_path, "lessons", "import", "pay", "pay.json").stderr
    (tmp_path / "other.json").write_text('{"version": 2}', encoding="utf-8")
    assert "has no lessons" in hypercare(tmp_path, "lessons", "import", "next", "other.json").stderr
    torn = found.model_copy(update={"settings": {"intake": {"modules": 7}, "sla": {"targets": "soon"}}})
    (tmp_path / "torn.json").write_text(torn.model_dump_json(), encoding="utf-8")
    assert "can't be read" in hypercare(tmp_path, "lessons", "import", "next", "torn.json").stderr


def test_nothing_that_is_handed_on_names_a_person_a_channel_or_a_date() -> None:
    chosen = reusable_settings(PAY)
    assert chosen["intake"]["modules"] == ["Payslip"]
    assert "sla" not in chosen, "what no one has chosen is not handed on"
    words = str(chosen)
    assert not any(one in words for one in (LENA.id, "C0DESK00", "C0ONCALL", str(PAY.go_live)))
    for area, names in REUSED.items():
        assert set(names) <= set(type(getattr(PAY, area)).model_fields), area


def test_a_setting_that_this_version_does_not_know_is_left_out() -> None:
    found = Lessons(phase="PAY", name="Payday", exported_on=CLOCK.at.date(),
                    settings={"intake": {"colour": "red", "emoji": "bug"}, "pulse": {"pulses": []}})  # fmt: skip
    assert take_over(NEXT, found) == (NEXT, [])
    wrong = found.model_copy(update={"settings": {"conversations": {"macros": "none"}}})
    with pytest.raises(ValidationError):
        take_over(NEXT, wrong)
