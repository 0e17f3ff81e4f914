"""In which shapes a route is walked: a transport and a database, by rotation or as its test asks for."""

from collections.abc import Sequence
from zlib import crc32

import pytest

SHAPES = ("socket-sqlite", "http-postgresql", "socket-postgresql", "http-sqlite")
BOTH = SHAPES[:2]  # which between them hold both transports and both databases
MARKERS = (
    "long: takes so long that it is begun first, or the other workers would wait for it at the end",
    "late: begun last, as it reads what another test has made by then",
    "core: a route of the core, walked in both shapes",
    'shape(part, …): a route that needs one, such as "socket", "http", "sqlite" or "postgresql"',
)


def of(test: pytest.Metafunc, *, every: bool) -> Sequence[str]:
    """Every shape that fits when all are asked for, both for the core, else one that is always the same."""
    parts = {part for mark in test.definition.iter_markers("shape") for part in mark.args}
    fitting = [shape for shape in SHAPES if parts <= {*shape.split("-")}]
    assert fitting, f"{test.definition.nodeid}: no shape is {parts}"
    if every:
        return fitting
    if test.definition.get_closest_marker("core"):
        return [shape for shape in BOTH if shape in fitting]
    # By the name only, so that a test that moves to another file keeps its shape.
    return [fitting[crc32(test.function.__name__.encode()) % len(fitting)]]
