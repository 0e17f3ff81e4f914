"""`hypercare lessons export | import`: write what a phase has learned to a file, and give it to the next one."""

import argparse

from pydantic import ValidationError

from bot.cli import CommandError
from bot.commands import common
from bot.services.learning import lessons
from bot.views.learning.lessons import what_came
from domain.learning.lessons import Lessons

MAX_BYTES = 100_000_000


def main(args: argparse.Namespace) -> int:
    {"export": _export, "import": _import}[args.action](args)
    return 0


def _export(args: argparse.Namespace) -> None:
    with common.app_context(args.config) as app:
        found = lessons.export(app, args.key)
    common.write(found.model_dump_json(indent=2) + "\n", args.out)


def _import(args: argparse.Namespace) -> None:
    try:
        if args.file.stat().st_size > MAX_BYTES:
            raise CommandError(f"{args.file} is larger than {MAX_BYTES:,} bytes, so it is no file of lessons.")
        found = Lessons.model_validate_json(args.file.read_bytes())
    except OSError as error:
        raise CommandError(f"The file {args.file} can't be read: {error.strerror}.") from None
    except ValidationError:
        raise CommandError(f"{args.file} has no lessons. Write them with `hypercare lessons export`.") from None
    with common.app_context(args.config) as app:
        settings, articles = lessons.bring_in(app, args.key, found)
    print(what_came(settings, articles))  # noqa: T201 - the command's result
