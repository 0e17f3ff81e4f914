"""Secrets of the settings never reach a screen or a log, and files are for their maker only."""

import json
import logging
import os
import stat
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any, get_origin

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from bot import logs, redaction
from bot.commands.settings import lines
from bot.database import CannotStart, database_error, open_store
from bot.settings.environment import PREFIX, is_secret
from bot.settings.errors import InvalidSettings
from bot.settings.settings import Settings, load
from tests.support.command import hypercare, own_logs

# What passwords are made of, with all that means something in a URL, a shell or JSON.
PASSWORD = st.text("abcXYZ019@:/%?#&=+'\"\\\\ ${}[]", min_size=8, max_size=24).map(lambda text: f"Qz7{text}7zQ")
BY_NAME = {name for name, field in Settings.model_fields.items() if get_origin(field.annotation) is dict}
DATABASES = ("database", "sources")
SECRETS = {name for name, field in Settings.model_fields.items() if is_secret(name, field)}


def given_with(password: str, hidden: str) -> dict[str, str]:
    """Settings with a password in each that is secret; the database's URL has it as an operator may paste it."""
    values = {"bot_token": f"xoxb-{password}", "app_token": f"xapp-{password}", "webhooks": f"https://x/{password}",
              "teams": f"https://x/{password}",
              "webhook_secrets": signing(password), "sources": f"postgresql://bot:{hidden}@127.0.0.1:1/db",
              "database": f"postgresql://bot:{hidden}@127.0.0.1:1/db?connect_timeout=1"}  # fmt: skip
    given = {name: values.get(name, f"{password}0123456789abcdef") for name in SECRETS}
    return {f"{PREFIX}{name.upper()}{'__OPS' if name in BY_NAME else ''}": one for name, one in given.items()}


def signing(password: str) -> str:
    """A secret that webhooks are signed with, made of a password."""
    return f"whsec_{b64encode(f'{password:<24}'.encode()).decode()}"


@contextmanager
def nothing_hidden() -> Iterator[None]:
    """What a test hides is forgotten at its end."""
    known = set(redaction._known)
    try:
        yield
    finally:
        redaction._known.clear()
        redaction._known.update(known)


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in [one for one in os.environ if one.startswith(PREFIX)]:
        del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@settings(max_examples=60)
@given(PASSWORD, st.booleans(), st.sampled_from(["", "PORT", "LOG_LEVEL", "PHASE"]))
def test_no_secret_is_in_what_is_said_about_settings(password: str, encoded: bool, wrong: str) -> None:
    """Whatever the password, and whichever other setting is wrong; a database URL may be taken apart wrongly."""
    from urllib.parse import quote

    hidden = quote(password, safe="") if encoded else password
    values = given_with(password, hidden) | ({f"{PREFIX}{wrong}": "wrong"} if wrong else {})
    with environment(values), nothing_hidden():
        try:
            made = load()
        except InvalidSettings as error:
            said = str(error)
        else:
            redaction.hide(made.secrets())
            said = "\n".join([repr(made), *map(redaction.redact, lines(made))])
    assert password not in said
    assert hidden not in said
    assert "Qz7" not in said
    assert "7zQ" not in said


@settings(max_examples=40)
@given(PASSWORD, st.sampled_from(SECRETS := sorted(SECRETS)), st.sampled_from(["info", "warning", "error"]),
       st.sampled_from(["text", "json"]))  # fmt: skip
