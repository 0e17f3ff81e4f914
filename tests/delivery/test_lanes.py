"""Lane names are made and read in one place."""

import ast
from pathlib import Path

import pytest

from domain.delivery.lanes import LaneKind, kind_of, lane_name

ROOT = Path(__file__).parents[2]
OPENERS = {"lane", "find", "lanes_like"}


@pytest.mark.parametrize("kind", LaneKind)
def test_the_kind_of_a_lane_is_read_from_its_name(kind: LaneKind) -> None:
    assert kind_of(lane_name(kind, 42, "U0MARIA00")) is kind


def test_a_lane_of_an_earlier_release_has_no_kind() -> None:
    assert kind_of("former:42") is None


def test_no_service_puts_a_lane_name_together_itself() -> None:
    own = [
        f"{path}:{call.lineno}"
        for path in sorted((ROOT / "bot" / "services").rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in OPENERS
        and isinstance(call.func.value, ast.Attribute)
        and call.func.value.attr == "outbox"
        and any(isinstance(part, ast.JoinedStr) for part in ast.walk(call.args[0]))
        and "lane_name" not in ast.dump(call.args[0])
    ]
    assert own == []
