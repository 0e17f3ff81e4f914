"""`python -m tests.chaos --rounds 200 --database postgresql --replicas 3 --seed 1`: one line, and 1 when it is bad."""

import argparse
import sys
from pathlib import Path

from tests.chaos.run import SPEED, Plan, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=SPEED, help="of the workspace's clock")
    parser.add_argument("--logs", type=Path, help="a folder in which the replicas' logs stay")
    args = parser.parse_args()
    if args.replicas < 1 or (args.database == "sqlite" and args.replicas > 1):
        parser.error("SQLite has one replica, PostgreSQL one or more.")
    if args.logs:
        args.logs.mkdir(parents=True, exist_ok=True)
    outcome = run(Plan(args.rounds, args.database, args.replicas, args.seed, args.speed, args.logs))
    print(outcome.line())  # noqa: T201 - the command's result
    if not outcome.ok:
        print(outcome.details(), file=sys.stderr)  # noqa: T201 - for people
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    sys.exit(main())
