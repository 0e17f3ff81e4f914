"""Report links, exports, and signals from other systems."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from pyarrow import parquet
from sqlalchemy import text

from bot.services.phases import links, phases
from bot.transport.reports import ReportPages
from storage.reporting.exports import VIEWS, ColumnKind, Exports, ExportView
from storage.store import StoreFailure
from tests.support.bot import BotWorkspace
from tests.support.command import ROOT, hypercare
from tests.support.oncall import applied

TOKEN = "what other systems have to know"


@pytest.fixture
def served(slack: BotWorkspace) -> BotWorkspace:
    """A bot that others can reach, after a day with a private ticket."""
    more = {"monitor_port": 0, "public_url": "https://desk.example", "signals_token": TOKEN}
    slack.stop_bot()
    slack.settings = type(slack.settings)(**{**dict(slack.settings), **more})
    slack.start_bot()
    slack.person("maria").reports("Payslips are <b>blank</b>", "high", module="Payslips")
    slack.person("tom").reports("I can see all salaries", "critical", type="security")
    slack.person("tom").reports("=HYPERLINK(1)", "low", module="Pay run")
    slack.quiet()
    slack.person("jo").opens("/hypercare resolve PAY-1").fills(
        test="Tried", fix="root_cause", explanation="Restarted it"
    ).submits()
    slack.quiet()
    return slack


def link(slack: BotWorkspace, days: str = "") -> str:
    said = slack.person("lena").types(f"/hypercare digest link {days}")["text"]
    found = re.search(r"https://desk\.example(/reports/\S+)", said)
    assert found, said
    return found[1].rstrip(">")


def fetched(slack: BotWorkspace, path: str) -> tuple[int, str, Any]:
    try:
        with urlopen(f"http://127.0.0.1:{slack.application.monitor.port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except HTTPError as error:
        return error.code, error.read().decode(), error.headers


def test_a_report_link_works_until_it_expires(served: BotWorkspace) -> None:
    path = link(served, "2")
    status, page, headers = fetched(served, path)
    assert status == 200
    assert "2 reports, 1 resolved, 1 open" in page
    assert page.count("<svg ") >= 4
    assert "salaries" not in page
    assert not any(served.user_id(name) in page for name in ("maria", "tom", "jo", "lena"))
    assert "blank" not in page
    assert headers["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    served.control.post("clock", advance=timedelta(days=2, minutes=1).total_seconds())
    assert fetched(served, path)[0] == 404


def test_a_report_link_ends_when_it_is_revoked_or_its_lead_loses_the_right(
    served: BotWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def draw(_pages: ReportPages, _key: str, _now: datetime) -> bytes:
        return b"a page"  # what it shows is in the test above, and to draw it takes seconds

    monkeypatch.setattr(ReportPages, "_draw", draw)
    first, second = link(served), link(served)
    url = {"database": served.settings.database}
    listed = hypercare(tmp_path, "links", "list", **url).stdout.splitlines()
    assert [line.split()[1:4] for line in listed] == [["report", "PAY", served.user_id("lena")]] * 2
    said = hypercare(tmp_path, "links", "revoke", listed[0].split()[0], **url).stdout
    assert "was revoked and no longer opens" in said
    assert (fetched(served, first)[0], fetched(served, second)[0]) == (404, 200)
    with served.application.store.read() as tx:
        settings = tx.phases.list_phases()[0].settings
    phases.apply_settings(served.application.context, settings.model_copy(update={"leads": (served.user_id("jo"),)}))
    for path in (second, "/reports/nothing", f"/reports/{quote('ö.ö')}", second[:-1]):
        status, said, headers = fetched(served, path)
        assert (status, "has expired" in said, headers["Cache-Control"]) == (404, True, "private, no-store")


def test_a_wallboard_shows_what_is_critical_and_no_private_ticket(served: BotWorkspace) -> None:
    lena = served.person("lena")
    assert "Only leads of" in served.person("jo").types("/hypercare digest wallboard")["text"]
    found = re.search(r"https://desk\.example(/wallboards/\S+)", lena.types("/hypercare digest wallboard 9")["text"])
    assert found
    path = found[1].rstrip(">")
    served.person("maria").reports("The <i>tills</i> are down", "critical")
    served.quiet()
    status, said, headers = fetched(served, path)
    assert (status, headers["Cache-Control"]) == (200, "private, no-store")
    assert "PAY-4 The &lt;i&gt;tills&lt;/i&gt; are down" in said
    assert "<b>1</b>critical" in said
    assert "PAY-2" not in said
    assert "salaries" not in said
    assert 'http-equiv="refresh"' in said
    assert "<script" not in said
    app = served.application.context
    links.revoke(app, links.list_links(app)[-1][1].id)
    assert fetched(served, path)[0] == 404


def test_report_links_need_a_public_url(slack: BotWorkspace) -> None:
    assert "HYPERCARE_PUBLIC_URL is not set" in slack.person("lena").types("/hypercare digest link")["text"]


def test_only_leads_create_report_links_and_their_life_is_limited(served: BotWorkspace) -> None:
    assert "Only leads of" in served.person("jo").types("/hypercare digest link")["text"]
    assert "from 1 to 90 days" in served.person("lena").types("/hypercare digest link 91")["text"]
    assert "from 1 to 90 days" in served.person("lena").types("/hypercare digest link soon")["text"]


def exported(slack: BotWorkspace, tmp_path: Path, *args: str) -> Path:
    out = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
    done = hypercare(tmp_path, "export", "pay", "--out", str(out), *args, database=slack.settings.database)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return out


READERS: dict[str, Callable[[Path], list[dict[str, Any]]]] = {
    "csv": lambda file: [*csv.DictReader(io.StringIO(file.read_bytes().decode(), newline=""))],
    "jsonl": lambda file: [json.loads(line) for line in file.read_bytes().decode().split("\n") if line],
    "parquet": lambda file: parquet.read_table(file).to_pylist(),
}


@pytest.mark.core
def test_exports_contain_private_tickets_only_on_request(served: BotWorkspace, tmp_path: Path) -> None:
    for name, reader in READERS.items():
        rows = reader(exported(served, tmp_path, "--format", name))
        assert [row["ticket"] for row in rows] == ["PAY-1", "PAY-3"]
        assert list(rows[0]) == list(VIEWS["tickets"].columns)
        assert (rows[0]["status"], rows[0]["reporter"]) == ("resolved", served.user_id("maria"))
        assert str(rows[0]["resolved_at"])[:2] == "20"
        assert rows[1]["summary"] == ("'=HYPERLINK(1)" if name == "csv" else "=HYPERLINK(1)")
        both = reader(exported(served, tmp_path, "--format", name, "--private"))
        assert sorted(row["ticket"] for row in both) == ["PAY-1", "PAY-2", "PAY-3"]
    with served.application.store.read() as tx:
        noted = [
            entry
            for entry in tx.audit.list_since(served.application.context.now() - timedelta(days=9))
            if "export of private" in str(entry)
        ]
    assert len(noted) == 3


@pytest.mark.core
def test_exports_keep_texts_and_numbers_exactly(served: BotWorkspace, tmp_path: Path) -> None:
    hard = "a \"b\", 'c'\r\n\td\\n \u2028 null %s %(x)s ? :phase {0} \x1f 🙂, true"
    with served.application.store.begin() as tx:
        changed = text("UPDATE tickets SET summary = :hard, module = '', category = 'null', priority = :much")
        tx.connection.execute(changed, {"hard": hard, "much": 0.1 + 0.2})
    for name, reader in READERS.items():
        rows = reader(exported(served, tmp_path, "--format", name))
        assert [row["summary"] for row in rows] == [hard] * 2, name
        assert [row["category"] for row in rows] == ["null"] * 2, name
        assert [row["module"] for row in rows] == [""] * 2, name
        assert {row["owner"] for row in rows} == {served.user_id("jo"), "" if name == "csv" else None}
        assert {row["number"] for row in rows} == ({"1", "3"} if name == "csv" else {1, 3})
        close = 0 if name == "parquet" else 1e-15
        assert all(float(row["priority"]) == pytest.approx(0.1 + 0.2, abs=close, rel=close) for row in rows), name


def test_a_failing_export_ends_with_an_error(
    served: BotWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.reporting.exports.BATCH_SIZE", 1)
    with served.application.store.begin() as tx:
        tx.connection.execute(text("UPDATE tickets SET summary = :long"), {"long": "x" * 100_000})
    out = tmp_path / "out" / "tickets"
    out.parent.mkdir()
    for form in READERS:
        (out.parent / "tickets.part").symlink_to("/dev/full")
        done = hypercare(
            tmp_path, "export", "PAY", "--out", str(out), "--format", form, database=served.settings.database
        )
        assert done.returncode == 1, form
        assert "tickets cannot be written: No space left on device." in done.stderr, form
        assert not list(out.parent.iterdir()), form


def test_database_errors_during_exports_are_store_errors(served: BotWorkspace) -> None:
    with served.application.store.read() as tx, pytest.raises(StoreFailure):
        next(
            Exports(tx.connection).json(
                ExportView("hypercare_nothing", {"phase": ColumnKind.CODE}, "phase"), "PAY", private=False
            )
        )


def test_every_documented_view_can_be_exported(served: BotWorkspace, tmp_path: Path) -> None:
    for name in set(VIEWS) - {"phases"}:
        rows = {
            len(reader(exported(served, tmp_path, "--what", name, "--format", form)))
            for form, reader in READERS.items()
        }
        assert len(rows) == 1, name
    said = READERS["jsonl"](exported(served, tmp_path, "--format", "jsonl", "--what", "comments"))
    assert {row["ticket"] for row in said} == {"PAY-1"}


def test_exported_events_contain_no_texts(served: BotWorkspace, tmp_path: Path) -> None:
    rows = READERS["jsonl"](exported(served, tmp_path, "--format", "jsonl", "--what", "events"))
    assert [row["kind"] for row in rows if row["ticket"] == "PAY-1"][:3] == ["opened", "acknowledged", "resolved"]
    assert {row["ticket"] for row in rows} == {"PAY-1", "PAY-3"}


@pytest.mark.core
def test_views_match_their_documentation(slack: BotWorkspace) -> None:
    documented = (ROOT / "docs" / "data.md").read_text()
    with slack.application.store.read() as tx:
        for view in VIEWS.values():
            for name in filter(None, (view.name, view.private)):
                columns = list(tx.connection.execute(text(f"SELECT * FROM {name}")).keys())
                assert columns == list(view.columns)
                assert f"`{name}`" in documented
            for name, kind in view.columns.items():
                assert re.search(rf"\| `{name}` \| {kind.value} \|", documented), (view.name, name)


def says(slack: BotWorkspace, body: Any, *, token: str = TOKEN, key: str = "") -> tuple[int, str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    asked = Request(f"http://127.0.0.1:{slack.application.monitor.port}/signals/pay", data=data, headers=headers)
    try:
        with urlopen(asked, timeout=10) as answer:
            return answer.status, json.loads(answer.read())["said"]
    except HTTPError as error:
        return error.code, json.loads(error.read())["said"]


def test_other_systems_send_events_and_readings(served: BotWorkspace) -> None:
    assert says(served, {"event": "Deployment", "label": "4.2", "at": "2026-03-02T18:00:00+01:00"}) == (
        202, "Marked for Payday go-live: deployment, 4.2.")  # fmt: skip
    assert says(served, {"metric": "uptime", "value": 99.95, "day": "2026-03-02"}) == (
        202, "Uptime of Payday go-live on 2 Mar: 99.95 %.")  # fmt: skip
    assert says(served, {"metric": "satisfied", "value": "14/17", "day": "2026-03-02"}) == (
        202, "Satisfied answers of Payday go-live on 2 Mar: 14 of 17.")  # fmt: skip
    assert says(served, {"event": "batch"}, key="once")[0] == 202
    assert says(served, {"event": "batch"}, key="once") == (202, "This was received before.")
    with served.application.store.read() as tx:
        phase = phases.get_phase(served.application.context, "PAY")
        now = served.application.context.now()
        assert [
            m.kind for m in tx.readings.list_events(phase.id, now - timedelta(days=900), now + timedelta(days=1))
        ] == ["deployment", "batch"]
        second = date(2026, 3, 2)
        assert tx.readings.list_values(phase.id, "uptime", second, second) == [(second, 99.95)]


INVALID: tuple[tuple[Any, str], ...] = (
    ({"metric": "uptime", "value": "good"}, "“good” is not a number"),
    ({"metric": "uptime", "value": 101}, "from 0 to 100"),
    ({"metric": "speed", "value": 1}, "There is no metric “speed”"),
    ({"metric": "satisfied", "value": "18/17"}, "“18/17” is not a share of a day's answers such as 14/17"),
    ({"metric": "satisfied", "value": "1/2", "day": "2099-01-01"}, "1 Jan 2099 is in the future"),
    ({"event": "deployment", "at": "soon"}, "“soon” is not a time"),
    ({"event": " "}, "Say what happened, as in"),
    ([], "not a JSON object"),
    (b"{", "not JSON"),
)


def test_invalid_signals_are_answered_with_a_sentence(served: BotWorkspace) -> None:
    for body, sentence in INVALID:
        status, said = says(served, body)
        assert (status, sentence in said) == (400, True), (body, said)


def test_signals_without_the_token_are_refused(served: BotWorkspace) -> None:
    assert says(served, {"event": "deployment"}, token="guessed") == (401, "The token is missing or wrong.")


def test_a_readings_file_is_imported_whole_or_not_at_all(slack: BotWorkspace, tmp_path: Path) -> None:
    applied(slack)
    file = tmp_path / "before.csv"

    def takes() -> tuple[int, str]:
        done = hypercare(tmp_path, "readings", "PAY", str(file), database=slack.settings.database)
        return done.returncode, done.stdout + done.stderr

    file.write_text("metric,day,value\nreports,2026-02-02,4\nspeed,2026-02-02,4\nreports,Monday,4\n")
    code, said = takes()
    assert code == 1
    assert "line 3: There is no metric “speed”" in said
    assert "line 4: “Monday” is not a day" in said
    file.write_text("metric,day,value\nreports,2026-02-02,4\nreports,2026-02-03,5\nadoption,2026-02-03,61.5\n")
    assert takes() == (0, "Imported 3 readings of PAY.\n")
