"""Checks whole payloads: the rules of the table, and those that look across blocks."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from sandbox.blockkit.blocks import BLOCKS, SURFACES
from sandbox.blockkit.objects import plain
from sandbox.blockkit.rules import Problem, Report, Table, anything, array, flag, text, thing, typed

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100, "any": 100}
MOST_MARKDOWN = 12_000
MOST_CHARTS = 2

COMMON: Table = {
    "type": anything,
    "blocks": anything,
    "private_metadata": text(3000, least=0),
    "callback_id": text(255, least=0),
    "external_id": text(255, least=0),
}
MODAL = thing(
    COMMON
    | {"title": plain(24), "submit": plain(24), "close": plain(24)}
    | {"clear_on_close": flag, "notify_on_close": flag},
    ("title", "blocks"),
)
HOME = thing(COMMON, ("blocks",))


def check_blocks(blocks: Any, surface: str = "message", at: str = "") -> list[Problem]:
    report = Report()
    array(typed(BLOCKS, SURFACES[surface]), MOST_BLOCKS[surface], least=1)(blocks, at, report)
    if not report.problems:
        _across(blocks, surface, at, report)
    return report.problems


def check_rollout(blocks: Any, refused: Collection[str], at: str = "") -> list[Problem]:
    """Blocks of these kinds are refused as unknown, as in a workspace to which Slack has not released them."""
    report = Report()
    for place, one in enumerate(blocks if isinstance(blocks, list) else ()):
        if isinstance(one, dict) and one.get("type") in refused:
            report.add(f"{at}/{place}/type", f"unsupported type: {one['type']}", "enum", None, one["type"])
    return report.problems


def check_any_blocks(blocks: Any) -> list[Problem]:
    return check_blocks(blocks, "any")


def check_view(view: Any) -> list[Problem]:
    report = Report()
    typed({"modal": MODAL, "home": HOME})(view, "", report)
    if report.problems:
        return report.problems
    if _needs_submit(view):
        report.missing("", "submit")
    return report.problems + check_blocks(view["blocks"], view["type"], "/blocks")


def _needs_submit(view: dict[str, Any]) -> bool:
    blocks = view["blocks"] if isinstance(view["blocks"], list) else []
    has_input = any(isinstance(one, dict) and one.get("type") == "input" for one in blocks)
    return view["type"] == "modal" and has_input and not view.get("submit")


def check_message(message: Any) -> list[Problem]:
    report = Report()
    if not isinstance(message, dict):
        report.add("", "must be an object", "type", "object", type(message).__name__)
        return report.problems
    found = check_blocks(message["blocks"], "message", "/blocks") if message.get("blocks") else []
    for place, one in enumerate(message.get("attachments") or []):
        if isinstance(one, dict) and one.get("blocks"):
            found += check_blocks(one["blocks"], "message", f"/attachments/{place}/blocks")
    return found


def _across(blocks: list[dict[str, Any]], surface: str, at: str, report: Report) -> None:
    _unique(blocks, at, report)
    count = Counter(one["type"] for one in blocks)
    if count["table"] + count["data_table"] > 1 and surface == "message":
        report.add(at, "only one table is allowed", "max_items", 1, count["table"] + count["data_table"])
    if count["data_visualization"] > MOST_CHARTS:
        report.add(at, "only two charts are allowed", "max_items", MOST_CHARTS, count["data_visualization"])
    markdown = sum(len(one["text"]) for one in blocks if one["type"] == "markdown")
    if markdown > MOST_MARKDOWN:
        report.add(at, "markdown blocks are too long together", "max_length", MOST_MARKDOWN, markdown)
    if sum(1 for one in _all_dicts(blocks) if one.get("focus_on_load")) > 1:
        report.add(at, "only one element may have focus_on_load", "max_items", 1, None)


def _unique(blocks: list[dict[str, Any]], at: str, report: Report) -> None:
    for name in ("block_id", "action_id"):
        seen = Counter(one[name] for one in _all_dicts(blocks) if isinstance(one.get(name), str))
        for twice in (value for value, times in seen.items() if times > 1):
            if name == "block_id" or _same_block(blocks, twice):
                report.add(at, f"{name} {twice} already exists", "unique", None, twice)


def _same_block(blocks: list[dict[str, Any]], action_id: str) -> bool:
    """The same action id may come back in another block, but not within one."""
    return any(sum(one.get("action_id") == action_id for one in _all_dicts([block])) > 1 for block in blocks)


def _all_dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _all_dicts(one)
