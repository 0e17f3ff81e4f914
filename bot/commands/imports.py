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
            one, many = "1 ticket would be created in {phase}.", "{count} tickets would be created in {phase}."
            print(plural(len(rows), one, many, phase=phase.key))  # noqa: T201 - the command's result
            return 0
        made = 0
        for done, row in enumerate(rows, 1):
            made += csv_import.import_row(app, phase, row)
            common.progress(done, len(rows))
    said = plural(made, "Created 1 ticket in {phase}.", "Created {count} tickets in {phase}.", phase=phase.key)
    if known := len(rows) - made:
        skipped = plural(known, "Skipped 1 ticket imported before.", "Skipped {count} tickets imported before.")
        said = f"{said} {skipped}"
    print(said)  # noqa: T201 - the command's result
    return 0
