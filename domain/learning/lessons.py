"""Lessons: what a phase hands on to the next one, as settings, articles, results, estimates and words."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from domain.knowledge.article import TEXT_LIMIT, ArticleText
from domain.learning.post_mortem import LessonKind
from domain.phases.settings import PhaseSettings
from domain.settings import Name, Table

# Settings that hold in the next phase too: none of them names a person, a channel or a date.
REUSED: Mapping[str, tuple[str, ...]] = {
    "intake": ("modules", "processes", "categories", "templates", "fields", "custom_fields", "synonyms", "sort_within"),
    "sla": ("targets",),
    "conversations": ("two_way", "macros"),
    "followup": ("fix_tests", "tested_severities", "workaround_days"),
    "problems": ("branches", "min_whys"),
    "reporting": ("kpi_targets", "pitfalls"),
    "exit": ("critical_rate", "defect_rate"),
}
MAX_ARTICLES = 5000
Text = Annotated[str, Field(max_length=3 * TEXT_LIMIT)]


class LessonArticle(Table):
    """An article of the knowledge base; `name` is its name in the phase that it comes from."""

    name: str = Field(pattern=r"^K\d{1,18}$")
    content: dict[str, str]

    @property
    def text(self) -> ArticleText:
        """Return what it says; ValueError or TypeError when the file is not as it was exported."""
        return ArticleText.read(self.content)


class TargetReached(Table):
    """A KPI at the end: its value and its target, each None where there is none."""

    kpi: Name
    value: float | None
    target: float | None
    is_met: bool | None


class Estimate(Table):
    """What was expected and what came, both in `unit`."""

    what: Name
    unit: str
    expected: float
    actual: float


class Lessons(Table):
    """What a phase hands on, as a file holds it. `settings` are by area and name, as REUSED lists them."""

    version: Literal[1] = 1
    phase: str = Field(pattern=r"^[A-Z][A-Z0-9]{1,9}$")
    name: Name
    exported_on: date
    settings: dict[str, dict[str, Any]]
    articles: tuple[LessonArticle, ...] = Field(default=(), max_length=MAX_ARTICLES)
    targets: tuple[TargetReached, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    learned: dict[LessonKind, Text] = Field(default_factory=dict)


def reusable_settings(settings: PhaseSettings) -> dict[str, dict[str, Any]]:
    """Return the settings that were chosen and hold in another phase too, as JSON has them."""
    given = settings.model_dump(mode="json", include={area: set(names) for area, names in REUSED.items()})
    chosen = {
        area: {name: value for name, value in values.items() if not _is_usual(settings, area, name)}
        for area, values in given.items()
    }
    return {area: values for area, values in chosen.items() if values}


def take_over(settings: PhaseSettings, lessons: Lessons) -> tuple[PhaseSettings, list[str]]:
    """Return a phase's settings with those of the lessons that it has not chosen itself, and their names.

    ValidationError when a setting of the lessons is invalid.
    """
    tree, taken = settings.model_dump(mode="json"), list[str]()
    for area, names in REUSED.items():
        for name in names:
            if name in lessons.settings.get(area, {}) and _is_usual(settings, area, name):
                tree[area][name] = lessons.settings[area][name]
                taken.append(f"{area}.{name}")
    return PhaseSettings.model_validate(tree), taken


def _is_usual(settings: PhaseSettings, area: str, name: str) -> bool:
    """Return whether a setting is as it is where no one has chosen."""
    return bool(getattr(getattr(settings, area), name) == getattr(type(getattr(settings, area))(), name))
