"""Steps of workflows: the functions of an app's manifest, each run of one, and whether values fit their types."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.workspace import Workspace

Declared = Mapping[str, Any]
WORKFLOW_TOKEN = "xwfp-1000000000001-"  # noqa: S105 - only ever valid on this machine
NOT_ACKNOWLEDGED = "Function failed to execute"
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass
class StepRun:
    """One run of a function, which the app ends once: with outputs, or with an error for the person."""

    id: str
    function: str
    inputs: dict[str, Any]
    status: Literal["running", "completed", "failed", "lost"] = "running"
    outputs: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def token(self) -> str:
        """The workflow token with which the app may act while the step runs."""
        return f"{WORKFLOW_TOKEN}{self.id}"

    def to_page(self) -> dict[str, Any]:
        return {"function_execution_id": self.id, "function": self.function, "inputs": self.inputs,
                "status": self.status, "outputs": self.outputs, "error": self.error}  # fmt: skip

    def lose(self) -> None:
        """End it because the app did not acknowledge the event, however often it came."""
        if self.status == "running":
            self.status, self.error = "lost", NOT_ACKNOWLEDGED


def parameters(function: Declared, side: str) -> list[dict[str, Any]]:
    """Return the `input_parameters` or `output_parameters` of a function, as the event lists them.

    The second version of manifests has them under `properties`, beside the names that are `required`. The first has
    them side by side, and each says itself whether it is.
    """
    given = function.get(side) or {}
    named, required = given.get("properties"), given.get("required") or ()
    known = named if isinstance(named, dict) else given
    return [{"name": name, "title": name, "description": "", "is_required": name in required} | about
            for name, about in known.items()]  # fmt: skip


def problems(workspace: Workspace, known: list[dict[str, Any]], given: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the values for these parameters: missing, unknown, or of another type."""
    names = {one["name"] for one in known}
    found = [f"unexpected parameter: {name}" for name in given if name not in names]
    for one in known:
        value = given.get(one["name"])
        if value is None:
            found += [f"missing required parameter: {one['name']}"] if one["is_required"] else []
        elif not _fits(workspace, str(one.get("type")), value):
            found.append(f"parameter {one['name']} is no {one.get('type')}")
    return found


def _fits(workspace: Workspace, kind: str, value: Any) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer" | "slack#/types/timestamp":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "slack#/types/user_id":
            return value in workspace.users
        case "slack#/types/channel_id":
            return value in workspace.channels
        case "slack#/types/usergroup_id":
            return value in workspace.groups.by_id
        case "slack#/types/date":
            return isinstance(value, str) and bool(DATE.fullmatch(value))
    return isinstance(value, str)
