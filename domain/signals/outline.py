"""The outline of a body that was not understood: its names and types, and nothing of what stands in it."""

import json
from typing import Any

MAX_DEPTH, MAX_NAMES, MAX_NAME, MAX_OUTLINE = 4, 20, 40, 1000


def outline(body: bytes) -> str:
    """Return the shape of a body, such as `{alerts: [{status: text(6)}], version: number}`."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return f"{len(body)} bytes that are not JSON"
    return _shape(found, MAX_DEPTH)[:MAX_OUTLINE]


def _shape(value: Any, depth: int) -> str:
    match value:
        case dict() if depth:
            pairs = (f"{_name(name)}: {_shape(one, depth - 1)}" for name, one in list(value.items())[:MAX_NAMES])
            more = [f"… {len(value) - MAX_NAMES} more"] if len(value) > MAX_NAMES else []
            return f"{{{', '.join([*pairs, *more])}}}"
        case list() if depth and value:
            return f"[{_shape(value[0], depth - 1)}] ({len(value)})"
        case dict() | list():
            return f"{type(value).__name__}({len(value)})"
        case str():
            return f"text({len(value)})"
        case bool():
            return "yes/no"
        case int() | float():
            return "number"
    return "null"


def _name(name: str) -> str:
    """Return a field's name where it looks like one; what people typed may be a name too."""
    is_name = name.isascii() and len(name) <= MAX_NAME and name.replace("_", "a").replace("-", "a").isalnum()
    return name if is_name else f"name({len(name)})"
