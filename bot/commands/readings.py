"""`hypercare readings KEY FILE.csv`: how it was before the go-live, and what other systems measured since."""

import argparse

from bot.cli import Complaint
from bot.commands import common
from bot.desk import Desk, utc_now
from bot.services import readings
from domain.errors import Refused


def main(args: argparse.Namespace) -> int:
    store = common.store(common.database_url(args.config))
    try:
        count = readings.read_file(Desk(store=store, now=utc_now), args.key, args.file)
    except readings.BadFile as error:
        raise Complaint(f"Nothing was taken.\n{error}") from None
    except Refused as no:
        raise Complaint(no.text) from None
    finally:
        store.close()
    print(f"{count} readings of {args.key.upper()}.")  # noqa: T201 - the command's result
    return 0
