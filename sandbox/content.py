"""Reads the text, blocks, attachments and metadata of a message the app wants to send."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sandbox.blockkit import Problem, check_blocks, check_rollout
from sandbox.errors import SlackError
from sandbox.ids import IdMaker
from sandbox.views import name_blocks

MAX_TEXT = 40_000
MAX_BLOCKS_JSON = 13_000
MAX_ATTACHMENTS = 100
MAX_METADATA = 16_000


@dataclass(frozen=True)
class Content:
    text: str
    blocks: list[dict[str, Any]] | None
    attachments: list[dict[str, Any]] | None
    metadata: dict[str, Any] | None
    truncated: bool = False


def read_content(
    args: dict[str, Any], ids: IdMaker, *, longest: int | None = None, refused: Collection[str] = ()
) -> Content:
    """`longest` refuses longer text; without it text over Slack's own limit is cut off.

    `refused` are the kinds of blocks that this workspace does not have.
    """
    text = str(args.get("text") or args.get("markdown_text") or "")
    if longest and len(text) > longest:
        raise SlackError("msg_too_long")
    if args.get("markdown_text") and (args.get("text") or args.get("blocks")):
        raise SlackError("markdown_text_conflict")
    blocks = _blocks(args.get("blocks"), ids, refused)
    attachments = _attachments(args.get("attachments"), ids, refused)
    if not (text.strip() or blocks or attachments):
        raise SlackError("no_text")
    metadata = _metadata(args.get("metadata"))
    return Content(text[:MAX_TEXT], blocks, attachments, metadata, len(text) > MAX_TEXT)


def _blocks(blocks: Any, ids: IdMaker, refused: Collection[str]) -> list[dict[str, Any]] | None:
    if not blocks:
        return None
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    refuse("invalid_blocks", check_blocks(blocks) + check_rollout(blocks, refused), "/blocks")
    if len(json.dumps(blocks, ensure_ascii=False)) > MAX_BLOCKS_JSON:
        raise SlackError("msg_blocks_too_long")
    return _named(blocks, ids)


def _named(blocks: list[dict[str, Any]], ids: IdMaker) -> list[dict[str, Any]]:
    copy: list[dict[str, Any]] = json.loads(json.dumps(blocks))
    name_blocks(copy, ids)
    return copy


def _attachments(attachments: Any, ids: IdMaker, refused: Collection[str]) -> list[dict[str, Any]] | None:
    if not attachments:
        return None
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    named = []
    for place, one in enumerate(attachments, start=1):
        inner = _blocks(one.get("blocks"), ids, refused)
        named.append({"id": place} | one | ({"blocks": inner} if inner else {}))
    return named


def _metadata(metadata: Any) -> dict[str, Any] | None:
    if not metadata:
        return None
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    event = isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)
    if not event and "entities" not in metadata:
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(metadata)) > MAX_METADATA:
        raise SlackError("metadata_too_large")
    return metadata


def refuse(error: str, problems: list[Problem], root: str) -> None:
    """Raises Slack's error with its sentences when there are any problems."""
    if problems:
        sentences = [f"{one.message} [json-pointer:{root}{one.pointer}]" for one in problems]
        notes = {"messages": [f"[ERROR] {sentence}" for sentence in sentences]}
        raise SlackError(error, errors=sentences, response_metadata=notes)
