"""Slack's contracts as data, where that folder stands beside the checkout; the product does not need it."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(os.environ.get("SLACK_CONTRACTS", Path(__file__).parents[3] / "shared" / "slack-contracts"))
MISSING = "the folder slack-contracts is not there; set SLACK_CONTRACTS"
needed = pytest.mark.skipif(not FOLDER.is_dir(), reason=MISSING)


@cache
def load(path: str) -> Any:
    return json.loads((FOLDER / path).read_text(encoding="utf-8"))


def payloads() -> list[tuple[str, dict[str, Any]]]:
    """(name, payload) of every recorded payload that Slack would send to an app like ours."""
    folder = FOLDER / "generated" / "payload_fixtures"
    kinds = ("block_actions", "block_suggestion", "event.app_mention", "event.message", "event.reaction",
             "message_action", "shortcut", "slash_command", "view_closed", "view_submission")  # fmt: skip
    files = (p for p in sorted(folder.glob("*.json")) if p.name.startswith(kinds))
    return [(p.stem, load(f"generated/payload_fixtures/{p.name}")) for p in files]
