"""`hypercare report KEY --out FILE.html`: a phase as a page for people outside of Slack."""

import argparse
import sys
from datetime import datetime

from bot.cli import Complaint
from bot.commands import common
from bot.desk import Desk, utc_now
from bot.report.page import page
from bot.services import report
from domain.errors import Refused


def main(args: argparse.Namespace) -> int:
    store = common.store(common.database_url(args.config))
    at: datetime | None = args.at
    try:
        html = page(report.report(Desk(store=store, now=(lambda: at) if at else utc_now), args.key))
        if args.out:
            args.out.write_text(html, encoding="utf-8")
        else:
            sys.stdout.write(html)
    except Refused as no:
        raise Complaint(no.text) from None
    except OSError as error:
        raise Complaint(f"{error.filename} cannot be used: {error.strerror}.") from None
    finally:
        store.close()
    return 0
