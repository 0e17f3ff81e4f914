"""Articles: an issue, its cause, solution and workaround, for everyone or for the team; reviewed and versioned."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from domain.statistics.intervals import Interval, wilson_interval

TITLE_LIMIT, TEXT_LIMIT = 150, 2900  # characters of a field; Slack takes 3,000 in an input
BODY_LIMIT = 100_000  # characters of a guide
STALE_AFTER = timedelta(days=30)  # since it was last reviewed
DEFLECTED_FOR = timedelta(days=2)  # a person who says that it helped and reports in that time was not helped


class ArticleAudience(StrEnum):
    """Who an article is for."""

    EVERYONE = "everyone"
    TEAM = "team"

    @property
    def label(self) -> str:
        return {ArticleAudience.EVERYONE: "Everyone", ArticleAudience.TEAM: "The team only"}[self]


class ArticleState(StrEnum):
    DRAFT = "draft"  # waits for its review
    PUBLISHED = "published"
    RETIRED = "retired"


class OfferOutcome(StrEnum):
    """What became of a person to whom the report form suggested an article."""

    HELPED = "helped"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleText:
    """What an article says. A guide has everything in `solution`, and may be only a link."""

    title: str
    issue: str = ""
    cause: str = ""
    solution: str = ""
    workaround: str = ""
    audience: ArticleAudience = ArticleAudience.EVERYONE
    link: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(**{**stored, "audience": ArticleAudience(stored["audience"])})

    def stored(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}

    @property
    def words(self) -> str:
        """Everything but the title, for search."""
        return "\n".join(filter(None, (self.issue, self.cause, self.solution, self.workaround)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article with its version; `source` is the file or link that it was imported from."""

    id: int
    phase_id: int
    text: ArticleText
    state: ArticleState
    version: int
    author: str
    reviewer: str
    ticket_id: int | None
    source: str
    changed_at: datetime
    reviewed_at: datetime | None

    @property
    def name(self) -> str:
        return f"K{self.id}"

    @property
    def is_published(self) -> bool:
        return self.state is ArticleState.PUBLISHED


@dataclass(frozen=True, slots=True)
class Deflection:
    """People to whom the form suggested an article, and how many of them said that it helped and did not report."""

    asked: int
    helped: int

    @property
    def rate(self) -> Interval:
        """From 0 to 1, with 95 % bounds."""
        return wilson_interval(self.helped, self.asked)


def to_markdown(article: Article, ticket: str = "") -> str:
    """Return an article as a Markdown page for a wiki, with its facts in front."""
    text = article.text
    facts = {"id": article.name, "version": article.version, "audience": text.audience.value, "ticket": ticket,
             "source": article.source or text.link}  # fmt: skip
    head = "\n".join(f"{name}: {value}" for name, value in facts.items() if value)
    parts = (("Issue", text.issue), ("Cause", text.cause), ("Solution", text.solution), ("Workaround", text.workaround))
    sections = "".join(f"\n## {title}\n\n{said.strip()}\n" for title, said in parts if said)
    link = f"\n[{text.link}]({text.link})\n" if text.link else ""
    return f"---\n{head}\n---\n\n# {text.title}\n{sections}{link}"
