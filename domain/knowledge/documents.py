"""Documents: what title and text a Markdown, HTML, PDF or text file has, and the links of a list."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

from domain.knowledge.article import BODY_LIMIT, TITLE_LIMIT, ArticleText
from domain.text import clean, is_blank, one_line, shorten

HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
MARKDOWN_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")
LINK = re.compile(r"https?://\S+")
HIDDEN = ("script", "style", "template", "noscript")
BREAKS = ("p", "div", "li", "br", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "pre")


def from_markdown(content: str, name: str) -> ArticleText:
    """Return a Markdown file as an article; without a heading its file name is the title."""
    body = FRONT_MATTER.sub("", content.replace("\r\n", "\n"))
    found = HEADING.search(body)
    if not found:
        return _article(name, body)
    return _article(found[1], body[: found.start()] + body[found.end() :])


def from_html(content: str, name: str) -> ArticleText:
    """Return an HTML page as an article: its title or first heading, and its text."""
    page = _Page()
    page.feed(content)
    page.close()
    return _article(page.title or page.heading or name, "".join(page.text))


def text_of_html(content: str) -> str:
    """Return the text of HTML, as people read it."""
    page = _Page()
    page.feed(content)
    page.close()
    return re.sub(r"\n\s*\n\s*", "\n\n", f"{page.heading}\n{''.join(page.text)}").strip()


def from_text(content: str, name: str) -> ArticleText:
    """Return plain text as an article; its first line is the title if it is short."""
    first, _, rest = content.strip().partition("\n")
    return _article(first, rest) if rest and len(first) <= TITLE_LIMIT else _article(name, content)


def from_pages(title: str, pages: Sequence[str], name: str) -> ArticleText:
    """Return the text of a document's pages as an article; without a title its file name is the title."""
    return _article(title if not is_blank(title) else name, "\n\n".join(clean(page) for page in pages))


def from_links(content: str) -> list[ArticleText]:
    """Return the links of a list as articles, one a line: `[title](address)` or an address and a title."""
    found = []
    for line in content.splitlines():
        if named := MARKDOWN_LINK.search(line):
            title, link, rest = named[1], named[2], line[named.end() :]
        elif plain := LINK.search(line):
            link, rest = plain[0], ""
            title = (line[: plain.start()] + line[plain.end() :]).strip(" -*:\t") or link
        else:
            continue
        found.append(ArticleText(title=_title(title), issue=rest.strip(" -:\t"), link=link))
    return found


def _article(title: str, body: str) -> ArticleText:
    return ArticleText(title=_title(title), solution=shorten(re.sub(r"\n{3,}", "\n\n", body).strip(), BODY_LIMIT))


def _title(text: str) -> str:
    return shorten(one_line(text), TITLE_LIMIT)


class _Page(HTMLParser):
    """The title, first heading and text of an HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.title = self.heading = ""
        self.text: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as it is called
        if tag in ("title", "h1", *HIDDEN):
            self._open.append(tag)
        if tag in BREAKS:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open.remove(tag)
        if tag in BREAKS:
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if any(tag in HIDDEN for tag in self._open):
            return
        if "title" in self._open:
            self.title += data
        elif "h1" in self._open and not "".join(self.text).strip():
            self.heading += data
        else:
            self.text.append(re.sub(r"\s+", " ", data))
