"""What a test makes the program do: the lines that it logs, and how many functions it calls."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.testing import LogCapture
from structlog.typing import Processor


@contextmanager
def captured_lines(*processors: Processor) -> Iterator[LogCapture]:
    """Keep every line that is logged, after these processors."""
    captured, usual = LogCapture(), structlog.get_config()
    structlog.configure(processors=[*processors, captured])
    try:
        yield captured
    finally:
        structlog.configure(**usual)


@contextmanager
def counted_calls() -> Iterator[list[int]]:
    """Count the functions that this thread calls, those of C too; the count is the one element of the list."""
    calls, kinds = [0], ("call", "c_call")

    def note(_frame: Any, kind: str, _arg: Any) -> None:
        calls[0] += kind in kinds

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)
