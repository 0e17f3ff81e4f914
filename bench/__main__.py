"""`python -m bench [P1 P4 …]`: measures, and prints each goal beside what was reached; with `--json` one object a row.

`python -m bench duplicates --pairs FILE` measures suggestions of likely duplicates on real reports, and
`python -m bench steps` where the time of a report goes.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import (
    acks,
    attacks,
    backlog,
    blame,
    bursts,
    dispatch,
    drain,
    duplicate_pairs,
    duplicates,
    escalations,
    figures,
    gateways,
    hot_path,
    intervals,
    lines,
    lists,
    memory,
    messages,
    noise,
    pages,
    pulse,
    replicas,
    reports,
    scale,
    servers,
    siege,
    signals,
    soak,
    start,
    statements,
    storm,
    suite,
    ticket,
    timers,
    trackers,
)
from bench.databases import scratch
from bench.rows import Row
from bot import logs

GROUPS: dict[str, Callable[[Path], list[Row]]] = {
    "P1": reports.idle,
    "P2": reports.busy,
    "P3": reports.at_once,
    "P4": statements.measure,
    "P5": bursts.measure,
    "P6": lambda folder: [drain.share(folder), timers.at_once(folder)],
    "P7": servers.measure,
    "P8": lambda folder: [*attacks.measure(folder), *siege.measure(folder)],
    "P9": suite.measure,
    "G1": dispatch.measure,
    "G2": acks.without_database,
    "G5": ticket.measure,
    "G8": figures.measure,
    "G9": duplicates.measure,
    "G10": timers.measure,
    "G13": messages.measure,
    "G14": drain.measure,
    "G15": start.measure,
    "G16": memory.measure,
    "idle": memory.idle,
    "lists": lists.measure,
    "scale": scale.measure,
    "replicas": replicas.measure,
    "backlog": backlog.measure,
    "blame": blame.measure,
    "escalations": escalations.measure,
    "noise": noise.measure,
    "pages": pages.measure,
    "pulse": pulse.measure,
    "signals": signals.measure,
    "gateways": lambda folder: [*gateways.measure(folder), *lines.measure(folder)],
    "intervals": intervals.measure,
    "soak": soak.measure,
    "storm": storm.measure,
    "trackers": trackers.measure,
}
HEADER = f"{'':5} {'what':72} {'measured':>10} {'goal':>9}  {'':6}  detail"


def main() -> int:
    logs.configure("error", "text")
    if sys.argv[1:2] == ["duplicates"]:
        return duplicate_pairs.main(sys.argv[2:])
    if sys.argv[1:2] == ["steps"]:
        return hot_path.main(sys.argv[2:])
    args = _parser().parse_args()
    began = time.perf_counter()
    if not args.json:
        print(HEADER)
    rows: list[Row] = []
    for name in args.goals or GROUPS:
        with scratch() as folder:
            found = GROUPS[name](folder)
        rows += found
        for row in found:
            print(row.as_json() if args.json else _line(row), flush=True)
    if args.json:
        return 0
    met = sum(row.met for row in rows)
    print(f"\n{met} of {len(rows)} met, in {time.perf_counter() - began:.0f} s. Ratios; the machine may be shared.")
    if args.markdown:
        print("\n".join(_table(rows)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Measure the goals of docs/performance.md.")
    parser.add_argument("goals", nargs="*", choices=[*GROUPS, []], metavar="GOAL", help=", ".join(GROUPS))
    parser.add_argument("--json", action="store_true", help="print each row as an object of JSON, and nothing else")
    parser.add_argument("--markdown", action="store_true", help="print the table for docs/performance.md as well")
    return parser


def _line(row: Row) -> str:
    measured, goal = f"{row.measured:.2f}{row.unit}", f"{row.sign} {row.limit:g}{row.unit}"
    line = f"{row.goal:5} {row.what:72} {measured:>10} {goal:>9}  {'met' if row.met else 'MISSED':6}  {row.detail}"
    return line if row.met else f"{line}\n      missed because: {row.why}"


def _table(rows: list[Row]) -> list[str]:
    lines = ["", "| goal | what | measured | goal | met | detail |", "|---|---|--:|--:|---|---|"]
    for row in rows:
        measured, goal = f"{row.measured:.2f}{row.unit}", f"{row.sign} {row.limit:g}{row.unit}"
        lines.append(f"| {row.goal} | {row.what} | {measured} | {goal} | {'yes' if row.met else 'no'} | {row.detail} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
