"""Files of other desks: their forms are read, nothing is written before what is lost was shown, and nothing twice."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient

from bot.commands import imports
from bot.context import AppContext
from bot.services.csv_files import InvalidFile, parse
from bot.services.intake import csv_import
from bot.services.intake.csv_import import ImportPreview
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.settings.phase_toml import to_toml
from domain.intake.dates import DateOrder, UnreadableDate, order_of, read_date
from domain.intake.settings import ImportBase, ImportMap
from domain.phases.settings import PhaseSettings
from domain.reporting.milestones import milestones, moments_after
from domain.sla.clocks import sla_clocks
from domain.sla.targets import policy_for
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket
from domain.tickets.types import TicketType
from storage.store import Store
from tests.operations.test_cli import workspace
from tests.support.command import hypercare
from tests.support.control import Control

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
PEOPLE = {"maria@example.com": "U0MARIA001", "Maria Klein": "U0MARIA001", "Jo Adler": "U0JOADLER1"}
PHASE = PhaseSettings(key="PAY", name="Pay", system="Pay", timezone="Europe/Berlin", triage_channel="C0TRIAGE01",
                      oncall_channel="C0ONCALL01", leads=("U0LENA0001",), responders=("U0JOADLER1",))  # fmt: skip


@pytest.fixture
def app(store: Store) -> AppContext:
    made = AppContext(features=FEATURES, store=store, now=lambda: NOW)
    phases.apply_settings(made, PHASE)
    return made


def shown(app: AppContext, text: str | bytes, base: str = "", **more: object) -> ImportPreview:
    data = text.encode() if isinstance(text, str) else text
    mapped = ImportMap(base=ImportBase(base), **more.pop("map", {})) if base else None
    return csv_import.preview(app, data, name="old.csv", mapped=mapped, people=PEOPLE, **more)


def made(app: AppContext, found: ImportPreview) -> list[Ticket]:
    assert found.errors == []
    for row in found.rows:
        csv_import.import_row(app, found.phase, row)
    with app.store.read() as tx:
        return sorted(tx.tickets.list_newest(datetime(2000, 1, 1, tzinfo=UTC), 99), key=lambda one: one.number)


def test_a_jira_export_keeps_status_dates_owner_labels_and_comments(app: AppContext) -> None:
    text = ("\ufeffIssue key,Summary,Priority,Status,Reporter,Assignee,Created,Resolved,Labels,Labels,Comment,Comment,"
            "Sprint\n"
            "OPS-1,Login fails,Highest,In Progress,maria@example.com,Jo Adler,12/Nov/26 9:14 AM,,a,b,"
            "12/Nov/26 9:20 AM;Maria Klein;It still fails,12/Nov/26 10:00 AM;Kim Otto;Looking,7\n"
            "OPS-2,Typo,Low,Done,Kim Otto,Kim Otto,10/Nov/26 9:14 AM,11/Nov/26 9:14 AM,,,,,\n")  # fmt: skip
    found = shown(app, text, "jira", stand_in="U0LENA0001")
    said = "\n".join(found.lines())
    assert "Columns that are left out: Sprint." in said
    assert "Owners who aren't known in Slack" in said
    assert "“Kim Otto” (line 3)" in said
    assert "2 tickets would be created in PAY." in said
    with app.store.read() as tx:
        assert tx.tickets.count_by_status() == {}, "nothing was written"
    first, second = made(app, found)
    assert (first.severity, first.status, first.owner) == (Severity.CRITICAL, Status.INVESTIGATING, "U0JOADLER1")
    assert first.opened_at == datetime(2026, 11, 12, 8, 14, tzinfo=UTC), "in the phase's time zone"
    assert (first.reporter, first.report.extra) == ("U0MARIA001", {"imported_from": "Jira OPS-1", "labels": "a, b"})
    assert (second.status, second.unconfirmed, second.owner, second.reporter) == (
        Status.RESOLVED, True, None, "U0LENA0001")  # fmt: skip
    assert second.report.extra["reported_by"] == second.report.extra["assigned_to"] == "Kim Otto"
    with app.store.read() as tx:
        comments = tx.comments.list_comments(first.id)
        events = tx.tickets.list_events(second.id)
    policy = policy_for(found.phase, "", TicketType.BUG)
    calendar = policy(second.severity, "").calendar
    closed = milestones(moments_after(events), calendar, sla_clocks(events, policy))
    assert closed
    assert [(one.side, one.words) for one in comments] == [
        ("reporter", "It still fails"), ("team", "Kim Otto: Looking")]  # fmt: skip
    assert closed.resolved_at == datetime(2026, 11, 11, 8, 14, tzinfo=UTC)
    assert (closed.acknowledge_met, closed.resolve_met) == (None, None), "another team met it, or didn't"


def test_importing_again_adds_nothing(app: AppContext) -> None:
    text = """number,opened_at,short_description,priority,state,caller_id
