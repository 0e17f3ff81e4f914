"""Machines are people too: what monitoring systems send, with the secret or the signature that each one uses."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).with_name("signals")
STATES = ("firing", "resolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """An alert that a machine tells of: the same `name` is the same alert."""

    kind: str
    name: str
    state: str = "firing"
    severity: str = "high"


def kinds() -> list[str]:
    """Return the kinds of machines there are samples of."""
    return sorted(file.stem for file in SAMPLES.glob("*.json"))


def request_of(signal: Signal, secret: str, since: datetime, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a request, proven as that kind of machine does.

    `since` is when the alert began to fire.
    """
    sample: dict[str, Any] = json.loads((SAMPLES / f"{signal.kind}.json").read_text(encoding="utf-8"))
    id_ = hashlib.sha256(signal.name.encode()).hexdigest()[:16]
    marks = {
        "$NAME": json.dumps(signal.name)[1:-1],
        "$ID": id_,
        "$OCCURRENCE": f"{id_}-{int(since.timestamp())}",
        "$SEVERITY": signal.severity,
        "$SINCE": since.isoformat(),
        "$NOW": now.isoformat(),
        "$UNIX": str(int(now.timestamp())),
    }
    body = _filled(json.dumps(_unrolled(sample[signal.state])), marks).encode()
    headers = {name: _filled(text, marks) for name, text in sample["headers"].items()}
    if "signature" in sample:
        return body, headers | {sample["signature"]: hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
    return body, headers | {"Authorization": f"Bearer {secret}"}


def _unrolled(sample: Any) -> Any:
    """Return a sample in which each line with `$TIMES` is there so often, numbered by `$COUNT`."""
    if not isinstance(sample, list):
        return sample
    lines = [(json.dumps(line | {"$TIMES": 0}), line.get("$TIMES", 1)) for line in sample]
    numbered = [json.loads(text.replace("$COUNT", str(number))) for text, times in lines for number in range(times)]
    return [{name: value for name, value in line.items() if name != "$TIMES"} for line in numbered]


def _filled(text: str, marks: dict[str, str]) -> str:
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text
