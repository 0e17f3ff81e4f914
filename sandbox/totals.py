"""Counts what became of every call since the start, however long ago the log has forgotten it."""

from collections import Counter
from typing import Any

OK = "ok"
DROPPED = "dropped"


class Totals:
    def __init__(self) -> None:
        self._calls: dict[str, Counter[str]] = {}

    def count(self, method: str, outcome: str) -> None:
        self._calls.setdefault(method, Counter())[outcome] += 1

    def to_page(self) -> dict[str, dict[str, int]]:
        return {method: dict(outcomes) for method, outcomes in self._calls.items()}


def outcome_of(status: int, body: dict[str, Any] | str) -> str:
    """`ok`, or the name of the error; only the status names an answer that is not Slack's."""
    if isinstance(body, str):
        return f"http_{status}"
    return OK if body.get("ok") else str(body.get("error"))
