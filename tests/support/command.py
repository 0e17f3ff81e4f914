"""The `hypercare` command called in this process, with what it would see and say in one of its own."""

import logging
import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest import mock

import structlog

from bot.cli import main

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def environment(tmp_path: Path, **settings: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HYPERCARE_")}
    database = {"HYPERCARE_DATABASE": f"sqlite:///{tmp_path / 'bot.db'}"}
    return {**clean, "PYTHONPATH": str(ROOT), **database, **{f"HYPERCARE_{k.upper()}": v for k, v in settings.items()}}


def hypercare(tmp_path: Path, *args: str, **settings: str) -> Done:
    """The command in this process, with an environment, a folder and outputs of its own."""
    out, errors = StringIO(), StringIO()
    surroundings = mock.patch.dict(os.environ, environment(tmp_path, **settings), clear=True)
    with surroundings, chdir(tmp_path), redirect_stdout(out), redirect_stderr(errors), own_logs():
        try:
            code = main(args)
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), errors.getvalue())


@contextmanager
def own_logs() -> Iterator[None]:
    """What a command sets up for its logs is over when it ends."""
    loggers = [logging.getLogger(name) for name in (None, *logging.root.manager.loggerDict)]
    levels, handlers = [one.level for one in loggers], logging.root.handlers[:]
    try:
        yield
    finally:
        structlog.reset_defaults()
        logging.root.handlers[:] = handlers
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