INC0010001,2026-11-10 09:37:45,Login fails,1 - Critical,In Progress,Maria Klein
"""
    found = shown(app, text, "servicenow")
    (ticket,) = made(app, found)
    assert (ticket.status, ticket.owner, ticket.severity) == (Status.INVESTIGATING, None, Severity.CRITICAL)
    again = shown(app, text.replace("Login fails", "Login fails again"), "servicenow")
    assert (again.known, "1 ticket was imported before and is skipped." in [*again.lines()]) == (1, True)
    assert len(made(app, again)) == 1


def test_the_clocks_of_this_team_start_at_the_import(app: AppContext) -> None:
    """And so the import of old tickets warns no one, and asks no one."""
    text = "Title;Priority;Status;Opening date;Requester - Requester\nSlow;High;New;2026-06-01 09:00;Maria Klein\n"
    (ticket,) = made(app, shown(app, text, "glpi"))
    allowed = policy_for(phases.get_phase(app, "PAY"), "", TicketType.BUG)(ticket.severity, "")
    assert ticket.due_at == allowed.calendar.add(NOW, min(allowed.targets.values()))
    with app.store.read() as tx:
        assert [event.kind.value for event in tx.tickets.list_events(ticket.id)] == ["opened"]


def test_everything_that_is_wrong_is_said_at_once_with_its_line(app: AppContext) -> None:
    text = ("Id,Subject,Requester,Priority,Status,Created at\n"
            "1,Login,Maria Klein,P0,Open,2026-11-10 09:00\n"
            "2,,Nobody Known,P0,Lost,2026-11-31 09:00\n"
            "3,Print,Maria Klein,Urgent,Open,2027-01-01 09:00\n"
            "4,Print,Maria Klein,Urgent,Open,2026-11-10 09:00,and more\n")  # fmt: skip
    found = shown(app, text, "zendesk")
    assert [error.split(".")[0] for error in found.errors] == [
        "line 5 has seven values, but there are only six columns",
        "line 3: opened: “2026-11-31 09:00” is not a day of the calendar, or not a time of the day",
        "line 3: the summary is empty",
        "line 4: opened: 2027-01-01 09:00 lies in the future",
        "2 lines from line 2 on: severity: “P0” isn't mapped",
        "line 3: status: “Lost” isn't mapped",
        "line 3: reporter: “Nobody Known” isn't known in Slack",
    ]


def test_a_map_of_ones_own_adds_to_a_known_one(app: AppContext) -> None:
    text = "Key|Titel|Priority|Status\nX-1|Druckt nicht|P0|Wartet\n"
    mine = {"columns": {"summary": ("Titel",)}, "severities": {"P0": "critical"}, "statuses": {"wartet": "waiting"}}
    (ticket,) = made(app, shown(app, text, "jira", map=mine, stand_in="U0LENA0001"))
    assert (ticket.summary, ticket.severity, ticket.status) == ("Druckt nicht", Severity.CRITICAL, Status.WAITING)


SERVICENOW_NOTES = """2026-11-11 10:00:00 - Jo Adler (Work notes)
The vendor is to blame

