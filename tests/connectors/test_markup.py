"""Text keeps its words and its look on the way from Slack to Jira and back, but for what the table of losses names."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from connectors.jira import adf, wiki
from connectors.jira.adf import read_adf, write_adf
from connectors.jira.wiki import read_wiki, write_wiki
from connectors.markup import BlockKind, Document, Span, TextBlock, joined, plain_text, read_mrkdwn, write_mrkdwn

CONTRACTS = Path(__file__).parent / "contracts"
TYPED = """The *totals* of _June_ are ~wrong~ right: `SUM(a_b)` says -3 * 4.
See <https://w.example/a_b?x=1|the list> and snake_case_names, C:\\temp, {braces}, [x], a|b, 100% -5 +5.

> She wrote: *twice*
> and again

• one
• two, *bold*
1. first
2. second
```
if x:
    y = "*not bold*"
```"""

words = st.text(
    st.characters(categories=("L", "N"), include_characters="äß- .,:;()'%&\"/#+=@$"), min_size=1, max_size=12
)
pure = words.filter(lambda text: text[0].isalnum() and text[-1].isalnum())
addresses = st.sampled_from(["https://w.example/a?b=1&c=2", "https://w.example/x_y*z"])


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    """Pieces of different looks, with plain words between them, as people write them."""
    made: list[Span] = []
    for _ in range(draw(st.integers(1, 3))):
        look = draw(st.sampled_from(["", "bold", "italic", "strike", "code", "link"]))
        text = draw(pure)
        made += [
            Span(f"{draw(pure)} "),
            Span(text, link=draw(addresses)) if look == "link" else Span(text, **({look: True} if look else {})),
            Span(" "),
        ]
    return joined([*made, Span(draw(pure))])


kinds = st.sampled_from([BlockKind.TEXT, BlockKind.QUOTE, BlockKind.BULLET, BlockKind.NUMBER])
blocks = st.one_of(
    st.builds(TextBlock, kinds, spans()),
    st.builds(lambda text: TextBlock(BlockKind.CODE, (Span(text),)), pure),
)
documents = st.lists(blocks, min_size=1, max_size=4).map(tuple)


@cache
def adf_schema() -> Draft4Validator:
    return Draft4Validator(json.loads((CONTRACTS / "adf.schema.v1.json").read_text(encoding="utf-8")))


def valid(document: dict[str, Any]) -> dict[str, Any]:
    assert [error.message[:200] for error in adf_schema().iter_errors(document)] == []
    return document


@given(documents)
@settings(max_examples=60)
def test_nothing_is_lost_between_slack_and_both_kinds_of_jira(document: Document) -> None:
    assert read_mrkdwn(write_mrkdwn(document)) == document
    assert read_wiki(write_wiki(document)) == document
    assert read_adf(write_adf(document)) == document


@given(documents)
@settings(max_examples=8)
def test_what_is_written_for_the_cloud_keeps_to_atlassians_schema(document: Document) -> None:
    valid(write_adf(document))


@given(st.text(max_size=60))
@settings(max_examples=80)
def test_whatever_people_type_keeps_its_words_and_makes_a_valid_document(text: str) -> None:
    document = read_mrkdwn(text)
    assert plain_text(read_adf(write_adf(document))) == plain_text(document)
    assert all(one.spans for one in document)


def test_a_long_report_comes_back_as_it_was_typed() -> None:
    document = read_mrkdwn(TYPED)
    assert [one.kind.value for one in document] == [
        "text", "quote", "bullet", "bullet", "number", "number", "code",
    ]  # fmt: skip
    for there, back in ((write_adf, read_adf), (write_wiki, read_wiki)):
        assert back(there(document)) == document, there.__name__  # type: ignore[operator]
    assert read_mrkdwn(write_mrkdwn(document)) == document
    valid(write_adf(document))
    valid(write_adf(()))


RICH = {
    "version": 1, "type": "doc", "content": [
        {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Cause"}]},
        {"type": "panel", "attrs": {"panelType": "info"}, "content": [{"type": "paragraph", "content": [
            {"type": "text", "text": "red", "marks": [{"type": "textColor", "attrs": {"color": "#ff0000"}}]},
            {"type": "hardBreak"},
            {"type": "mention", "attrs": {"id": "5b10", "text": "@Ann"}}, {"type": "text", "text": " "},
            {"type": "emoji", "attrs": {"shortName": ":smile:"}},
            {"type": "status", "attrs": {"text": "LIVE", "color": "green"}},
            {"type": "date", "attrs": {"timestamp": "1772528400000"}},
            {"type": "inlineCard", "attrs": {"url": "https://w.example/x"}}]}]},
        {"type": "bulletList", "content": [{"type": "listItem", "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "outer"}]},
            {"type": "bulletList", "content": [{"type": "listItem", "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "inner"}]}]}]}]}]},
        {"type": "table", "content": [{"type": "tableRow", "content": [
            {"type": "tableCell", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "a"}]}]},
            {"type": "tableCell", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "b"}]}]}]}]},
        {"type": "mediaSingle", "content": [
            {"type": "media", "attrs": {"type": "file", "id": "1", "collection": "c", "alt": "shot.png"}}]},
        {"type": "rule"},
    ],
}  # fmt: skip


def test_a_hyphen_does_not_end_what_is_struck_through() -> None:
    document = read_mrkdwn("well ~state-of-the-art~ -5 done")
    assert write_wiki(document) == r"well -state\-of\-the\-art- \-5 done"
    assert read_wiki(write_wiki(document)) == document


def test_what_slack_has_no_equal_for_keeps_its_text() -> None:
    valid(RICH)
    assert write_mrkdwn(read_adf(RICH)) == (
        "*Cause*\n\nred\n@Ann :smile:LIVE03 Mar 2026https://w.example/x\n\n• outer\n• inner\n\na | b\n\nshot.png"
    )
    text = (
        "h2. Cause\n{panel:title=x}{color:red}red{color}\n[~ann] said{panel}\n"
        "* outer\n** inner\n||a||b||\n|c|d|\n!shot.png|thumbnail!\n+under+ [https://w.example/x]\nbq. cited"
    )
    assert write_mrkdwn(read_wiki(text)) == (
        "*Cause*\n\nred\n@ann said\n\n• outer\n• inner\n\na | b\n\nc | d\n\nshot.png\n"
        "+under+ <https://w.example/x>\n\n> cited"
    )


@pytest.mark.parametrize("losses", [adf.LOSSES, wiki.LOSSES])
def test_every_loss_is_in_the_docs(losses: dict[str, str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "jira.md").read_text(encoding="utf-8")
    for what, becomes in losses.items():
        assert f"| `{what}` | {becomes} |" in page.replace("\\|", "|"), what
