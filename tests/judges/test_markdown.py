"""What people wrote stays what it is in Markdown, as a parser reads it that others wrote."""

import json
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

from domain.text import escape_markdown, one_line

HERE = Path(__file__).parent
PIECES = (*"\\`*_[]<>#|~!&-+=:.(){}'\"1 aé\N{GRINNING FACE}", "1. ", "2) ", "- ", "+ ", "=== ", "**", "](", "![](@U1)",
          "<b>", "&amp;", "<@U1>", "http://a.example", "    ", "```", "~~x~~", "# ", "> ", "---", "[x]: y")  # fmt: skip
PLAIN = {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "paragraph_open",
         "paragraph_close", "inline", "text"}  # fmt: skip


def read(texts: list[str]) -> list[dict[str, object]]:
    if not shutil.which("node"):
        pytest.skip("Node is not installed")
    done = subprocess.run(["node", HERE / "markdown.mjs"], input=json.dumps(texts), capture_output=True, text=True,
                          check=True)  # fmt: skip
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_no_text_is_read_as_anything_but_itself() -> None:
    lot = Random(25)
    texts = {one_line("".join(lot.choices(PIECES, k=lot.randint(1, 9)))) for _ in range(3000)} - {""}
    ours = sorted(texts)
    raw, *found = read(["- 1. [a](b)", *(f"- {escape_markdown(one)}" for one in ours)])
    assert set(map(str, raw["kinds"])) > PLAIN, "the parser reads what is not escaped"  # type: ignore[call-overload]
    wrong = [
        (one, said)
        for one, said in zip(ours, found, strict=True)
        if said["words"] != one or not {*said["kinds"]} <= PLAIN
    ]  # type: ignore[misc]
    assert wrong == []
