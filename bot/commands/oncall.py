"""`hypercare oncall import|export`: import a rota from an iCalendar file, and export its shifts."""

import argparse
import sys
from datetime import timedelta

from bot.cli import CommandError
from bot.commands import common
from bot.context import AppContext
from bot.services.oncall import icalendar, rotas
from domain.text import plural

AHEAD = timedelta(days=400)


def main(args: argparse.Namespace) -> int:
    with common.app_context(args.config) as app:
        try:
            return _import(app, args) if args.action == "import" else _export(app, args)
        except icalendar.InvalidCalendar as no:
            raise CommandError(str(no)) from None


def _import(app: AppContext, args: argparse.Namespace) -> int:
    people = dict(map(common.named_id, args.person or ()))
    phase, now = rotas.find_phase_with_rota(app, args.key, args.rota), app.now()
    found = icalendar.read(args.file.read_bytes(), people, phase.timezone, now - timedelta(days=1), now + AHEAD)
    rotas.import_shifts(app, phase, args.rota, found)
    text = plural(len(found), "Imported 1 shift of {rota} until {until}.",
                  "Imported {count} shifts of {rota} until {until}.", rota=args.rota,
                  until=f"{now + AHEAD:%Y-%m-%d}")  # fmt: skip
    print(text)  # noqa: T201 - the command's result
    return 0


def _export(app: AppContext, args: argparse.Namespace) -> int:
    phase = rotas.find_phase_with_rota(app, args.key, args.rota)
    shifts = rotas.list_shifts(app, phase, args.rota, AHEAD)
    data = icalendar.write(f"On call {phase.key}", shifts, app.now())
    if args.out:
        args.out.write_bytes(data)
    else:
        sys.stdout.write(data.decode())
    return 0