2026-11-10 10:00:00 - Maria Klein (Additional comments)
It fails
on every page
"""


def test_internal_work_notes_stay_where_they_are(app: AppContext) -> None:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["Number", "Short description", "Priority", "State", "Caller", "Comments and Work notes"])
    rows.writerow(["INC1", "Login", "2 - High", "New", "Maria Klein", SERVICENOW_NOTES])
    found = shown(app, out.getvalue(), "servicenow")
    assert "Internal work notes, which are left out: line 2." in [*found.lines()]
    (ticket,) = made(app, found)
    with app.store.read() as tx:
        assert [one.words for one in tx.comments.list_comments(ticket.id)] == ["It fails\non every page"]


OWN = "summary,severity,reporter"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(f"{OWN},happened\nLogin,high,U0MARIA,It fails, then works\n".encode(),
                     "line 2 has five values, but there are only four columns", id="unquoted comma"),
        pytest.param(f"{OWN},summary\nLogin,high,U0MARIA,Else\n".encode(), "the column summary appears twice",
                     id="a column twice"),
        pytest.param(f'{OWN}\n"Login,high,U0MARIA\n'.encode(), "line 2: old.csv has a quoted value that doesn't end",
                     id="an open quote"),
        pytest.param(f'{OWN}\n"Log"in,high,U0MARIA\n'.encode(), "line 2: old.csv has a misplaced quote", id="quotes"),
        pytest.param(b"", "is empty", id="nothing"),
        pytest.param(b"\xff\xfea\x00b", "is not in utf-16", id="half a character"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read_say_where_and_why(app: AppContext, data: bytes, said: str) -> None:
    try:
        found = "\n".join(shown(app, data).errors)
    except InvalidFile as error:
        found = str(error)
    assert said in found


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (f"{OWN},\nLogin,high,U0MARIA,\n,,\n,,\n", "utf-8"),
        ("sep=;\nsummary;severity;reporter\nLogin;high;U0MARIA\n", "utf-8"),
        ("summary\tseverity\treporter\r\nLogin\thigh\tU0MARIA\r\n", "utf-16"),
        ("summary|severity|reporter\nLogin|high|U0MARIA\n", "utf-16-le"),
        (f"\ufeff{OWN}\nLogin,high,U0MARIA", "utf-8"),
        (f"{OWN}\nLögin,high,U0MARIA", "cp1252"),
    ],
)
def test_every_dialect_is_read(app: AppContext, data: str, encoding: str) -> None:
    found = shown(app, data.encode(encoding))
    assert [row.report.summary for row in found.rows] == ["Lögin" if "ö" in data else "Login"]
    assert [("“Lögin,high,U0MARIA”" in note) for note in found.notes] == [True] * (encoding == "cp1252")


def test_lines_that_say_the_same_become_tickets_each(app: AppContext) -> None:
    text = f"{OWN}\nSlow,high,U0MARIA\nSlow,high,U0MARIA\nSlow,high,U0TOM\n"
    found = shown(app, text)
    assert found.notes == ["Lines 2, 3, 4 have the same summary, “Slow”. Each becomes a ticket."]
    assert len(made(app, found)) == 3
    assert len(made(app, shown(app, text))) == 3


cells = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf")) | st.just("\n"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=5), st.sampled_from(",;\t|"),
       st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))  # fmt: skip
def test_what_a_csv_writer_wrote_is_read_back(rows: list[list[str]], delimiter: str, encoding: str) -> None:
    """Python's own writer is the reference."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([["summary", "severity", "reporter"], *rows])
    table = parse(out.getvalue().encode(encoding), name="x", expected=["summary", "severity", "reporter"])
    kept = [row for row in rows if any(value.strip() for value in row)]
    assert [[*row.values] for row in table.rows] == kept


def forms(day: date) -> Iterator[tuple[str, DateOrder | None]]:
    """A day as Jira, ServiceNow, GLPI, Zendesk and mail write it."""
    yield f"{day:%d/%b/%y} 9:14 AM", None
    yield f"{day:%Y-%m-%d} 09:14:00", None
    yield f"{day:%d-%m-%Y} 09:14", DateOrder.DAY_FIRST
    yield f"{day:%d.%m.%y}, 09:14", DateOrder.DAY_FIRST
    yield f"{day:%m/%d/%Y} 9:14 am", DateOrder.MONTH_FIRST
    yield f"{day:%b %d, %Y}, 9:14:00 AM", None
    yield f"{day:%Y/%m/%d} 9:14 AM", None
    yield f"{day:%a, %d %b %Y} 09:14:00", None


@settings(max_examples=40, deadline=None)
@given(st.dates(date(2001, 1, 1), date(2040, 1, 1)), st.sampled_from(["Europe/Berlin", "Pacific/Kiritimati", "UTC"]))
def test_a_date_is_the_same_in_every_form(day: date, zone: str) -> None:
    wanted = datetime(day.year, day.month, day.day, 9, 14, tzinfo=ZoneInfo(zone))
    assert {read_date(text, order, zone) for text, order in forms(day)} == {wanted}
    offset = wanted.strftime("%z")
    assert read_date(f"{day:%Y-%m-%d}T09:14:00.000{offset}", None, "America/New_York") == wanted


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dates(date(2001, 1, 1), date(2030, 1, 1)), min_size=1, max_size=6),
       st.sampled_from([("%d/%m/%Y", DateOrder.DAY_FIRST), ("%m-%d-%y", DateOrder.MONTH_FIRST)]))  # fmt: skip
