"""`hypercare readings KEY FILE.csv`: import measurements of other systems, before and after the go-live."""

import argparse

from bot.cli import CommandError
from bot.commands import common
from bot.services.csv_files import InvalidFile
from bot.services.reporting import readings
from domain.text import plural


def main(args: argparse.Namespace) -> int:
    with common.app_context(args.config) as app:
        try:
            count = readings.read_file(app, args.key, args.file)
        except InvalidFile as error:
            raise CommandError(f"Nothing was imported.\n{error}") from None
    text = plural(count, "Imported 1 reading of {key}.", "Imported {count} readings of {key}.", key=args.key.upper())
    print(text)  # noqa: T201 - the command's result
    return 0
