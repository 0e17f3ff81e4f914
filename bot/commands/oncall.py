"""`hypercare oncall import|export`: a rota from another calendar, and shifts as an iCalendar file."""

import argparse
import sys
from datetime import timedelta

from bot.cli import Complaint
from bot.commands import common
from bot.context import AppContext
from bot.services.oncall import icalendar, oncall

AHEAD = timedelta(days=400)


def main(args: argparse.Namespace) -> int:
    with common.app_context(args.config) as app:
        try:
            return _import(app, args) if args.action == "import" else _export(app, args)
        except icalendar.InvalidCalendar as no:
            raise Complaint(str(no)) from None


def _import(app: AppContext, args: argparse.Namespace) -> int:
    people = dict(_pair(one) for one in args.person or ())
    phase, now = oncall.find_phase_with_rota(app, args.key, args.rota), app.now()
    found = icalendar.read(args.file.read_bytes(), people, phase.timezone, now - timedelta(days=1), now + AHEAD)
    oncall.import_shifts(app, phase, args.rota, found)
    print(f"{len(found)} shifts of {args.rota} until {now + AHEAD:%Y-%m-%d}.")  # noqa: T201 - the command's result
    return 0


def _export(app: AppContext, args: argparse.Namespace) -> int:
    phase = oncall.find_phase_with_rota(app, args.key, args.rota)
    shifts = oncall.list_shifts(app, phase, args.rota, AHEAD)
    data = icalendar.write(f"On call {phase.key}", shifts, app.now())
    if args.out:
        args.out.write_bytes(data)
    else:
        sys.stdout.write(data.decode())
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, _, id_ = text.rpartition("=")
    if not name or not icalendar.PERSON.fullmatch(id_):
        raise Complaint(f"--person is written as in “Jo Adler=U0123456789”, and not as {text!r}.")
    return name.strip(), id_
