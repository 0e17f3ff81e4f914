"""Lessons of another phase: the offer at setup, the confirmation, and the message to the team."""

from collections.abc import Sequence
from typing import Any

from bot.views.text import Block, actions, button, header, message, quote, rich, section
from domain.learning.lessons import Estimate, Lessons, TargetReached
from domain.phases.phase import Phase
from domain.text import plural

TAKE = "lessons_take"


def offer(phase: Phase, others: Sequence[Phase]) -> list[Block]:
    """Return the part of the modal after a setup that offers the lessons of other phases; empty without any."""
    if not others:
        return []
    text = "Start with what you have learned: settings, articles and results of an earlier phase."
    buttons = [button(f"Take {one.key}", f"{TAKE}:{n}", f"{phase.key}:{one.key}",
                      name=f"Take over the lessons of {one.name}") for n, one in enumerate(others)]  # fmt: skip
    return [section(text), actions(*buttons)]


def read_offer(value: str) -> tuple[str, str]:
    """Return the keys of the new phase and of the other one."""
    key, _, source = value.partition(":")
    return key, source


def taken(phase: Phase, name: str, settings: Sequence[str], articles: int) -> str:
    """Confirm what was taken over."""
    return f"{phase.name} has the lessons of {name} now. {what_came(settings, articles)}"


def what_came(settings: Sequence[str], articles: int) -> str:
    """Return what was taken over, in one or two sentences."""
    named = plural(articles, "1 article is in the knowledge base.", "{count} articles are in the knowledge base.")
    if not settings:
        return f"No setting was changed. {named}"
    listed = ", ".join(settings)
    return f"These settings were taken over, since you had not chosen them: {listed}. {named}"


def message_of(lessons: Lessons, settings: Sequence[str], articles: int) -> dict[str, Any]:
    """Tell the team of a phase what an earlier one hands on."""
    name = quote(lessons.name)
    text = f"This phase has the lessons of {name} now. {quote(what_came(settings, articles), 1000)}"
    blocks: list[Block] = [header(f"Lessons of {lessons.name}"), section(text)]
    if lessons.targets:
        blocks.append(section("\n".join(["*Targets*", *map(_target, lessons.targets)])))
    if lessons.estimates:
        blocks.append(section("\n".join(["*Expected and actual*", *map(_estimate, lessons.estimates)])))
    for kind, said in lessons.learned.items():
        blocks += [section(f"*{kind.label}*"), rich(said)]
    return message(text, blocks)


def _target(one: TargetReached) -> str:
    label = quote(one.kpi, 100)
    if one.value is None:
        return f"• {label}: not measured"
    if one.target is None:
        return f"• {label}: {one.value:.4g}, without a target"
    verdict = "reached" if one.is_met else "missed"
    return f"• {label}: {one.value:.4g}, target {one.target:g}, {verdict}"


def _estimate(one: Estimate) -> str:
    return f"• {quote(one.what, 100)}: expected {one.expected:g}, actual {one.actual:g} {quote(one.unit, 20)}".rstrip()
