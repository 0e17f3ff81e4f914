"""The `hypercare` command: plain messages, exit codes, no tracebacks and no secrets."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import tomli_w

from bot import cli
from bot.commands.sandbox import MANIFEST, phase_of
from bot.context import utc_now
from bot.database import open_store
from sandbox.server import Sandbox
from tests.support import ready as databases
from tests.support.bot import free_port
from tests.support.command import ROOT, Done, environment, hypercare
from tests.support.control import Control, eventually
from tests.support.loop import Loop
from tests.support.people import Workspace

COMMAND = [sys.executable, "-m", "bot"]
STARTED = 120.0  # seconds until a process of its own is connected, on a machine that is busy


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Path:
    """What `environment` names: set up already, except where a test is about setting up and deletes it."""
    databases.sqlite(tmp_path / "bot.db")
    return tmp_path / "bot.db"


@contextmanager
def workspace(mode: str = "socket") -> Iterator[dict[str, Any]]:
    """A bare workspace in this process, and what `hypercare sandbox --only` says of one."""
    with closing(Loop()) as loop:
        box = Sandbox(manifest=MANIFEST, port=0, mode=mode, request_url=f"http://127.0.0.1:{free_port()}/slack/events")
        loop.run(box.start())
        yield {"url": box.url, "api": box.api_url, "bot_token": box.bot_token, "app_token": box.app_token,
               "signing_secret": box.signing_secret,
               "phase": phase_of(box).model_dump(mode="json", exclude_defaults=True)}  # fmt: skip
        loop.run(box.stop())


@contextmanager
def started(tmp_path: Path, *args: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own; it has to end by itself when it is told to; a busy machine may let it wait."""
    log = tmp_path / f"{args[0]}.log"
    with log.open("w") as errors:
        process = subprocess.Popen([*COMMAND, *args], env=environment(tmp_path, **settings), cwd=tmp_path, text=True,
                                   stdout=subprocess.PIPE, stderr=errors)  # fmt: skip
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in log.read_text()) == (0, False), log.read_text()
    finally:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    return dict(json.loads(process.stdout.readline()))


def connected(control: Control) -> None:
    """Wait until a bot of its own process is there."""
    eventually(lambda: control.get("state")["ready"], "a bot that is connected", STARTED)


def phase_file(tmp_path: Path, phase: dict[str, Any]) -> Path:
    file = tmp_path / "phase.toml"
    file.write_text(tomli_w.dumps(phase), encoding="utf-8")
    return file


@pytest.mark.parametrize("args", [("--help",), ("run", "--help"), ("sandbox", "--help"), ("phase", "--help")])
def test_help_shows_the_usage(tmp_path: Path, args: tuple[str, ...]) -> None:
    done = hypercare(tmp_path, *args)
    assert done.returncode == 0
    assert "usage: hypercare" in done.stdout


@pytest.mark.parametrize("words", ["--help", "audit", "phase list"])
def test_a_reader_that_has_enough_ends_a_command_without_a_word(tmp_path: Path, words: str) -> None:
    """As `hypercare audit | head` does."""
    phase = {"key": "PAY", "name": "Payday", "triage_channel": "C0000001", "oncall_channel": "C0000002",
             "leads": ["U0LENA0"]}  # fmt: skip
    assert hypercare(tmp_path, "phase", "apply", str(phase_file(tmp_path, phase))).returncode == 0
    reading, writing = os.pipe()
    os.close(reading)
    surroundings = mock.patch.dict(os.environ, environment(tmp_path), clear=True)
    with surroundings, os.fdopen(writing, "w") as out, redirect_stdout(out), redirect_stderr(StringIO()) as errors:
        assert cli.main(words.split()) == cli.BROKEN_PIPE
    assert errors.getvalue() == ""


def test_version_prints_the_package_version(tmp_path: Path) -> None:
    assert hypercare(tmp_path, "--version").stdout.startswith("hypercare 0.")


def error_of(done: Done, code: int = 1) -> str:
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    return done.stderr


def test_run_names_every_missing_token(tmp_path: Path) -> None:
    said = error_of(hypercare(tmp_path, "run"))
    assert "HYPERCARE_BOT_TOKEN: please set it." in said


