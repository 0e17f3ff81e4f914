"""The post-mortem of a phase: what went well, what went wrong and what was learned, beside what the data show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from html import escape

from domain.text import escape_markdown

TEXT_LIMIT = 3000  # characters of one part, which is what Slack takes in a field
STYLE = "body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 system-ui,sans-serif}h2{margin-top:2rem}"


class LessonKind(StrEnum):
    """What people say about a phase. The values are the ids of the questions of the anonymous form."""

    WENT_WELL = "went_well"
    WENT_WRONG = "went_wrong"
    LEARNED = "learned"

    @property
    def label(self) -> str:
        return {
            LessonKind.WENT_WELL: "What went well",
            LessonKind.WENT_WRONG: "What went wrong",
            LessonKind.LEARNED: "What we learned",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMortem:
    """What the leads have written, by part; `version` rises with each change, and is 0 before the first."""

    phase_id: int
    texts: Mapping[LessonKind, str] = field(default_factory=dict)
    version: int = 0
    edited_by: str = ""
    edited_at: datetime | None = None
    posted_at: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return not any(self.texts.values())


@dataclass(frozen=True, slots=True)
class PostMortemDocument:
    """A post-mortem to read outside Slack: title, a sentence about it, and (heading, lines) of each part."""

    title: str
    about: str
    parts: Sequence[tuple[str, Sequence[str]]]


def draft_text(notes: Sequence[str]) -> str:
    """Return what people wrote as a list, cut after the last note that fits in one part."""
    text = ""
    for line in (f"• {' '.join(note.split())}" for note in notes):
        if len(text) + len(line) + 1 > TEXT_LIMIT:
            break
        text += f"\n{line}" if text else line
    return text


def to_markdown(document: PostMortemDocument) -> str:
    """Return it as Markdown; characters that Markdown would read are escaped."""
    found = [f"# {escape_markdown(document.title)}", escape_markdown(document.about)]
    for heading, lines in document.parts:
        found += [f"## {escape_markdown(heading)}", "\n".join(f"- {escape_markdown(line)}" for line in lines)]
    return "\n\n".join(found) + "\n"


def to_html(document: PostMortemDocument) -> str:
    """Return it as one self-contained page without scripts."""
    parts = "".join(
        f"<h2>{escape(heading)}</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>\n"
        for heading, lines in document.parts
    )
    title = escape(document.title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body><h1>{title}</h1><p>{escape(document.about)}</p>\n"
        f"{parts}</body></html>\n"
    )
