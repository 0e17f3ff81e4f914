"""`hypercare export KEY`: tickets, their events and what else is measured, as CSV, JSON Lines or Parquet."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from bot.cli import Complaint
from bot.commands import common
from bot.desk import Desk
from bot.services import phases
from domain.phase import Phase
from storage.exports import VIEWS, Exports, Kind, View


def main(args: argparse.Namespace) -> int:
    with common.desk(args.config) as desk:
        phase = phases.named(desk, args.key)
        if args.private:
            _note(desk, phase, args.what)
        try:
            with desk.store.read() as tx:
                tx.be_patient()
                count = _written(Exports(tx.connection), VIEWS[args.what], args)
        except OSError as error:
            raise Complaint(f"{args.out} cannot be written: {error.strerror}.") from None
    print(f"{count} {args.what} of {phase.key} in {args.out}.")  # noqa: T201 - the command's result
    return 0


def _note(desk: Desk, phase: Phase, what: str) -> None:
    """Who takes private tickets along is written down."""
    with desk.transaction() as tx:
        tx.audit.log("operator", f"export of private {what}", phase.key, desk.now())


def _written(exports: Exports, view: View, args: argparse.Namespace) -> int:
    """To a file beside it first, which takes its place when all of it is there."""
    key = args.key.upper()
    total, done = exports.count(view, key, private=args.private), 0
    part = args.out.with_name(f"{args.out.name}.part")
    try:
        for count in WRITERS[args.format](part, exports, view, key, private=args.private):
            done += count
            common.progress(min(done, total), total)
        part.replace(args.out)
    finally:
        part.unlink(missing_ok=True)
    return total


def _csv(part: Path, exports: Exports, view: View, key: str, *, private: bool) -> Iterator[int]:
    return _text(part, "\r\n", chain([[",".join(view.columns)]], _ahead(exports.csv(view, key, private=private))))


def _json(part: Path, exports: Exports, view: View, key: str, *, private: bool) -> Iterator[int]:
    return _text(part, "\n", _ahead(exports.json(view, key, private=private)))


def _ahead(batches: Iterator[Sequence[str]]) -> Iterator[Sequence[str]]:
    """While one of them is written the next is read: neither the database nor a file needs Python for that."""
    with ThreadPoolExecutor(1, "export") as pool:
        coming = pool.submit(next, batches, None)
        while batch := coming.result():
            coming = pool.submit(next, batches, None)
            yield batch


def _text(part: Path, end: str, batches: Iterable[Sequence[str]]) -> Iterator[int]:
    with part.open("w", encoding="utf-8", newline="") as file:
        for lines in batches:
            file.write(end.join([*lines, ""]))
            yield len(lines)


def _parquet(part: Path, exports: Exports, view: View, key: str, *, private: bool) -> Iterator[int]:
    import pyarrow as pa  # noqa: PLC0415 - tens of megabytes that the other formats never need
    from pyarrow import csv, parquet  # noqa: PLC0415

    types = {Kind.TEXT: pa.string(), Kind.CODE: pa.string(), Kind.WHOLE: pa.int64(), Kind.NUMBER: pa.float64(),
             Kind.FLAG: pa.bool_(), Kind.MOMENT: pa.timestamp("s", tz="UTC"), Kind.DAY: pa.date32()}  # fmt: skip
    schema = pa.schema([(name, types[kind]) for name, kind in view.columns.items()])
    names, lines = csv.ReadOptions(column_names=schema.names), csv.ParseOptions(newlines_in_values=True)
    read_as = csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    with parquet.ParquetWriter(part, schema, compression="zstd") as writer:
        # By way of CSV, which the database writes and Arrow reads faster than Python makes objects of it all.
        for batch in _ahead(exports.csv(view, key, private=private, exact=True)):
            text = pa.BufferReader("\n".join(batch).encode())
            writer.write_table(csv.read_csv(text, names, lines, read_as))
            yield len(batch)


WRITERS = {"csv": _csv, "jsonl": _json, "parquet": _parquet}
