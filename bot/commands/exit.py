"""`hypercare exit export | verify`: the evidence of an exit, as a file that can be checked without this program."""

import argparse
from pathlib import Path

from bot import sign_off_verifier
from bot.cli import CommandError
from bot.commands import common
from bot.services.exit import bundle
from domain.text import plural


def main(args: argparse.Namespace) -> int:
    print({"export": _export, "verify": _verify}[args.action](args))  # noqa: T201 - the command's result
    return 0


def _export(args: argparse.Namespace) -> str:
    part = args.out.with_name(f"{args.out.name}.part")
    with common.app_context(args.config) as app:
        try:
            count = _write(part, bundle.export(app, args.key))
            part.replace(args.out)
        finally:
            part.unlink(missing_ok=True)
    program = Path(sign_off_verifier.__file__)
    lines = plural(count, "1 line", "{count} lines")
    return (
        f"Wrote the evidence of {args.key.upper()} to {args.out}: {lines}. It has the events of private tickets too, "
        f"without words and names.\nCheck it with `hypercare exit verify {args.out}`, or anywhere with Python alone: "
        f"`python {program.name} {args.out}`. That program is {program}."
    )


def _write(file: Path, lines: bundle.Lines) -> int:
    count = 0
    with file.open("w", encoding="ascii", newline="") as out:
        for line in lines:
            out.write(f"{line}\n")
            count += 1
    return count


def _verify(args: argparse.Namespace) -> str:
    try:
        return "\n".join(sign_off_verifier.verify(args.file.read_bytes(), args.seal))
    except sign_off_verifier.EvidenceError as error:
        raise CommandError(f"NOT VERIFIED: {error}.") from None
    except OSError as error:
        raise CommandError(f"The file {args.file} cannot be read: {error.strerror}.") from None
