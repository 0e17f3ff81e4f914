"""`make advisories`: print the known advisories about locked packages, without a network from FILE."""

import argparse
import sys
from pathlib import Path

from tests.supply import advisories

LOCK = Path(__file__).parents[2] / "locks" / "run.txt"
NOT_CHECKED = 2


def main(argv: list[str] | None = None) -> int:
    """Return 0 when there is none, 1 when there are some, and 2 when nothing could be checked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="advisories of OSV, a zip or JSON")
    parser.add_argument("--lock", type=Path, default=LOCK, help="default: locks/run.txt")
    args = parser.parse_args(argv)
    packages = advisories.locked(args.lock)
    try:
        found = advisories.from_file(args.file, packages) if args.file else advisories.from_server(packages)
    except OSError as error:
        sys.stderr.write(
            f"Nothing was checked: the advisories can't be read ({error}).\n"
            f"Without a network, download {advisories.DUMP} elsewhere, and run make advisories FILE=all.zip.\n"
        )
        return NOT_CHECKED
    where = str(args.file or advisories.SERVER)
    for one in found:
        sys.stdout.write(f"{one}\n")
    sys.stdout.write(f"{len(packages)} packages checked against {where}: {len(found)} known advisories.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
