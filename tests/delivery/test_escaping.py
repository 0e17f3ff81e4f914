"""Texts from forms and events can't ping a channel or a group, fake a link or break a message."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.text import escape, file_link, from_event, quote, rich, summary_of
from bot.views.tickets import posts
from bot.views.tickets.card import CardContext, card
from tests.tickets.test_transitions import ticket

NASTY = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from([
            "<!channel>", "<!here>", "<!everyone>", "<!subteam^S123|@all>", "<#C123|general>", "<@U12345>",
            "<https://evil.example|https://bank.example>", "<!date^1^{date}|x>", "*", "_", "~", "`", "```", ">", "&",
            "&lt;!channel&gt;", "&amp;lt;", "|", "\u202e", "\x00", "\ue000desk:1|x\ue001", "\n", ":smile:", "@here",
        ]),
    ),
    max_size=8,
).map("".join)  # fmt: skip
CONTROL = re.compile(r"<[^>]*>")
OURS = re.compile(
    r"<@U[A-Z0-9]+>|<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-0-9: UTC]+>|<https://x/[^|<>]*\|[^<>]*>"
)


def mrkdwn(node: Any) -> list[str]:
    """Every text that Slack will parse."""
    if isinstance(node, list):
        return [t for n in node for t in mrkdwn(n)]
    if not isinstance(node, dict):
        return []
    own = [node["text"]] if node.get("type") == "mrkdwn" else []
    return own + [t for v in node.values() for t in mrkdwn(v)]


def harmless(text: str) -> bool:
    return all(OURS.fullmatch(found) for found in CONTROL.findall(text))


@given(NASTY)
def test_text_from_a_form_is_inert(text: str) -> None:
    assert not CONTROL.search(escape(text))
    assert harmless(quote(text))
    made = card(ticket(note=text), [], CardContext())
    assert all(harmless(t) for t in [made["text"], *mrkdwn(made["blocks"])])


@given(NASTY)
def test_text_from_an_event_is_inert(text: str) -> None:
    raw = from_event(text)
    for said in (
        *posts.reporter_message_for_team("UMARIA", raw, []),
        *posts.reply(ticket(), "UJO", raw),
    ):
        assert all(harmless(t) for t in [said["text"], *mrkdwn(said["blocks"])])
    assert harmless(escape(summary_of(raw)))


@given(NASTY)
def test_rich_text_mentions_people_and_nothing_else(text: str) -> None:
    kinds = {e["type"] for e in rich(from_event(text))["elements"][0]["elements"]}
    assert kinds <= {"text", "user"}


@pytest.mark.parametrize(("event", "raw"), [
    ("a &lt; b &amp;&amp; c", "a < b && c"),
    ("<!channel> now", "@channel now"),
    ("<!subteam^S1|@payroll> look", "@payroll look"),
    ("<#C1|general>", "#general"),
    ("<https://evil.example|https://bank.example>", "https://bank.example (https://evil.example)"),
    ("<https://a.example>", "https://a.example"),
    ("<mailto:a@b.example|a@b.example>", "a@b.example"),
    ("<!date^1392734382^{date}|Feb 18>", "Feb 18"),
    ("hello <@U123|maria>", "hello <@U123|maria>"),
])  # fmt: skip
def test_what_an_event_said_in_plain_words(event: str, raw: str) -> None:
    assert from_event(event) == raw


def test_a_summary_never_mentions_people_or_channels() -> None:
    assert summary_of("\n  ask <@U123> why\nsecond line") == "ask @someone why"


def test_a_label_cannot_close_a_link() -> None:
    assert file_link("https://x/y", "a|b>c") == "<https://x/y|a/b&gt;c>"
    assert file_link("javascript:alert(1)", "a") == "a"


@given(st.text(max_size=20000))
def test_long_words_are_split_and_nothing_is_lost(text: str) -> None:
    said = posts.reporter_message_for_team("UMARIA", text, [])
    shown = "".join(e["text"] for m in said for b in m["blocks"] if b["type"] == "rich_text"
                    for e in b["elements"][0]["elements"])  # fmt: skip
    assert "".join(shown.split()) == "".join(text.split()) or not text.strip()
    assert all(len(json.dumps(m["blocks"], ensure_ascii=False)) < 13000 for m in said)
