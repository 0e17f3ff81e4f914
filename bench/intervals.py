"""How often each 95 % interval holds in simulations, and how often the alarm for falling reports is right and wrong."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.rows import Row
from domain.statistics.relapse import fit_fall, relapse_alarm
from domain.statistics.stabilisation import fit_stabilisation
from tests.statistics import simulations

RUNS, SLOW_RUNS, PHASES = 4000, 1000, 300
SLOW = ("defects", "curve")  # of a model that is fitted in each run
SEEN = tuple(simulations.FallingPhase(start, decay, weekend) for start, decay, weekend in (
    (40, 0.12, 1), (20, 0.1, 1), (60, 0.15, 1), (30, 0.08, 1), (15, 0.12, 1), (20, 0.1, 0.4), (40, 0.12, 0.4),
))  # fmt: skip
DISPERSIONS = (1.0, 1.5, 2.0)


def fresh_phases(seed: int = 2027, number: int = 12) -> list[simulations.FallingPhase]:
    """Return phases that no limit was chosen with: spread evenly over levels, falls and lengths."""
    draw = np.random.default_rng(seed)
    places = [(draw.permutation(number) + draw.random(number)) / number for _ in range(3)]
    return [
        simulations.FallingPhase(
            round(8 * 10 ** float(level), 1), round(0.04 * 5 ** float(decay), 3), (1.0, 0.4)[n % 2],
            7 * (2 + int(5 * length)),
        )
        for n, (level, decay, length) in enumerate(zip(*places, strict=True))
    ]  # fmt: skip


def measure(_folder: Path) -> list[Row]:
    rows = [_coverage(place, name) for place, name in enumerate(simulations.INTERVALS)]
    for phase in (*SEEN, *fresh_phases()):
        for dispersion in DISPERSIONS:
            rows += _alarms(replace(phase, dispersion=dispersion))
    return [*rows, _fitting()]


def _coverage(place: int, name: str) -> Row:
    runs = SLOW_RUNS if any(one in name for one in SLOW) else RUNS
    held, refused = simulations.coverage(name, runs, 100 + place)
    return Row(
        goal="95 %", what=f"holds: {name}", measured=100 * held, limit=94, at_least=True, unit=" %",
        detail=f"{runs:,} runs, {100 * refused:.0f} % without one", why="chance, or a method that is too sure",
    )  # fmt: skip


def _alarms(phase: simulations.FallingPhase) -> list[Row]:
    false, relapse, plateau = (100 * one for one in simulations.alarm_shares(phase, 77, PHASES))
    where = f"{phase}, {PHASES} phases"
    return [
        Row(goal="alarm", what=f"quiet phases with a false alarm, {where}", measured=false, limit=10, unit=" %"),
        Row(goal="alarm", what=f"relapses found, {where}", measured=relapse, limit=50, at_least=True, unit=" %"),
        Row(goal="alarm", what=f"plateaus found, {where}", measured=plateau, limit=50, at_least=True, unit=" %"),
    ]


def _fitting() -> Row:
    """Both models with their bounds, from 400 defects in 90 days, and the alarm for twenty modules and types."""
    moments = [90 * (n / 400) ** 2 for n in range(400)]
    counts = [round(60 * 0.98**day) for day in range(120)]
    took = []
    for _ in range(5):
        began = time.process_time()
        fit = fit_stabilisation(moments, 90)
        assert not isinstance(fit, str), fit
        assert fit.upper_total > 400
        fall = fit_fall(counts)
        assert fall
        for part in range(20):
            relapse_alarm([count // (part + 1) for count in counts], fall, 20)
        took.append(1000 * (time.process_time() - began))
    return Row(goal="models", what="both models of 400 defects with bounds, and the alarm of twenty modules and types",
               measured=min(took), limit=100, unit=" ms", why="bisections in Python")  # fmt: skip
