"""`hypercare fishbone KEY P3 --out FILE.svg`: draw the fishbone of a problem."""

import argparse

from bot.cli import CommandError
from bot.commands import common
from bot.report_page.fishbone import fishbone
from bot.services.phases import phases


def main(args: argparse.Namespace) -> int:
    number = args.problem.upper().removeprefix("P")
    with common.app_context(args.config) as app:
        phase = phases.get_phase(app, args.key)
        with app.store.read() as tx:
            found = tx.problems.find_problem(int(number)) if number.isdecimal() else None
        if found is None or found.phase_id != phase.id:
            raise CommandError(f"{phase.key} has no problem {args.problem}. `/hypercare problems` lists them.")
        common.write(fishbone(found, phase.problems.branches), args.out)
    return 0
