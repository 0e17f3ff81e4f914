"""Helpers shared by commands: settings, the database, output files and a progress bar."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.cli import CommandError
from bot.context import AppContext
from bot.database import CannotStart, open_store
from bot.extras import Extra
from bot.redaction import hide
from bot.secret import secret_of
from bot.services.registry import FEATURES
from bot.settings.errors import InvalidSettings
from bot.settings.settings import Settings, load
from bot.shared_clock import clock_of
from domain.errors import Refused
from domain.settings import is_person_id
from storage.store import Store, StoreFailure

NO_TOKENS = {"bot_token": "xoxb-unused", "app_token": "xapp-unused", "signing_secret": "unused"}
WIDTH = 30  # of the progress bar


def settings(file: Path | None, **given: Any) -> Settings:
    """Load the settings; raise CommandError with every error in them."""
    try:
        found = load(file, **given)
    except InvalidSettings as error:
        raise CommandError(f"The settings have errors:\n{error}\nSee docs/settings.md.") from None
    hide(found.secrets())
    return found


def store(url: str) -> Store:
    """Open the database; raise CommandError when that fails."""
    try:
        return open_store(url)
    except CannotStart as error:
        raise CommandError(str(error)) from None


@contextmanager
def app_context(config: Path | None, now: Callable[[], datetime] | None = None) -> Iterator[AppContext]:
    """Open the application context without Slack; refusals and unusable files or databases raise CommandError."""
    opened = store(database_url(config))
    try:
        yield AppContext(features=FEATURES, store=opened, now=now or clock_of(opened))
    except Refused as no:
        raise CommandError(no.text) from None
    except StoreFailure as error:
        said = getattr(error, "sentence", "Check that it is running, then try again.")
        raise CommandError(f"The database did not answer ({type(error).__name__}). {said}") from None
    except OSError as error:
        raise CommandError(f"The file {error.filename} cannot be used: {error.strerror}.") from None
    finally:
        opened.close()


def require(extra: Extra) -> None:
    """Raise a CommandError that says what to install when the extra is missing."""
    if not extra.is_installed:
        raise CommandError(extra.missing)


def write(text: str, out: Path | None) -> None:
    """Write the text to the file, or to standard output."""
    if out:
        out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def secret_and_url(file: Path | None) -> tuple[bytes, str]:
    """Return the secret and the public address from the settings, without requiring Slack tokens."""
    loaded = settings(file, **NO_TOKENS)
    return secret_of(loaded), loaded.public_url


def database_url(file: Path | None) -> str:
    """Return the database URL from the settings, without requiring Slack tokens."""
    return settings(file, **NO_TOKENS).database


def named_id(text: str) -> tuple[str, str]:
    """Read `--person NAME=ID`."""
    name, _, id_ = text.rpartition("=")
    if not name.strip() or not is_person_id(id_):
        raise CommandError(f"--person {text!r} isn't NAME=ID. Write it as in “Jo Adler=U0123456789”.")
    return name.strip(), id_


def confirmed(question: str) -> bool:
    """Ask on the terminal; only a yes counts."""
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def progress(done: int, total: int) -> None:
    """Draw a progress bar when standard error is a terminal."""
    if sys.stderr.isatty() and total:
        full = WIDTH * done // total
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r[{'#' * full}{'.' * (WIDTH - full)}] {done} of {total}{end}")
        sys.stderr.flush()