def test_no_secret_is_in_a_log_line(password: str, name: str, level: str, form: str) -> None:
    """Every secret of the settings, in a value of its own and within a sentence, such as the error of a library."""
    values = {"bot_token": "xoxb-1", "app_token": "xapp-1", "database": "sqlite:///x.db"}
    secret = f"{password}0123456789abcdef"
    shown = {"bot_token": f"xoxb-{secret}", "app_token": f"xapp-{secret}",
             "webhook_secrets": signing(secret), "teams": f"https://x/{secret}"}.get(name, secret)  # fmt: skip
    values |= {"webhook_secrets": {"ops": signing("another")}} if name == "webhooks" else {}
    if name in DATABASES:
        shown = "Qz7p%40ss7zQ"
    value: Any = f"postgresql://bot:{shown}@db/x" if name in DATABASES else shown
    made = Settings(**values | {name: {"ops": value} if name in BY_NAME else value}, _env_file=None)
    out = StringIO()
    with nothing_hidden(), own_logs(), redirect_stderr(out):
        redaction.hide(made.secrets())
        logs.configure("info", form)
        getattr(structlog.get_logger(), level)("message_dead", error=f"failed: {shown}: again", value=shown)
    assert shown not in out.getvalue()
    if form == "json":
        assert json.loads(out.getvalue())["event"] == "message_dead"


@pytest.mark.parametrize("password", ["p@ss/w:rd", "p%40ss", "a:b", "x/y@z:1"])
def test_the_database_is_refused_without_its_password(tmp_path: Path, password: str) -> None:
    url = f"postgresql://bot:{password}@127.0.0.1:1/none"
    for command in (["run"], ["doctor"], ["db", "check"], ["outbox", "list"], ["links", "list"], ["settings"]):
        with nothing_hidden():
            done = hypercare(tmp_path, *command, bot_token="xoxb-1", app_token="xapp-1", database=url)
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        for piece in (password, *(one for one in password.replace("/", "@").split("@") if len(one) > 2)):
            assert piece not in said, command


def test_the_first_line_of_a_database_error_has_no_password() -> None:
    with nothing_hidden():
        redaction.hide(frozenset({"hunter2", "secret"}))
        error = OperationalError("SELECT", {}, Exception("no such host: hunter2@db\nmore"))
        assert database_error(error) == "no such host: [secret]@db."
    with pytest.raises(CannotStart, match="cannot be opened"):
        open_store("postgresql://bot:hunter2@127.0.0.1:1/none")


def test_every_file_and_folder_is_for_the_user_who_made_it(tmp_path: Path) -> None:
    """Each command that writes, under the usual umask of a system."""
    before = os.umask(0o022)
    try:
        phase = tmp_path / "phase.toml"
        assert hypercare(tmp_path, "init", "new/here").returncode == 0
        phase.write_bytes((tmp_path / "new/here/hypercare.toml").read_bytes().replace(b"[phase]\n", b""))
        mine = {phase}
        commands = (
            ["db", "upgrade"],
            ["phase", "apply", "phase.toml"],
            ["db", "backup", "backup.db"],
            ["export", "PAY", "--out", "a.csv"],
            ["export", "PAY", "--format", "jsonl", "--out", "a.jsonl"],
            ["export", "PAY", "--format", "parquet", "--out", "a.parquet"],
            ["report", "PAY", "--out", "report.html"],
            ["pulse", "export", "PAY", "--out", "pulse.csv"],
        )
        for command in commands:
            os.umask(0o022)
            done = hypercare(tmp_path, *command)
            assert done.returncode == 0, (command, done.stderr)
    finally:
        os.umask(before)
    made = {path: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path not in mine}
    assert len(made) >= 10
    assert {path.name: oct(mode) for path, mode in made.items() if mode & 0o077} == {}


def test_init_never_overwrites_and_its_secrets_are_new_each_time(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        assert hypercare(tmp_path, "init", folder).returncode == 0
    assert "already exist." in hypercare(tmp_path, "init", "one").stderr
    first, second = ((tmp_path / folder / ".env").read_text() for folder in ("one", "two"))
    differing = [line.partition("=")[0] for line, other in zip(first.splitlines(), second.splitlines(), strict=True)
                 if line != other]  # fmt: skip
    assert differing == ["HYPERCARE_SECRET", "POSTGRES_PASSWORD"]
    assert logging.root.level  # the commands left the loggers alone
