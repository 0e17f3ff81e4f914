"""`hypercare readings KEY FILE.csv`: how it was before the go-live, and what other systems measured since."""

import argparse

from bot.cli import CommandError
from bot.commands import common
from bot.services.csv_files import InvalidFile
from bot.services.reporting import readings


def main(args: argparse.Namespace) -> int:
    with common.app_context(args.config) as app:
        try:
            count = readings.read_file(app, args.key, args.file)
        except InvalidFile as error:
            raise CommandError(f"Nothing was taken.\n{error}") from None
    print(f"{count} readings of {args.key.upper()}.")  # noqa: T201 - the command's result
    return 0
