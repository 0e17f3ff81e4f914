"""Reading a message: every word of it, once, in the order in which a person reads it, with its links and files."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.incoming import read_message
from sandbox.richtext import rich_text
from sandbox.text import escape
from tests.support import contracts

# What a person does not see before they open a menu or a dialog.
UNSEEN = {"slack_icon", "icon", "options", "option_groups", "confirm", "placeholder", "initial_option",
          "initial_options", "value"}  # fmt: skip
NAMING = {"type", "block_id", "action_id", "task_id", "style", "status", "level", "width", "align", "external_id",
          "source", "accessibility_label", "format", "unicode", "skin_tone", "channel",
          "response_type", "metadata", "color", "fallback", "image_url", "thumbnail_url",
          "provider_icon_url"}  # fmt: skip
WORD = re.compile(r"[^\W_]+")


def section(*elements: dict[str, Any], kind: str = "rich_text_section", **more: Any) -> dict[str, Any]:
    return {"type": kind, "elements": list(elements), **more}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def said(*elements: dict[str, Any], **more: Any) -> str:
    return read_message({"blocks": [{"type": "rich_text", "elements": list(elements)}], **more}).text


def test_rich_text_is_read_in_order_with_its_lists_quotes_code_mentions_and_links() -> None:
    link = {"type": "link", "url": "https://pay.example/1", "text": "the run"}
    mentioned = "<#C01|payroll> <!subteam^S01|@leads>"
    assert said(
        section(text("Look at "), link, text(" "), {"type": "user", "user_id": "U01"}, text(" in "),
                {"type": "channel", "channel_id": "C01"}, text("\n")),
        section(section(text("one")), section(text("two")), kind="rich_text_list", style="bullet", indent=1),
        section(section(text("three")), kind="rich_text_list", style="ordered", offset=2),
        section(text("they wrote\nthis"), kind="rich_text_quote"),
        section(text("x = 1 < 2\n  y"), kind="rich_text_preformatted"),
        section({"type": "emoji", "name": "wave", "skin_tone": 3}, {"type": "usergroup", "usergroup_id": "S01"},
                {"type": "broadcast", "range": "here"}),
        text=mentioned,
    ) == (
        "Look at the run (https://pay.example/1) <@U01> in #payroll\n  • one\n  • two\n3. three\n> they wrote\n> this\n"
        "x = 1 < 2\n  y\n:wave::skin-tone-3:@leads@here"
    )  # fmt: skip


def test_the_text_only_repeats_the_blocks() -> None:
    block = rich_text(escape("The till is <down> & out"), "b")
    assert read_message({"text": escape("The till is <down> & out"), "blocks": [block]}).text == (
        "The till is <down> & out"
    )
    assert read_message({"text": "only &lt;text&gt;"}).text == "only <text>"
    assert read_message({"text": "a fallback", "blocks": [{"type": "divider"}]}).text == "a fallback"


def test_a_forwarded_message_says_whose_it_is_and_brings_its_files() -> None:
    inner = {"message": {"blocks": [{"type": "rich_text", "elements": [section(text("The rate is wrong"))]}]}}
    shared = {"is_share": True, "from_url": "https://x", "author_name": "Tom Brandt", "text": "The rate is wrong",
              "message_blocks": [inner], "fallback": "[1.1] tom: The rate is wrong", "footer": "Posted in #help",
              "files": [{"id": "F1", "name": "rate.png"}]}  # fmt: skip
    found = read_message({"text": "see this", "attachments": [shared]})
    assert found.text == "see this\nForwarded from Tom Brandt:\nThe rate is wrong"
    assert [file.name for file in found.files] == ["rate.png"]


def test_an_alert_of_another_app_is_read_with_its_fields() -> None:
    alert = {"title": "Disk full", "title_link": "https://mon.example/7", "text": "*97 %* used",
             "fallback": "Disk full", "fields": [{"title": "Host", "value": "pay-2"}], "footer": "Monitor"}  # fmt: skip
    assert read_message({"text": "", "attachments": [alert]}).text == (
        "Disk full (https://mon.example/7)\n*97 %* used\nHost: pay-2\nMonitor"
    )
    assert read_message({"attachments": [{"fallback": "only this"}]}).text == "only this"


def test_a_pasted_table_is_read_row_by_row_and_the_preview_of_a_link_is_not() -> None:
    rows = [[{"type": "raw_text", "text": "Employee"}, {"type": "raw_number", "value": 7, "text": "7"}]] * 2
    table = {"blocks": [{"type": "table", "rows": rows}], "fallback": "[no preview available]"}
    preview = {"from_url": "https://x.example", "title": "X", "text": "An advertisement"}
    assert read_message({"text": "look", "attachments": [table, preview]}).text == "look\nEmployee | 7\nEmployee | 7"


def words_of(value: Any, key: str = "") -> Iterator[str]:
    """Every word under any key that a person reads."""
    match value:
        case str() if key not in NAMING:
            yield from WORD.findall(value)
        case dict():
            for name, inner in value.items():
                if name not in UNSEEN:
                    yield from words_of(inner, name)
        case list():
            for inner in value:
                yield from words_of(inner, key)


def fixtures() -> list[tuple[str, dict[str, Any]]]:
    if not contracts.FOLDER.is_dir():
        return []
    found = []
    valid = contracts.FOLDER / "slackblocks-spec" / "spec" / "fixtures" / "valid"
    for kind in ("blocks", "rich_text", "attachments", "messages"):
        for path in sorted((valid / kind).glob("*.json")):
            made = json.loads(path.read_text(encoding="utf-8"))
            found.append((f"{kind}/{path.stem}", as_message(kind, made)))
    recorded = (contracts.FOLDER / "generated" / "payload_fixtures").glob("event.message.*.json")
    for path in sorted(recorded):
        event = json.loads(path.read_text(encoding="utf-8"))["event"]
        found.append((path.stem, event.get("message") or {name: event.get(name) for name in ("text", "blocks")}))
    return found


def as_message(kind: str, made: dict[str, Any]) -> dict[str, Any]:
    match kind, made.get("type", ""):
        case "rich_text", str(inner) if inner.startswith("rich_text_"):
            return {"blocks": [{"type": "rich_text", "elements": [made]}]}
        case "rich_text", _:
            return {"blocks": [{"type": "rich_text", "elements": [section(made)]}]}
        case "blocks", _:
            return {"blocks": [made]}
        case "attachments", _:
            return {"attachments": [made]}
    return made


@contracts.needed
def test_no_word_of_any_kind_of_block_is_lost() -> None:
    lost = {}
    for name, message in fixtures():
        shown = {part: message.get(part) for part in ("blocks", "attachments")}
        if not any(shown.values()):
            shown = {"text": message.get("text")}
        read = read_message(message).text
        if missing := {word for word in words_of(shown) if word not in read}:
            lost[name] = missing
    assert lost == {}


def test_a_block_of_a_kind_that_is_not_known_yet_is_read_too() -> None:
    fresh = {"type": "hologram", "title": {"type": "plain_text", "text": "New"}, "child_blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "words"}}]}  # fmt: skip
    assert read_message({"blocks": [fresh]}).text == "New\nwords"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "text", "elements", "rows", "blocks", "attachments", "fields", "message_blocks",
                         "message", "title", "files", "indent", "offset", "is_share", "url", "id", "name"]),
        inner | st.sampled_from(["rich_text", "rich_text_list", "table", "section", "mrkdwn", "link"]), max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.fixed_dictionaries({}, optional={"text": JSON, "blocks": JSON, "attachments": JSON, "files": JSON}))
def test_nothing_malformed_is_an_error(message: dict[str, Any]) -> None:
    assert isinstance(read_message(message).text, str)


def test_blocks_inside_blocks_come_to_an_end() -> None:
    deep: dict[str, Any] = {"type": "section", "text": "end"}
    for _ in range(10_000):
        deep = {"type": "container", "child_blocks": [deep]}
    assert read_message({"blocks": [deep]}).text == ""


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Co", "Cf", "Zl", "Zp")), max_size=60))
def test_what_people_type_is_read_word_for_word(typed: str) -> None:
    stored = escape(typed)
    read = read_message({"text": stored, "blocks": [rich_text(stored, "b")]}).text
    assert WORD.findall(read) == WORD.findall(read_message({"text": stored}).text)


@pytest.mark.parametrize("typed", [">> We look at it\nwhat a mess", "// only us", "!restart", ">>now\n>> then"])
def test_the_marks_of_the_team_stay(typed: str) -> None:
    stored = escape(typed)
    assert read_message({"text": stored, "blocks": [rich_text(stored, "b")]}).text == typed
