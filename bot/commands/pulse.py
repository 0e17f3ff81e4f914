"""`hypercare pulse export`: export the results of closed waves as CSV, with the same anonymity rules as in Slack."""

import argparse

from bot.commands import common
from bot.services.phases import phases
from bot.services.pulse import results


def main(args: argparse.Namespace) -> int:
    with common.app_context(args.config) as app:
        common.write(results.export(app, phases.get_phase(app, args.key), args.name), args.out)
    return 0
