"""`hypercare pulse export`: the figures of every closed wave as CSV, with the same protections as in Slack."""

import argparse

from bot.commands import common
from bot.services.phases import phases
from bot.services.pulse import results


def main(args: argparse.Namespace) -> int:
    with common.desk(args.config) as desk:
        common.write(results.export(desk, phases.named(desk, args.key), args.name), args.out)
    return 0
