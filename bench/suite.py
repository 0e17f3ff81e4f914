"""P9: how long the whole test suite takes."""

import subprocess
import sys
import time
from pathlib import Path

from bench.processes import ROOT, clean_environment
from bench.rows import Row

MINUTES = 6


def measure(folder: Path) -> list[Row]:
    """Run it as `make test` does; what failed is in the detail."""
    log, began = folder / "suite.log", time.perf_counter()
    with log.open("w") as out:
        done = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=ROOT, env=clean_environment(), stdout=out,
                              check=False)  # fmt: skip
    last = log.read_text().strip().splitlines()[-1:]
    return [
        Row(goal="P9", what="the whole suite on this machine", measured=(time.perf_counter() - began) / 60,
            limit=MINUTES, unit=" min", detail=f"exit {done.returncode}, {''.join(last)}",
            why="routes are played with a real bot, a sandbox and two databases")
    ]  # fmt: skip
