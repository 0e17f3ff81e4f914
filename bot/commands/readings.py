"""`hypercare readings KEY FILE.csv | --sql`: import measurements of other systems from a file or from databases."""

import argparse

from bot.cli import CommandError
from bot.commands import common
from bot.context import AppContext
from bot.services.csv_files import InvalidFile
from bot.services.reporting import objective_values, readings
from bot.settings.settings import sources
from bot.transport.sql import NoRows, Sources
from domain.text import plural


def main(args: argparse.Namespace) -> int:
    if bool(args.file) == args.sql:
        raise CommandError("Name a file, or --sql to read the values of objectives from their databases.")
    with common.app_context(args.config) as app:
        said = _from_databases(app, args) if args.sql else _from_file(app, args)
    print(said)  # noqa: T201 - the command's result
    return 0


def _from_file(app: AppContext, args: argparse.Namespace) -> str:
    try:
        count = readings.read_file(app, args.key, args.file)
    except InvalidFile as error:
        raise CommandError(f"Nothing was imported.\n{error}") from None
    key = args.key.upper()
    return plural(count, "Imported 1 reading of {key}.", "Imported {count} readings of {key}.", key=key)


def _from_databases(app: AppContext, args: argparse.Namespace) -> str:
    known = Sources(sources(common.settings(args.config, **common.NO_TOKENS)))
    try:
        found = objective_values.read_now(app, args.key, known)
    except NoRows as error:
        raise CommandError(f"Nothing was read. {error}") from None
    return "\n".join(
        plural(count, "{label}: the value of 1 day.", "{label}: the values of {count} days.", label=one.label)
        for one, count in found
    )
