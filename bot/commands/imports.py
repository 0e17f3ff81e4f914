"""`hypercare import FILE.csv`: create tickets from a file, which is checked completely first."""

import argparse

from bot.cli import CommandError
from bot.commands import common
from bot.services.csv_files import InvalidFile
from bot.services.intake import csv_import
from domain.text import plural


def main(args: argparse.Namespace) -> int:
    with common.app_context(args.config) as app:
        try:
            phase, rows = csv_import.read_rows(app, args.file, args.phase)
        except InvalidFile as error:
            raise CommandError(f"Nothing was imported.\n{error}") from None
        if args.dry_run:
            print(f"{_tickets(len(rows))} would be created in {phase.key}.")  # noqa: T201 - the command's result
            return 0
        made = 0
        for done, row in enumerate(rows, 1):
            made += csv_import.import_row(app, phase, row)
            common.progress(done, len(rows))
    known = f" Skipped {_tickets(len(rows) - made)} imported before." if made < len(rows) else ""
    print(f"Created {_tickets(made)} in {phase.key}.{known}")  # noqa: T201 - the command's result
    return 0


def _tickets(count: int) -> str:
    return plural(count, "1 ticket", "{count} tickets")
