"""A store that counts the transactions of a door, and fails or ends the process at one of them."""

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy.exc import OperationalError

from storage.database.outage import Outage
from storage.store import Store
from storage.transaction import Transaction

SKIPPED = ("contextlib.py", "faults.py", "context.py", "store.py")  # files between a transaction and what began it


class Fault(StrEnum):
    LOCKED = "is locked at the commit"  # another process has it, or the server fails over; the transaction is undone
    # The process ends. Before a commit is the same as after the one before it, or as before the door was used.
    KILLED = "ends after the commit"


class Killed(BaseException):
    """The process ends here: nothing after it runs, not even what catches every Exception."""


@dataclass(slots=True)
class Fuse:
    """Counts the transactions, names them by the function that began them, and trips at the one with that number."""

    at: int | None = None
    fault: Fault = Fault.LOCKED
    seen: list[str] = field(default_factory=list)
    is_armed: bool = False
    undoes: bool = False  # everything at its commit, so that the next door finds the same world
    effects: int = 0  # statements that changed something, besides the keys of requests

    def trips(self, *faults: Fault) -> bool:
        return self.is_armed and self.at == len(self.seen) and self.fault in faults


class BreakableStore(Store):
    """A store with a fuse; transactions that only read cannot be lost, so they are not counted."""

    def __init__(self, url: str, fuse: Fuse) -> None:
        super().__init__(url)
        self.fuse = fuse

    def begin_anew(self, fuse: Fuse) -> None:
        """Know no more than a store that was just opened; only the connections stay, as new ones are dear."""
        self.fuse, self.me, self.trouble, self.untold, self._outage = fuse, uuid.uuid4().hex, "", [], Outage()

    @contextmanager
    def begin(self, *, patience: float = 0.0) -> Iterator[Transaction]:
        fuse, name = self.fuse, _caller()
        with super().begin(patience=patience) as tx:
            before, keys = tx.changes, _counting_keys(tx)
            yield tx
            fuse.effects += tx.changes - before - len(keys)
            if fuse.undoes:
                tx.roll_back()
            if fuse.is_armed:
                fuse.seen.append(name)
            if fuse.trips(Fault.LOCKED):
                fuse.at = None
                raise OperationalError("COMMIT", {}, OSError("database is locked"))
        if fuse.trips(Fault.KILLED):
            fuse.at = None
            raise Killed


def _counting_keys(tx: Transaction) -> list[str]:
    """Return a list that gets the key of each request that this transaction records."""
    keys, insert = list[str](), tx.insert_request

    def insert_request(key: str, at: datetime, *, later: bool = False) -> None:
        insert(key, at, later=later)
        keys.append(key)

    tx.insert_request = insert_request  # type: ignore[method-assign]
    return keys


def _caller() -> str:
    frame = sys._getframe(2)
    while frame.f_back and frame.f_code.co_filename.rsplit("/", 1)[-1] in SKIPPED:
        frame = frame.f_back
    return f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_name}"
