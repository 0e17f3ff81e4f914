"""What Slack really answered, by the samples of its Java SDK, is taken for an answer."""

import re
from collections.abc import Callable
from typing import Any

from bot.transport.answers import EXPECTED, is_as_expected
from tests.support.contracts import load, needed

VALUES: dict[str, Callable[[], Any]] = {
    "string": str,
    "number": int,
    "boolean": bool,
    "null": lambda: None,
    "object": dict,
    "array": list,
}
WITHIN_FILES = {"files.info": {"file": {"id": "F1"}}}  # the samples don't say what is in a file
PART = re.compile(r"([^.\[\]]+)((?:\[\])*)")


def answer_of(paths: dict[str, str]) -> dict[str, Any]:
    """Return an answer with each of these fields, such as `channels[].id`, and one element in each list."""
    made: dict[str, Any] = {}
    for path, kind in paths.items():
        place, (*parts, last) = made, [*PART.finditer(path)]
        for part in parts:
            found = place.setdefault(part[1], {})
            if isinstance(found, list):
                found[:] = found or [{}]
                found = found[0]
            place = found
        value = "x" if kind == "string" else VALUES[kind]()
        if last[2]:
            place[last[1]][:] = [value]
        else:
            place[last[1]] = value
    return made


@needed
def test_what_slack_answered_is_taken_for_an_answer() -> None:
    captured = load("generated/java_samples_keypaths.json")["api"]
    assert {*EXPECTED} <= {*captured}
    answers = {method: answer_of(captured[method]) | {"ok": True} | WITHIN_FILES.get(method, {}) for method in EXPECTED}
    assert [method for method, answer in answers.items() if not is_as_expected(method, answer)] == []
