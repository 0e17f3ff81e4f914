"""The requests of monitoring systems that the tests and the sandbox know."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.signals.alert import SignalRequest

CONTRACTS = Path(__file__).with_name("contracts")
SANDBOX = Path(__file__).parents[2] / "sandbox" / "signals"


def contracts() -> Iterator[tuple[str, str]]:
    """Each captured or documented request: its kind and its name."""
    for file in sorted(CONTRACTS.glob("*/*.json")):
        yield file.parent.name, file.stem


def contract(kind: str, name: str) -> SignalRequest:
    given = json.loads((CONTRACTS / kind / f"{name}.json").read_text(encoding="utf-8"))
    return request(given["body"], given["headers"])


def request(body: Any, headers: dict[str, str] | None = None) -> SignalRequest:
    lower = {name.lower(): text for name, text in (headers or {}).items()}
    return SignalRequest(lower, body if isinstance(body, bytes) else json.dumps(body).encode())
