"""`hypercare export KEY`: tickets, their events and what else is measured, as CSV, JSON Lines or Parquet."""

import argparse
import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from bot.cli import Complaint
from bot.commands import common
from bot.desk import utc_now
from storage.exports import VIEWS, Batch, Exports, Kind, View
from storage.store import StoreFailure

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would reckon with


class Writer(Protocol):
    def write(self, batch: Batch) -> None:
        """Some rows, by column."""


def main(args: argparse.Namespace) -> int:
    store = common.store(common.database_url(args.config))
    view = VIEWS[args.what]
    try:
        with store.read() as tx:
            tx.be_patient()
            if tx.phases.by_key(args.key) is None:
                raise Complaint(f"There is no phase {args.key.upper()}.")
            if args.private:
                _note(store, args)
            count = _written(Exports(tx.connection), view, args)
    except StoreFailure as error:
        raise Complaint(f"The database cannot be used: {type(error).__name__}.") from None
    except OSError as error:
        raise Complaint(f"{args.out} cannot be written: {error.strerror}.") from None
    finally:
        store.close()
    print(f"{count} {args.what} of {args.key.upper()} in {args.out}.")  # noqa: T201 - the command's result
    return 0


def _note(store: Any, args: argparse.Namespace) -> None:
    """Who takes private tickets along is written down."""
    with store.begin() as tx:
        tx.audit.log("operator", f"export of private {args.what}", args.key.upper(), utc_now())


def _written(exports: Exports, view: View, args: argparse.Namespace) -> int:
    """To a file beside it first, which takes its place when all of it is there."""
    total, done = exports.count(view, args.key.upper(), private=args.private), 0
    part = args.out.with_name(f"{args.out.name}.part")
    try:
        with WRITERS[args.format](part, view) as writer:
            for batch in exports.batches(view, args.key.upper(), private=args.private):
                writer.write(batch)
                done += len(next(iter(batch.values())))
                common.progress(done, total)
        part.replace(args.out)
    finally:
        part.unlink(missing_ok=True)
    return done


class _Csv:
    def __init__(self, file: Any, view: View) -> None:
        self._rows, self._texts = csv.writer(file), [n for n, kind in view.columns.items() if kind is Kind.TEXT]
        self._rows.writerow(view.columns)

    def write(self, batch: Batch) -> None:
        safe = {**batch, **{name: [_inert(value) for value in batch[name]] for name in self._texts}}
        self._rows.writerows(zip(*safe.values(), strict=True))


def _inert(value: str | None) -> str | None:
    return f"'{value}" if value and value.startswith(FORMULA) else value


class _Lines:
    def __init__(self, file: Any, view: View) -> None:
        self._file, self._names = file, list(view.columns)
        self._encode = json.JSONEncoder(ensure_ascii=False).encode

    def write(self, batch: Batch) -> None:
        rows = zip(*batch.values(), strict=True)
        self._file.writelines(f"{self._encode(dict(zip(self._names, row, strict=True)))}\n" for row in rows)


@contextmanager
def _csv(part: Path, view: View) -> Iterator[Writer]:
    with part.open("w", encoding="utf-8", newline="") as file:
        yield _Csv(file, view)


@contextmanager
def _lines(part: Path, view: View) -> Iterator[Writer]:
    with part.open("w", encoding="utf-8") as file:
        yield _Lines(file, view)


@contextmanager
def _parquet(part: Path, view: View) -> Iterator[Writer]:
    import pyarrow as pa  # noqa: PLC0415 - tens of megabytes that the other formats never need
    from pyarrow import parquet  # noqa: PLC0415

    kinds = {Kind.TEXT: pa.string(), Kind.WHOLE: pa.int64(), Kind.NUMBER: pa.float64(), Kind.FLAG: pa.bool_(),
             Kind.MOMENT: pa.timestamp("s", tz="UTC"), Kind.DAY: pa.date32()}  # fmt: skip
    schema = pa.schema([(name, kinds[kind]) for name, kind in view.columns.items()])

    class Columns:
        def write(self, batch: Batch) -> None:
            told = (Kind.MOMENT, Kind.DAY)  # which are words here
            arrays = [pa.array(values, pa.string()).cast(kinds[view.columns[name]]) if view.columns[name] in told
                      else pa.array(values, kinds[view.columns[name]]) for name, values in batch.items()]  # fmt: skip
            writer.write_table(pa.table(arrays, schema=schema))

    with parquet.ParquetWriter(part, schema, compression="zstd") as writer:
        yield Columns()


WRITERS = {"csv": _csv, "jsonl": _lines, "parquet": _parquet}