def test_run_explains_a_wrong_bot_token(tmp_path: Path) -> None:
    with workspace() as ready:
        api = ready["api"]
        tokens = {"bot_token": "xoxb-wrong-secret", "app_token": "xapp-wrong-secret"}
        said = error_of(hypercare(tmp_path, "run", slack_url=api, **tokens))
    assert "Slack does not accept the bot token (invalid_auth)" in said
    assert "wrong-secret" not in said


def test_run_explains_a_wrong_app_token(tmp_path: Path) -> None:
    with workspace() as ready:
        said = error_of(hypercare(tmp_path, "run", slack_url=ready["api"], bot_token=ready["bot_token"],
                                    app_token="xapp-wrong-secret"))  # fmt: skip
    assert "Slack does not accept the app token (invalid_auth)" in said


def test_run_explains_that_slack_is_unreachable(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/api/"
    said = error_of(hypercare(tmp_path, "run", slack_url=url, bot_token="xoxb-1", app_token="xapp-1"))
    assert f"Slack cannot be reached at {url}" in said


@pytest.mark.parametrize("database", [
    "postgresql://operator:hunter2@127.0.0.1:1/none", "sqlite:////proc/none/hypercare.db",
])  # fmt: skip
def test_commands_explain_an_unreachable_database(tmp_path: Path, database: str) -> None:
    for command in (("run",), ("db", "check"), ("db", "upgrade")):
        done = hypercare(tmp_path, *command, bot_token="xoxb-1", app_token="xapp-1", database=database)
        assert "The database cannot be opened" in error_of(done)
        assert "hunter2" not in done.stderr


def test_a_port_in_use_is_explained(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = error_of(hypercare(tmp_path, "sandbox", "--no-open", "--port", port))
        assert f"Port {port} cannot be used" in said
        with workspace("http") as ready:
            done = hypercare(tmp_path, "run", slack_url=ready["api"], bot_token=ready["bot_token"], mode="http",
                             signing_secret=ready["signing_secret"], port=port)  # fmt: skip
    assert f"Port {port} on 127.0.0.1 cannot be used" in error_of(done)


def test_db_creates_checks_and_refuses_a_newer_schema(tmp_path: Path, database: Path) -> None:
    database.unlink()
    assert "empty" in hypercare(tmp_path, "db", "check").stdout
    assert "up to date" in hypercare(tmp_path, "db", "upgrade").stdout
    assert hypercare(tmp_path, "db", "check").returncode == 0
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer" in error_of(hypercare(tmp_path, "run", bot_token="xoxb-1", app_token="xapp-1"))


def test_phase_apply_lists_every_error_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "phase.toml"
    file.write_text('key = "pay"\nname = "x"\nleads = ["lena"]\n')
    said = error_of(hypercare(tmp_path, "phase", "apply", str(file)))
    starts = [line.rsplit(": ", 1)[0] for line in said.splitlines()[1:]]
    assert starts[:3] == ["line 1: key", "triage_channel", "oncall_channel"]
    assert starts[3].startswith("line 3: leads")


@pytest.mark.long
@pytest.mark.parametrize("mode", ["socket", "http"])
def test_run_works_in_an_empty_workspace(tmp_path: Path, database: Path, mode: str) -> None:
    database.unlink()
    port = str(free_port())
    address = f"http://127.0.0.1:{port}/slack/events"
    with started(
        tmp_path, "sandbox", "--only", "--port", "0", "--no-open", "--mode", mode, "--request-url", address
    ) as box:
        ready = first_line(box)
        tokens = {"bot_token": ready["bot_token"], "app_token": ready["app_token"], "mode": mode, "port": port,
                  "signing_secret": ready["signing_secret"], "slack_url": ready["api"]}  # fmt: skip
        applied = hypercare(tmp_path, "phase", "apply", str(phase_file(tmp_path, ready["phase"])))
        assert "Phase PAY" in applied.stdout, applied.stderr
        with started(tmp_path, "run", log_level="debug", **tokens):
            control = Control(ready["url"])
            connected(control)
            slack = Workspace(control)
            slack.person("maria").reports("Slow page", "critical")
            slack.triage.expects("Slow page")
            slack.person("maria").dm.expects("Thank you")
        logged = (tmp_path / "run.log").read_text()
        doctor = hypercare(tmp_path, "doctor", **tokens)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert "scopes: all" in doctor.stdout
    assert "BAD" not in doctor.stdout
    for word in (
        "A ticket was opened.",
        "ticket_opened",
        "A message was sent.",
        "request=",
        "message_id=",
        "ticket=",
        "lane=",
    ):
        assert word in logged
    for secret in ("Slow page", ready["bot_token"], ready["app_token"], ready["signing_secret"]):
        assert secret not in logged


def test_doctor_says_how_to_fix_each_problem(tmp_path: Path) -> None:
    with workspace() as ready:
        control = Control(ready["url"])
        control.post("archive", channel="hypercare-desk")
        there = control.post("groups", handle="payroll-team", users=["jo"])["group"]["id"]
        phase_file(tmp_path, ready["phase"] | {"responders": [there, "S0GONEGONE"]})
        hypercare(tmp_path, "phase", "apply", "phase.toml")
        control.post("leave", user="hypercare", channel="hypercare-oncall")
        tokens = {"bot_token": ready["bot_token"], "app_token": "xapp-wrong", "slack_url": ready["api"]}
        done = hypercare(tmp_path, "doctor", **tokens)
    assert done.returncode == 1
    assert "app token: Slack rejected it (invalid_auth). Check HYPERCARE_APP_TOKEN" in done.stdout
    assert "Type `/invite @hypercare` in it" in done.stdout
    assert f"ok  PAY: user group {there}: 1 person" in done.stdout
    assert "BAD PAY: user group S0GONEGONE: it was deleted or disabled. Enable it in Slack" in done.stdout


def test_an_active_phase_is_applied_only_where_the_bot_can_write(tmp_path: Path) -> None:
    with workspace() as ready:
        control = Control(ready["url"])
        control.post("archive", channel="hypercare-desk")
        file = str(phase_file(tmp_path, ready["phase"]))
        tokens = {"bot_token": ready["bot_token"], "app_token": ready["app_token"], "slack_url": ready["api"]}
        refused = hypercare(tmp_path, "phase", "apply", file, **tokens)
        assert "PAY can't start." in error_of(refused)
        assert "is archived. Unarchive it, or choose another channel." in refused.stderr
        assert "no phases yet" in hypercare(tmp_path, "phase", "list").stdout
        control.post("archive", channel="hypercare-desk", archived=False)
        assert "Phase PAY" in hypercare(tmp_path, "phase", "apply", file, **tokens).stdout
        unasked = hypercare(tmp_path, "phase", "apply", file)
    assert "Its channels aren't checked, since the settings have no token." in unasked.stdout


def test_doctor_checks_the_secret_and_pulse_export_writes_csv(tmp_path: Path) -> None:
    with workspace() as ready:
        with phase_file(tmp_path, ready["phase"]).open("a") as file:
            file.write('\n[[pulse.pulses]]\nname = "weekly"\noccasion = "schedule"\n')
        assert "Phase PAY" in hypercare(tmp_path, "phase", "apply", "phase.toml").stdout
        tokens = {"bot_token": ready["bot_token"], "app_token": ready["app_token"], "slack_url": ready["api"]}
        assert "ok  secret: set" in hypercare(tmp_path, "doctor", **tokens).stdout
    (made,) = tmp_path.glob("*.secret")
    assert made.stat().st_mode & 0o777 == 0o600
    assert len(made.read_text()) == 64
    exported = hypercare(tmp_path, "pulse", "export", "PAY", "--out", "figures.csv")
    assert exported.returncode == 0, exported.stderr
    assert (tmp_path / "figures.csv").read_text().startswith("phase,pulse,wave,opened,closed,segment,question")
    assert "There is no phase" in error_of(hypercare(tmp_path, "pulse", "export", "NONE"))


def test_run_refuses_a_second_process_on_one_sqlite_file(tmp_path: Path) -> None:
    with workspace() as ready:
        tokens = {"bot_token": ready["bot_token"], "app_token": ready["app_token"], "slack_url": ready["api"]}
        control = Control(ready["url"])
        with started(tmp_path, "run", **tokens):
            connected(control)
            second = hypercare(tmp_path, "run", **tokens)
    said = error_of(second)
    assert "Another Hypercare process uses the database" in said


def test_outbox_lists_retries_and_drops_a_dead_message(tmp_path: Path, database: Path) -> None:
    store = open_store(f"sqlite:///{database}")
    assert "No undeliverable messages" in hypercare(tmp_path, "outbox", "list").stdout
    with store.begin() as tx:
        tx.outbox.post(tx.outbox.lane("team:1", "C0DESK"), {"text": "what Maria wrote"}, at=utc_now())
        (message,) = tx.queue.claim(utc_now(), 5).messages
        tx.queue.mark_dead(message, "is_archived")
    store.close()
    listed = hypercare(tmp_path, "outbox", "list").stdout
    assert "C0DESK" in listed
    assert "is_archived" in listed
    assert "Maria" not in listed  # texts of people are never printed
    assert "No message ID given" in error_of(hypercare(tmp_path, "outbox", "retry"))
    assert "There is no message 99" in error_of(hypercare(tmp_path, "outbox", "drop", "99"))
    assert "Message 1 will be sent again" in hypercare(tmp_path, "outbox", "retry", "1").stdout
    assert "waiting" in hypercare(tmp_path, "outbox", "list", "--all").stdout
    assert "nothing to retry or drop" in error_of(hypercare(tmp_path, "outbox", "drop", "1"))


def test_db_backup_can_be_restored(tmp_path: Path) -> None:
    assert "Copied the database to" in hypercare(tmp_path, "db", "backup", "copy.db").stdout
    assert "already exists" in error_of(hypercare(tmp_path, "db", "backup", "copy.db"))
    (tmp_path / "bot.db").write_bytes((tmp_path / "copy.db").read_bytes())
    for leftover in ("bot.db-wal", "bot.db-shm"):
        (tmp_path / leftover).unlink(missing_ok=True)
    assert "look for 0 waiting messages" in hypercare(tmp_path, "db", "restored").stdout
    assert hypercare(tmp_path, "db", "check").returncode == 0


@pytest.mark.parametrize(("settings", "sentence"), [
    ({"database": "postgresql+psycopg2://x"}, "postgresql+psycopg2 is not supported"),
    ({"phase__leads": "U123456"}, "written as JSON"),
    ({"database": f"sqlite:///{ROOT / 'README.md'}"}, "The database cannot be opened"),
])  # fmt: skip
def test_run_explains_invalid_settings(tmp_path: Path, settings: dict[str, str], sentence: str) -> None:
    assert sentence in error_of(hypercare(tmp_path, "run", bot_token="xoxb-1", app_token="xapp-1", **settings))


def test_commands_explain_unusable_files_and_ports(tmp_path: Path) -> None:
    assert "cannot be used" in error_of(
        hypercare(tmp_path, "sandbox", "--no-open", "--port", "0", "--data", "/proc/no")
    )
    assert "is not a port" in hypercare(tmp_path, "sandbox", "--port", "80000").stderr
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'bot_token = "\xe9"')
    assert "not valid TOML" in error_of(hypercare(tmp_path, "run", "--config", str(latin)))


PHASE = {
    "key": "PAY",
    "name": "Payday",
    "triage_channel": "C0000001",
    "oncall_channel": "C0000002",
    "leads": ["U0LENA00"],
    "responders": ["S0TEAM00"],
    "intake": {"modules": ["Payslips"]},
}


def test_phase_applies_lists_exports_and_archives(tmp_path: Path) -> None:
    applied = hypercare(tmp_path, "phase", "apply", str(phase_file(tmp_path, PHASE)))
    assert "Phase PAY (Payday) is active." in applied.stdout
    assert (
        "KPI targets: new critical tickets a day ≤ 0.3, time to resolution, median ≤ 16 h, satisfaction ≥"
        in applied.stdout
    )
    assert "These roles are empty: business," in applied.stdout
    exported = hypercare(tmp_path, "phase", "export", "pay").stdout
    assert 'responders = [\n    "S0TEAM00",\n]' in exported
    (tmp_path / "again.toml").write_text(exported)
    assert hypercare(tmp_path, "phase", "apply", "again.toml").returncode == 0
    assert hypercare(tmp_path, "phase", "export", "PAY").stdout == exported
    assert "is exited" in hypercare(tmp_path, "phase", "archive", "PAY").stdout
    assert hypercare(tmp_path, "phase", "list").stdout == "Phase PAY (Payday) is exited.\n"
    assert "There is no phase NONE." in error_of(hypercare(tmp_path, "phase", "export", "NONE"))


def test_import_audit_and_erase(tmp_path: Path) -> None:
    hypercare(tmp_path, "phase", "apply", str(phase_file(tmp_path, PHASE)))
    file = tmp_path / "reports.csv"
    file.write_text("summary,severity,reporter\nNo payslip,high,U0MARIA0\n,loud,maria\n", encoding="utf-8")
    said = error_of(hypercare(tmp_path, "import", "reports.csv"))
    assert "Nothing was imported." in said
    assert [line.partition(":")[0] for line in said.splitlines() if line.startswith("line ")] == ["line 3"] * 3
    file.write_text("summary,severity,reporter\nNo payslip,high,U0MARIA0\nSlow page,low,U0TOM000\n", encoding="utf-8")
    assert "2 tickets would be created in PAY." in hypercare(tmp_path, "import", "reports.csv", "--dry-run").stdout
    assert "Created 2 tickets in PAY." in hypercare(tmp_path, "import", "reports.csv").stdout
    assert (
        "Created 0 tickets in PAY. Skipped 2 tickets imported before."
        in hypercare(tmp_path, "import", "reports.csv").stdout
    )
    entries = [json.loads(line) for line in hypercare(tmp_path, "audit").stdout.splitlines()]
    assert sum(entry["actor"] == "U0MARIA0" for entry in entries) == 1
    assert "Erased from the database:" in hypercare(tmp_path, "erase", "U0MARIA0").stdout
    assert "U0MARIA0" not in hypercare(tmp_path, "audit").stdout
    assert "is in the settings or user groups of PAY" in error_of(hypercare(tmp_path, "erase", "U0LENA00"))


ROTA = """
[[oncall.rotas]]
name = "primary"
"""
EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//T//T//EN
BEGIN:VEVENT
UID:1
SUMMARY:Jo Adler
DTSTART:20260101T080000Z
DTEND:20260101T180000Z
RRULE:FREQ=DAILY
END:VEVENT
END:VCALENDAR
"""


def test_oncall_imports_and_exports_a_rota(tmp_path: Path) -> None:
    file = phase_file(tmp_path, PHASE)
    file.write_text(file.read_text() + ROTA, encoding="utf-8")
    hypercare(tmp_path, "phase", "apply", str(file))
    (tmp_path / "rota.ics").write_text(EVENT.replace("\n", "\r\n"), encoding="utf-8")
    said = error_of(hypercare(tmp_path, "oncall", "import", "PAY", "primary", "rota.ics"), code=2)
    assert "“Jo Adler” from" in said
    assert "There is no rota “second” in PAY. Choose one of: primary." in error_of(
        hypercare(tmp_path, "oncall", "export", "PAY", "second"))  # fmt: skip
    assert "isn't NAME=ID" in error_of(
        hypercare(tmp_path, "oncall", "import", "PAY", "primary", "rota.ics", "--person", "Jo"))  # fmt: skip
    taken = hypercare(tmp_path, "oncall", "import", "PAY", "primary", "rota.ics", "--person", "Jo Adler=U0JOADLER")
    assert re.search(r"Imported 40\d shifts of primary until ", taken.stdout)
    assert hypercare(tmp_path, "oncall", "export", "PAY", "primary").stdout.count("U0JOADLER") > 390
    assert hypercare(tmp_path, "oncall", "export", "PAY", "primary", "--out", "new.ics").returncode == 0
    again = hypercare(tmp_path, "oncall", "import", "PAY", "primary", "new.ics")
    assert "shifts of primary until" in again.stdout