def test_the_order_of_day_and_month_is_found_in_all_dates_or_asked(days: list[date], form: tuple) -> None:
    """Never the wrong one: where no date tells, none is found."""
    found = order_of([day.strftime(form[0]) for day in days])
    tells = any(day.day > 12 for day in days)
    if tells:
        assert found is form[1]
    elif any(day.day != day.month for day in days):
        assert found is None


def test_dates_that_contradict_each_other_or_name_an_unclear_zone_are_refused() -> None:
    with pytest.raises(UnreadableDate, match="begins with the day"):
        order_of(["25/04/2026", "04/25/2026"])
    with pytest.raises(UnreadableDate, match="names a time zone, CST"):
        read_date("2026-11-10 09:00 CST", None, "UTC")
    with pytest.raises(UnreadableDate, match="two months"):
        read_date("03/04/2026", None, "UTC")


def test_ambiguous_dates_are_asked_and_then_read(app: AppContext) -> None:
    text = "Key,Summary,Priority,Created\nX-1,Slow,High,03/04/2026\n"
    found = shown(app, text, "jira", stand_in="U0LENA0001")
    assert "The dates can be read in two ways" in found.errors[0]
    (ticket,) = made(app, shown(app, text, "jira", stand_in="U0LENA0001", map={"dates": "day-first"}))
    assert ticket.opened_at == datetime(2026, 4, 2, 22, tzinfo=UTC)


JIRA = """Issue key,Summary,Priority,Status,Reporter,Created,Board
OPS-1,Login fails,Highest,To Do,maria@example.com,12/Nov/26 9:14 AM,b
"""


def test_the_command_shows_first_and_writes_when_told(tmp_path: Path) -> None:
    (tmp_path / "pay.toml").write_text(to_toml(PHASE))
    assert hypercare(tmp_path, "phase", "apply", "pay.toml").returncode == 0
    (tmp_path / "old.csv").write_text(JIRA)
    command = ("import", "old.csv", "--map", "jira")
    lost = hypercare(tmp_path, *command)
    assert lost.returncode == 1
    assert "line 2: reporter: “maria@example.com” isn't known in Slack" in lost.stderr
    command = (*command, "--person", "maria@example.com=U0MARIA001")
    shown_first = hypercare(tmp_path, *command)
    assert "Columns that are left out: Board." in shown_first.stdout
    assert "1 ticket would be created in PAY." in shown_first.stdout
    assert "Nothing was written. To create the tickets, add --apply." in shown_first.stdout
    assert "Created 1 ticket in PAY." in hypercare(tmp_path, *command, "--apply").stdout
    assert "Created 0 tickets in PAY. Skipped 1 ticket" in hypercare(tmp_path, *command, "--apply").stdout


def test_people_are_found_in_slack_on_whatever_page_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "PAGE", 2)
    (tmp_path / "pay.toml").write_text(to_toml(PHASE))
    assert hypercare(tmp_path, "phase", "apply", "pay.toml").returncode == 0
    with workspace() as there:
        people = [one["profile"]["email"] for one in WebClient(there["bot_token"], there["api"]).users_list()["members"]
                 if one["profile"].get("email") and not one["is_bot"]]  # fmt: skip
        rows = [f"OPS-{n},Slow,High,To Do,{person},2026-11-12 09:14" for n, person in enumerate(people)]
        (tmp_path / "old.csv").write_text("\n".join(["Issue key,Summary,Priority,Status,Reporter,Created", *rows]))
        command = ("import", "old.csv", "--map", "jira")
        given = {"bot_token": there["bot_token"], "app_token": there["app_token"], "slack_url": there["api"]}
        done = hypercare(tmp_path, *command, **given)
        assert f"{len(people)} tickets would be created in PAY." in done.stdout, done.stderr
        Control(there["url"]).post("faults", method="users.list", body="<html>Log in</html>")
        lost = hypercare(tmp_path, *command, **given)
        assert "Slack isn't what answers at" in lost.stderr


def test_a_map_file_with_mistakes_says_which(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text('base = "jirra"\n[severities]\nP0 = "worst"\n')
    (tmp_path / "old.csv").write_text("Summary\nx\n")
    done = hypercare(tmp_path, "import", "old.csv", "--map", "map.toml")
    assert done.returncode == 1
    assert "base: " in done.stderr
    assert "severities.P0" in done.stderr
    assert "no system that is known: jira" in hypercare(tmp_path, "import", "old.csv", "--map", "jirra").stderr
