"""A lead sends a file to the bot: what it would do is shown first, then it is imported, and no row twice."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.context import AppContext
from bot.services.intake import csv_import, file_imports
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.views.intake.file_import import ImportChoice
from domain.errors import Refused
from domain.intake.file_import import FileKind, Unreadable
from domain.oncall.settings import Layer, Rota
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from storage.delivery.tables import messages
from storage.store import Store
from tests.support.bot import BotWorkspace

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LENA, JO = Person("U0LENA0001"), Person("U0JOADLER1")
PHASE = PhaseSettings(
    key="PAY", name="Pay", triage_channel="C0TRIAGE01", oncall_channel="C0ONCALL01", leads=(LENA.id,),
    responders=(JO.id,), oncall={"rotas": (Rota(name="primary", layers=(Layer(people=(LENA.id,)),)),)},
)  # fmt: skip
HEAD = b"summary,severity,reporter\n"
SHIFT = """BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:{who}\r
DTSTAMP:20261101T000000Z\r\nDTSTART:20261130T090000Z\r\nDTEND:20261201T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""


@pytest.fixture
def app(store: Store) -> AppContext:
    made = AppContext(features=FEATURES, store=store, now=lambda: NOW)
    phases.apply_settings(made, PHASE)
    return made


def sent(app: AppContext, content: bytes | Unreadable, name: str = "old.csv", **choice: str) -> str:
    """Have a file read; return what the lead reads."""
    kind = FileKind.CALENDAR if name.endswith("ics") else FileKind.TICKETS
    file_imports.request_import(app, LENA, ("F0FILE", name), kind, ImportChoice("PAY", **choice), f"{name} {content!r}")
    for made in file_imports.list_requested(app):
        with app.transaction() as tx:
            file_imports.receive(app, made.id, content, tx)
    return says(app)


def says(app: AppContext) -> str:
    """Return what the bot's message says by now."""
    with app.store.read() as tx:
        newest = select(messages.c.payload).order_by(messages.c.id.desc()).limit(1)
        lane = tx.outbox.list_lanes("import:")[-1]
        return str(tx.connection.scalar(newest.where(messages.c.lane_id == lane.id)))


def test_what_can_not_be_imported_is_said_line_by_line_at_once_and_nothing_is_written(app: AppContext) -> None:
    says = sent(app, HEAD + b",urgent,maria\nThe till is down,high,U0MARIA001\n")
    assert "I can't import old.csv. Nothing was changed." in says
    assert "line 2: the summary is empty" in says
    assert "line 2: severity: “urgent”" in says
    assert "line 2: reporter: “maria”" in says
    with pytest.raises(Refused, match="Send it to me again"):
        file_imports.start(app, LENA, 1, "start")


def test_where_a_file_names_no_reporter_the_one_that_was_chosen_counts(app: AppContext) -> None:
    assert "line 2: the reporter is empty" in sent(app, HEAD + b"The till is down,high,\n")
    one = sent(app, HEAD + b"The till is down,high,\nThe menu is blue,low,U0MARIA001\n", "a.csv", stand_in=JO.id)
    assert "1 ticket has no reporter in the file, so it gets the one you chose" in one
    assert "1 ticket would be created in PAY" in sent(app, b"summary,severity\nSlow,low\n", "b.csv", stand_in=JO.id)
    file_imports.start(app, LENA, 3, "start")
    while timers.run_due(app):
        pass
    with app.store.read() as tx:
        assert [ticket.reporter for ticket in tx.tickets.list_newest(datetime(2000, 1, 1, tzinfo=UTC), 9)] == [JO.id]


def test_rows_are_imported_in_batches_and_each_once(app: AppContext) -> None:
    rows = b"".join(b"Problem %d,low,U0MARIA001\n" % number for number in range(45))
    assert "45 tickets would be created in PAY" in sent(app, HEAD + rows)
    with pytest.raises(Refused):
        file_imports.start(app, JO, 1, "start of another")
    file_imports.start(app, LENA, 1, "start")
    assert "0 of 45 rows" in says(app)
    while timers.run_due(app):
        pass
    assert "All 45 tickets of old.csv are in PAY now" in says(app)
    with app.store.read() as tx:
        assert len(tx.tickets.list_newest(datetime(2000, 1, 1, tzinfo=UTC), 99)) == 45
        ended = tx.file_imports.find(1)
    assert ended
    assert ended.content is None, "what stood in the file is deleted"
    assert "45 tickets were imported before and are skipped" in sent(app, HEAD + rows, "again.csv")


