"""`hypercare report KEY --out FILE.html`: write the report of a phase as an HTML page for people outside Slack."""

import argparse

from bot.commands import common
from bot.extras import REPORT
from bot.report_page.process import drawing
from bot.services.phases import phases
from bot.services.reporting import phase_report


def main(args: argparse.Namespace) -> int:
    common.require(REPORT)
    with common.app_context(args.config, (lambda: args.at) if args.at else None) as app:
        phases.get_phase(app, args.key)  # refuse an unknown phase before starting the page's process
        with drawing() as other:
            common.write(other.page(phase_report.report(app, args.key)), args.out)
    return 0
