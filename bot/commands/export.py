"""`hypercare export KEY`: tickets, their events and what else is measured, as CSV, JSON Lines or Parquet."""

import argparse
import os
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

from bot.cli import CommandError
from bot.commands import common
from bot.context import AppContext
from bot.extras import PARQUET
from bot.services.phases import phases
from domain.phases.phase import Phase
from storage.reporting.exports import VIEWS, Batches, ColumnKind, Exports, ExportView

A_ROW = 2**24  # bytes, that Arrow wants to have at once
Counts: TypeAlias = Generator[int, None, None]


def main(args: argparse.Namespace) -> int:
    if args.format == "parquet":
        common.require(PARQUET)
    with common.app_context(args.config) as app:
        phase = phases.get_phase(app, args.key)
        if args.private:
            _note(app, phase, args.what)
        try:
            with app.store.read() as tx:
                tx.lift_timeout()
                count = _written(Exports(tx.connection), VIEWS[args.what], args)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)  # Arrow says it in other words
            raise CommandError(f"{args.out} cannot be written: {why}.") from None
    print(f"{count} {args.what} of {phase.key} in {args.out}.")  # noqa: T201 - the command's result
    return 0


def _note(app: AppContext, phase: Phase, what: str) -> None:
    """Who takes private tickets along is written down."""
    with app.transaction() as tx:
        tx.audit.log("operator", f"export of private {what}", phase.key, app.now())


def _written(exports: Exports, view: ExportView, args: argparse.Namespace) -> int:
    """To a file beside it first, which takes its place when all of it is there."""
    key = args.key.upper()
    total, done = exports.count(view, key, private=args.private), 0
    part = args.out.with_name(f"{args.out.name}.part")
    try:
        with closing(WRITERS[args.format](part, exports, view, key, private=args.private)) as counts:
            for count in counts:
                done += count
                common.progress(min(done, total), total)
        part.replace(args.out)
    finally:
        part.unlink(missing_ok=True)
    return total


# A batch that is being read holds the connection: whatever goes wrong, all of these end before that is given back.


def _csv(part: Path, exports: Exports, view: ExportView, key: str, *, private: bool) -> Counts:
    return _text(part, "\r\n", [",".join(view.columns)], exports.csv(view, key, private=private))


def _json(part: Path, exports: Exports, view: ExportView, key: str, *, private: bool) -> Counts:
    return _text(part, "\n", [], exports.json(view, key, private=private))


def _text(part: Path, end: str, head: Sequence[str], batches: Batches) -> Counts:
    with closing(_ahead(batches)) as ready, part.open("w", encoding="utf-8", newline="") as file:
        file.write(end.join([*head, ""]))
        for lines in ready:
            file.write(end.join([*lines, ""]))
            yield len(lines)


def _ahead(batches: Batches) -> Batches:
    """While one of them is written the next is read, which takes Python for the smaller part of its time."""
    with closing(batches), ThreadPoolExecutor(1, "export") as pool:
        coming = pool.submit(next, batches, None)
        while batch := coming.result():
            coming = pool.submit(next, batches, None)
            yield batch


def _parquet(part: Path, exports: Exports, view: ExportView, key: str, *, private: bool) -> Counts:
    import pyarrow as pa  # noqa: PLC0415 - tens of megabytes that the other formats never need
    from pyarrow import csv, parquet  # noqa: PLC0415

    types = {
        ColumnKind.TEXT: pa.string(),
        ColumnKind.CODE: pa.string(),
        ColumnKind.WHOLE: pa.int64(),
        ColumnKind.NUMBER: pa.float64(),
        ColumnKind.FLAG: pa.bool_(),
        ColumnKind.MOMENT: pa.timestamp("s", tz="UTC"),
        ColumnKind.DAY: pa.date32(),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in view.columns.items()])
    names = csv.ReadOptions(column_names=schema.names, block_size=A_ROW)
    lines = csv.ParseOptions(newlines_in_values=True)
    read_as = csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    # By way of CSV, which the database writes and Arrow reads faster than Python makes objects of it all.
    batches = exports.csv(view, key, private=private, exact=True)
    with closing(_ahead(batches)) as ready, parquet.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in ready:
            text = pa.BufferReader("\n".join([*batch, ""]).encode())  # Arrow takes an empty end for a quoted one
            writer.write_table(csv.read_csv(text, names, lines, read_as))
            yield len(batch)


WRITERS = {"csv": _csv, "jsonl": _json, "parquet": _parquet}
