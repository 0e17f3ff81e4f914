"""`hypercare outbox`: what waits, what is dead and why, and mending it from the shell."""

import argparse

from bot.cli import CommandError
from bot.commands import common
from bot.context import AppContext, utc_now
from bot.services.delivery import outbox
from bot.services.registry import FEATURES
from domain.delivery.message import MessageState, OutboxEntry
from domain.errors import Refused
from storage.store import StoreFailure

UNSENT = (MessageState.WAITING, MessageState.SENDING, MessageState.DEAD)


def main(args: argparse.Namespace) -> int:
    store = common.store(common.database_url(args.config))
    app = AppContext(features=FEATURES, store=store, now=utc_now)
    try:
        if args.action == "list":
            with store.read() as tx:
                _show(
                    tx.message_archive.list_newest(UNSENT if args.all else (MessageState.DEAD,), args.limit),
                    all_=args.all,
                )
            return 0
        mend, done = (outbox.retry, "to be sent again") if args.action == "retry" else (outbox.drop, "dropped")
        for number in args.ids or _ask_for_ids(args.action):
            print(f"letter {number}: {mend(app, number)} {done}")  # noqa: T201 - the command's result
    except Refused as no:
        raise CommandError(no.text) from None
    except StoreFailure as error:
        raise CommandError(f"The database does not answer: {type(error).__name__}.") from None
    finally:
        store.close()
    return 0


def _ask_for_ids(action: str) -> list[int]:
    raise CommandError(f"Which letters? `hypercare outbox list` shows their numbers: hypercare outbox {action} 12 13")


def _show(found: list[OutboxEntry], *, all_: bool) -> None:
    if not found:
        print("No letter is waiting or dead." if all_ else "No letter is dead.")  # noqa: T201 - the command's result
    for entry in found:
        made = f"{entry.created_at:%Y-%m-%d %H:%M:%S} UTC"
        reason = f"  {entry.error}" if entry.error else ""
        print(f"{entry.id:>8}  {entry.state:<8} {entry.verb:<8} {entry.channel:<12} {entry.lane:<16} {made}"  # noqa: T201 - as above
              f"  {entry.attempts} tries{reason}")  # fmt: skip
