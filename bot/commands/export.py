"""`hypercare export KEY`: export tickets, events and measurements as CSV, JSON Lines or Parquet."""

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
from domain.text import plural
from storage.reporting.exports import VIEWS, Batches, ColumnKind, Exports, ExportView

A_ROW = 2**24  # bytes; Arrow needs a whole row in one block
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
            why = os.strerror(error.errno) if error.errno else str(error)  # Arrow's errors carry no errno
            raise CommandError(f"The file {args.out} cannot be written: {why}.") from None
    rows = plural(count, "1 row", "{count} rows")
    print(f"Exported the {args.what} of {phase.key} to {args.out}: {rows}.")  # noqa: T201 - the command's result
    return 0


def _note(app: AppContext, phase: Phase, what: str) -> None:
    """Record the export of private tickets in the audit log."""
    with app.transaction() as tx:
        tx.audit.log("operator", f"export of private {what}", phase.key, app.now())


def _written(exports: Exports, view: ExportView, args: argparse.Namespace) -> int:
    """Write to a temporary file, then rename it, so that the output file is always complete; return the row count."""
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


# A batch being read uses the connection, so each of these generators is closed before the connection is returned.


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
    """Read the next batch in a thread while the current one is written; reading mostly waits for the database."""
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
    # Through CSV: the database writes it and Arrow reads it faster than Python creates an object for each value.
    batches = exports.csv(view, key, private=private, exact=True)
    with closing(_ahead(batches)) as ready, parquet.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in ready:
            text = pa.BufferReader("\n".join([*batch, ""]).encode())  # Arrow misreads a missing final newline
            writer.write_table(csv.read_csv(text, names, lines, read_as))
            yield len(batch)


WRITERS = {"csv": _csv, "jsonl": _json, "parquet": _parquet}
