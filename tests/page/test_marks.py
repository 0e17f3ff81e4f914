"""How marks read: Slack's mrkdwn by a table, and markdown as CommonMark has it, each as the page draws it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.page.conftest import Looks
from tests.sandbox.conftest import Box

MRKDWN = {
    "*bold* _lines_ ~gone~ `code`": "<strong>bold</strong> <em>lines</em> <s>gone</s> <code>code</code>",
    "*_both_*": "<strong><em>both</em></strong>",
    "2*3*4 snake_case_word": "2*3*4 snake_case_word",
    "* not bold *": "* not bold *",
    "`*code*` &lt;b&gt; &amp;amp;": "<code>*code*</code> &lt;b&gt; &amp;amp;",
    "<https://a.example|here> <https://a.example/b>": "<a>here</a> <a>https://a.example/b</a>",
    "&gt; said\nand": "<blockquote>said</blockquote>and",
    "```\nx *y*\n```": "<pre>x *y*</pre>",
    "<javascript:alert(1)|x>": "x (javascript:alert(1))",
    "a\nb": "a<br>b",
    ":tada: :wave::skin-tone-3: :flag-de: :nothing:": "🎉 👋🏼 🇩🇪 :nothing:",
    "<!here> <#C0NONE|room>": "@here <a>#room</a>",
    "<!date^1700000000^{odd} {date}|then>": "<time>then</time>",
}
MARKDOWN = {
    "***both*** and \\*none\\*": "<p><em><strong>both</strong></em> and *none*</p>",
    "- a\n  - b\n- c": "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
    "1. a\n2. b": "<ol><li>a</li><li>b</li></ol>",
    "&amp; &lt;b&gt; <b>x</b>": "<p>&amp; &lt;b&gt; &lt;b&gt;x&lt;/b&gt;</p>",
    "<https://a.example> and https://b.example": "<p><a>https://a.example</a> and <a>https://b.example</a></p>",
    "| A | B |\n|---|--:|\n| x \\| y | 2 |": (
        "<div><table><thead><tr><th>A</th><th>B</th></tr></thead>"
        "<tbody><tr><td>x | y</td><td>2</td></tr></tbody></table></div>"
    ),
    ":tada: ~~gone~~ `*x*`": "<p>🎉 <s>gone</s> <code>*x*</code></p>",
    "[**x**](https://a.example) [y](javascript:alert)": ("<p><a><strong>x</strong></a> [y](javascript:alert)</p>"),
    "## Title": "<h3>Title</h3>",
    "<!here> <@U0NONE>": "<p>@here @U0NONE</p>",
}


@pytest.fixture
def box() -> Iterator[Box]:
    made = Box(rate_limits=False)
    yield made
    made.stop()


def bare(node: Locator) -> str:
    """The elements that mean something, without attributes and wrappers."""
    html = re.sub(r"<(\w+)[^>]*>", r"<\1>", node.inner_html())
    return re.sub(r"</?span>", "", html)


@pytest.mark.parametrize("kind", ["mrkdwn", "markdown"])
def test_marks_read_as_in_slack(kind: str, box: Box, looks: Looks) -> None:
    cases = MRKDWN if kind == "mrkdwn" else MARKDOWN
    for number, text in enumerate(cases):
        shape = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
        block = shape if kind == "mrkdwn" else {"type": "markdown", "text": text}
        box.client.chat_postMessage(channel=box.channel("payroll-help"), text=f"{number}", blocks=[block])
    window = looks(box.sandbox.url, "maria")
    drawn = window.main.locator(".section-text" if kind == "mrkdwn" else ".markdown")
    expect(drawn).to_have_count(len(cases))
    shown = {text: bare(drawn.nth(number)) for number, text in enumerate(cases)}
    assert {text: html for text, html in shown.items() if html != cases[text]} == {}
