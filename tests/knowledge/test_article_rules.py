"""Guides from files become articles, and articles become Markdown."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.knowledge import documents
from domain.knowledge.article import BODY_LIMIT, TITLE_LIMIT, ArticleAudience, ArticleText, Deflection

PAGE = """<html><head><title>Reset a  password</title><style>p {}</style></head>
<body><h1>Passwords</h1><p>Open <b>Settings</b>.</p><script>alert(1)</script>
<ul><li>Press Reset</li></ul></body></html>"""


def test_a_markdown_file_has_its_first_heading_as_title() -> None:
    found = documents.from_markdown("---\nowner: x\n---\n# Reset a password #\n\nOpen *Settings*.\r\n", "reset")
    assert (found.title, found.solution) == ("Reset a password", "Open *Settings*.")
    assert documents.from_markdown("Only words", "reset").title == "reset"


def test_an_html_page_has_its_text_and_no_scripts() -> None:
    found = documents.from_html(PAGE, "page")
    assert found.title == "Reset a password"
    assert found.solution.split() == ["Open", "Settings.", "Press", "Reset"]
    assert documents.from_html("<h1>Only a heading</h1><p>Words</p>", "page").title == "Only a heading"


def test_a_text_has_its_short_first_line_as_title() -> None:
    assert documents.from_text("Printers\nTurn it off", "a").title == "Printers"
    assert documents.from_text("x" * 200 + "\nmore", "printers").title == "printers"


def test_a_list_of_links_is_an_article_a_line() -> None:
    found = documents.from_links(
        "- [Reset](https://wiki/reset) - for everyone\nhttps://wiki/print Printers\nhttps://wiki/bare\n\n# no address\n"
    )
    assert [(one.title, one.link, one.issue) for one in found] == [
        ("Reset", "https://wiki/reset", "for everyone"), ("Printers", "https://wiki/print", ""),
        ("https://wiki/bare", "https://wiki/bare", ""),
    ]  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300), st.sampled_from([documents.from_markdown, documents.from_html, documents.from_text]))
def test_any_file_becomes_an_article_of_bounded_length(content: str, read: object) -> None:
    found = read(content, "name")  # type: ignore[operator]
    assert len(found.title) <= TITLE_LIMIT
    assert len(found.solution) <= BODY_LIMIT


def test_what_is_stored_is_read_back() -> None:
    text = ArticleText(title="A", cause="B", solution="C", audience=ArticleAudience.TEAM)
    assert ArticleText.read(text.stored()) == text


def test_the_rate_has_the_bounds_of_few_people() -> None:
    share = Deflection(10, 8).rate
    assert (share.low, share.high) == (pytest.approx(0.490, abs=1e-3), pytest.approx(0.943, abs=1e-3))
