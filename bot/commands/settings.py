"""`hypercare settings`: show which settings are in force, without a secret."""

import argparse
from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr
from sqlalchemy import make_url

from bot.commands import common
from bot.redaction import redact
from bot.settings.environment import PREFIX
from bot.settings.settings import Settings

SET, NOT_SET = "(set)", "(not set)"


def main(args: argparse.Namespace) -> int:
    for line in lines(common.settings(args.config)):
        print(redact(line))  # noqa: T201 - the command's result
    return 0


def lines(settings: Settings) -> Iterator[str]:
    """Yield a line for each setting, as it could be written into the environment."""
    for name in Settings.model_fields:
        value = getattr(settings, name)
        yield f"{PREFIX}{name.upper()}={_shown(name, value)}"


def _shown(name: str, value: Any) -> str:
    if value is None or value in ("", (), {}):
        return NOT_SET
    if isinstance(value, SecretStr):
        return SET
    if isinstance(value, dict):
        return ", ".join(f"{key} {SET}" for key in sorted(value))
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if name == "database":
        return make_url(value).render_as_string(hide_password=True)
    return str(getattr(value, "key", value))  # of a phase its key: `hypercare phase export` shows the rest
