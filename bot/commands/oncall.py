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
INVALID = 2  # exit code for a calendar that can't be imported


def main(args: argparse.Namespace) -> int:
    with common.app_context(args.config) as app:
        try:
            return _import(app, args) if args.action == "import" else _export(app, args)
        except icalendar.InvalidCalendar as no:
            raise CommandError(f"Nothing was changed.\n{no}", INVALID) from None


def _import(app: AppContext, args: argparse.Namespace) -> int:
    people = dict(map(common.named_id, args.person or ()))
    phase, now = rotas.find_phase_with_rota(app, args.key, args.rota), app.now()
    known = rotas.list_known_people(app, phase)
    found = icalendar.read(args.file.read_bytes(), people, phase.timezone, now - timedelta(days=1), now + AHEAD, known)
    if not any(shift.ends > now for shift in found):
        raise CommandError(f"{args.file} has no shift from today on, so {args.rota} stays as it was.", INVALID)
    for line in rotas.describe_changes(app, phase, args.rota, found):
        print(line)  # noqa: T201 - the command's result
    if args.dry_run or (sys.stdin.isatty() and not common.confirmed(f"Change {args.rota} of {phase.key}?")):
        print("Nothing was changed.")  # noqa: T201 - the command's result
        return 0
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
