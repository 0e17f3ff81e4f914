"""`hypercare outbox`: list, retry or drop messages that could not be delivered."""

import argparse

from bot.cli import CommandError
from bot.commands import common
from bot.context import AppContext
from bot.services.delivery import outbox
from bot.services.registry import FEATURES
from bot.shared_clock import clock_of
from domain.delivery.message import MessageState, OutboxEntry
from domain.errors import Refused
from domain.text import plural
from storage.store import StoreFailure

UNSENT = (MessageState.WAITING, MessageState.SENDING, MessageState.DEAD)


def main(args: argparse.Namespace) -> int:
    store = common.store(common.database_url(args.config))
    try:
        app = AppContext(features=FEATURES, store=store, now=clock_of(store))
        if args.action == "list":
            with store.read() as tx:
                _show(
                    tx.message_archive.list_newest(UNSENT if args.all else (MessageState.DEAD,), args.limit),
                    all_=args.all,
                )
            return 0
        act = outbox.retry if args.action == "retry" else outbox.drop
        for number in args.ids or _ask_for_ids(args.action):
            print(_result(args.action, number, act(app, number)))  # noqa: T201 - the command's result
    except Refused as no:
        raise CommandError(no.text) from None
    except StoreFailure as error:
        raise CommandError(
            f"The database did not answer ({type(error).__name__}). Check that it is running, then try again."
        ) from None
    finally:
        store.close()
    return 0


def _ask_for_ids(action: str) -> list[int]:
    raise CommandError(f"No message ID given. `hypercare outbox list` shows IDs, for `hypercare outbox {action} ID`.")


def _result(action: str, message_id: int, count: int) -> str:
    """Say what was done to the message and to those behind it in its conversation."""
    if action == "retry":
        return plural(count, "Message {id} will be sent again.",
                      "Message {id}: {count} messages will be sent again.", id=message_id)  # fmt: skip
    return plural(count, "Message {id} was dropped.", "Message {id}: {count} messages were dropped.", id=message_id)


def _show(found: list[OutboxEntry], *, all_: bool) -> None:
    if not found:
        print("The outbox is empty." if all_ else "No undeliverable messages.")  # noqa: T201 - the command's result
    for entry in found:
        created = f"{entry.created_at:%Y-%m-%d %H:%M:%S} UTC"
        reason = f"  {entry.error}" if entry.error else ""
        print(f"{entry.id:>8}  {entry.state:<8} {entry.verb:<8} {entry.channel:<12} {entry.lane:<16} {created}"  # noqa: T201 - as above
              f"  {entry.attempts} tries{reason}")  # fmt: skip
