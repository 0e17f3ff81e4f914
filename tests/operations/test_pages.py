"""The commands of the docs run as they are written, in their order, on a database with one phase and a few tickets."""

import re
import shlex
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.context import AppContext, utc_now
from bot.database import open_store
from bot.services.intake import intake
from bot.services.phases import links, phases
from bot.services.registry import FEATURES
from domain.phases.link import LinkKind
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.ticket import Intake, Report, Severity
from tests.support.command import ROOT, hypercare

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
FENCE = re.compile(r"^ *```(?P<language>\w*)$")
SHELL = ("sh", "")
COMMAND = re.compile(r"^(?:\.venv/bin/)?hypercare (?P<rest>.+)$")
# What needs a workspace, and what its own stories run: tests/operations/test_cli.py.
ELSEWHERE = {"run", "sandbox", "doctor"}
# Commands that refuse what is not there, which the pages name as examples.
REFUSED = {
    "outbox retry 12 13": "There is no message 12",
    "outbox drop 14": "There is no message 14",
    "links revoke 3 4": "There is no link 3",
    "exit verify pay.jsonl --seal 3f9c…": "the one you gave is 3f9c",
    "connect check mail": "No phase has an address",
}
PHASE = PhaseSettings.model_validate({
    "key": "PAY", "name": "Payday", "triage_channel": "C0DESK000", "oncall_channel": "C0ONCALL0",
    "leads": ["U0LENA000", "U0123456780"], "responders": ["U0JO00000"],
    "oncall": {"rotas": [{"name": "primary", "layers": [{"people": ["U0JO00000"]}]}]},
})  # fmt: skip


def commands() -> Iterator[tuple[str, str]]:
    for page in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        *sorted((ROOT / "docs").glob("*.md")),
    ):
        for line in shell_lines(page.read_text(encoding="utf-8")):
            found = COMMAND.match(line.partition("  #")[0].strip())
            if found and found["rest"].split()[0] not in ELSEWHERE:
                yield page.name, found["rest"].partition(" #")[0].strip()


def shell_lines(text: str) -> Iterator[str]:
    """The lines of every block that is a shell's or says no language."""
    language: str | None = None
    for line in text.splitlines():
        if fence := FENCE.match(line):
            language = fence["language"] if language is None else None
        elif language in SHELL:
            yield line.strip()


COMMANDS = [*commands()]


def test_there_are_commands_of_every_kind() -> None:
    assert {rest.split()[0] for _, rest in COMMANDS} >= {"db", "outbox", "links", "audit", "export", "report", "phase"}
    assert {rest for _, rest in COMMANDS} >= set(REFUSED), "a refused example is on no page any more"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder in which an operator works, with every file that a page takes for granted."""
    with closing(open_store(f"sqlite:///{tmp_path / 'bot.db'}")) as store:
        app = AppContext(features=FEATURES, store=store, now=lambda: NOW)
        phase = phases.apply_settings(app, PHASE)
        intake.open_ticket(
            app, Report(summary="Slow page", severity=Severity.LOW), person=Person("U0MARIA00"), intake=Intake.COMMAND
        )
        with app.transaction() as tx:
            links.create(app, tx, LinkKind.REPORT, phase, "U0LENA000", 7)
    (tmp_path / "payroll.toml").write_text(
        'key = "NEW"\nname = "Payroll"\ntriage_channel = "C0NEW0000"\noncall_channel = "C0NEW0001"\n'
        'leads = ["U0LENA000"]\n'
    )
    first, last = (utc_now() + timedelta(days=days) for days in (1, 2))  # the command goes by the system's clock
    shift = (f"BEGIN:VEVENT\nUID:1\nSUMMARY:Jo Adler\nDTSTART:{first:%Y%m%d}T080000Z\n"
             f"DTEND:{last:%Y%m%d}T080000Z\nEND:VEVENT\n")  # fmt: skip
    day = "BEGIN:VEVENT\nUID:2\nSUMMARY:Fair\nDTSTART;VALUE=DATE:20240501\nRRULE:FREQ=YEARLY\nEND:VEVENT\n"
    (tmp_path / "holidays.ics").write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{day}END:VCALENDAR\n")
    (tmp_path / "rota.ics").write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{shift}END:VCALENDAR\n")
    (tmp_path / "export.csv").write_text(
        "Summary,Issue key,Issue Type,Status,Priority,Created,Reporter\n"
        "No payslip,PAY-9,Bug,Open,High,2026-11-23 09:00,U0MARIA00\n"
    )
    (tmp_path / "client-secret.txt").write_text("0123456789abcdef0123456789abcdef\n")
    return tmp_path


def test_the_commands_of_the_pages_run_as_they_are_written(place: Path) -> None:
    """One after the other, as on the pages: a backup is made before it is restored."""
    failed = [f"{page}: hypercare {rest}: {problem}" for page, rest in COMMANDS if (problem := _problem(place, rest))]
    assert failed == []


def _problem(place: Path, rest: str) -> str:
    words = [str(place / Path(word).name) if word.startswith("/backup/") else word for word in shlex.split(rest)]
    done = hypercare(place, *words)
    if "Traceback" in done.stderr or done.returncode != (1 if rest in REFUSED else 0):
        return done.stderr or done.stdout
    said = done.stderr + done.stdout
    return "" if REFUSED.get(rest, "") in said else said