def test_a_file_is_parsed_once_for_all_its_batches(app: AppContext, monkeypatch: pytest.MonkeyPatch) -> None:
    sent(app, HEAD + b"".join(b"Problem %d,low,U0MARIA001\n" % number for number in range(45)))
    parsed, parse = [], csv_import.parse

    def noted(*given: Any, **more: Any) -> Any:
        parsed.append(given)
        return parse(*given, **more)

    monkeypatch.setattr(csv_import, "parse", noted)
    file_imports.start(app, LENA, 1, "start")
    while timers.run_due(app):
        pass
    assert "All 45 tickets" in says(app)
    assert len(parsed) == 1
    assert not app.parsed_files, "and forgotten at its end"


def test_a_calendar_shows_who_is_on_call_before_and_after(app: AppContext) -> None:
    assert "Write the person's name as in Slack" in sent(app, SHIFT.format(who="Planning").encode(), "s.ics",
                                                         rota="primary")  # fmt: skip
    shown = sent(app, SHIFT.format(who=JO.id).encode(), "shifts.ics", rota="primary")
    assert f"<@{LENA.id}> → <@{JO.id}>" in shown
    file_imports.start(app, LENA, 2, "start")
    assert "Imported 1 shift of primary in PAY" in says(app)


def test_a_calendar_can_hold_the_holidays_of_a_phase(app: AppContext) -> None:
    day = SHIFT.format(who="Advent").replace("DTSTART:20261130T090000Z", "DTSTART;VALUE=DATE:20261130")
    day = day.replace("DTEND:20261201T090000Z", "DTEND;VALUE=DATE:20261201")
    assert "isn't a whole day" in sent(app, SHIFT.format(who="Planning").encode(), "s.ics", rota="")
    assert "becomes a holiday of PAY" in sent(app, day.encode(), "days.ics", rota="")
    file_imports.start(app, LENA, 2, "start")
    assert "1 day of days.ics is a holiday of PAY now" in says(app)
    with app.store.read() as tx:
        assert [str(one) for one in tx.phases.list_phases()[0].sla.holidays] == ["2026-11-30"]


def test_a_file_of_another_person_and_one_that_is_too_large_are_named(app: AppContext) -> None:
    assert "larger than 2 MB" in sent(app, Unreadable.TOO_LARGE)
    assert "another person sent it" in sent(app, Unreadable.NOT_YOURS, "b.csv")


def test_a_file_in_a_direct_message_is_imported(slack: BotWorkspace) -> None:
    lena, maria = slack.person("lena"), slack.person("maria")
    content = f"summary,severity,reporter\nThe till is down,high,{maria.id}\n"
    maria.says("see this", "@hypercare", files=[{"name": "old.csv", "content": content}])
    maria.dm.expects("Do you want to report")
    theirs = next(f for m in maria.dm.messages() for f in m.raw.get("files") or ())
    choice, context = ImportChoice("PAY"), slack.application.context
    file_imports.request_import(context, Person(lena.id), (theirs["id"], "x.csv"), FileKind.TICKETS, choice, "of maria")
    lena.dm.expects("another person sent it")
    lena.says("", "@hypercare", files=[{"name": "old.csv", "content": "summary,severity\nThe till is down,high\n"}])
    lena.presses(lena.dm.expects("Do you want to import tickets from old.csv?"), "Import file")
    lena.modal().submits()
    shown = lena.dm.expects("This is what importing old.csv would do")
    assert "1 ticket would be created in PAY" in shown.words
    assert "so it gets the one you chose" in shown.words, "who sends it, unless another is chosen"
    lena.presses(shown, "Import")
    shown.shows("The ticket of old.csv is in PAY now")
    slack.triage.expects("The till is down")
