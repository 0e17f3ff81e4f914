"""Drafts of a language model in Slack: marked, with their sources, tokens and cost, and a button that uses them."""

from collections.abc import Sequence
from typing import Any

from bot.views.text import Block, actions, button, context, escape, message, quote, rich, section
from domain.knowledge.drafting import DraftKind, DraftRequest, ModelAnswer, ModelTerms, Quotation

SUMMARY, RESOLUTION, POST_MORTEM, THEMES = "draft_summary", "draft_resolution", "draft_post_mortem", "draft_themes"
USE_RESOLUTION, USE_POST_MORTEM = "draft_use", "draft_use_learned"
KINDS = {SUMMARY: DraftKind.SUMMARY, RESOLUTION: DraftKind.RESOLUTION, POST_MORTEM: DraftKind.POST_MORTEM,
         THEMES: DraftKind.THEMES}  # fmt: skip
TEXT_LIMIT = 1800  # characters that a button carries into a form


def asked(terms: ModelTerms) -> str:
    return f"{escape(terms.name)} is writing a draft. You'll get it as a direct message, usually within a minute."


def draft(
    one: DraftRequest, about: str, answer: ModelAnswer, sources: Sequence[Quotation], terms: ModelTerms
) -> dict[str, Any]:
    """Return the message with what the model wrote."""
    title = f"Draft by {escape(terms.name)}: {one.kind.label} of {about}"
    named = " · ".join(f"[{number}] {quote(source.name, 60)}" for number, source in enumerate(sources, start=1))
    used = answer.used(terms.price_in, terms.price_out)
    blocks: list[Block] = [section(f"*{title}*\nCheck every statement before you use it."), rich(answer.text)]
    blocks += _buttons(one, about, answer)
    return message(title, [*blocks, context(f"Sources: {named}"[:2900]), context(used)])


def _buttons(one: DraftRequest, about: str, answer: ModelAnswer) -> list[Block]:
    """Return the button that opens a form with the draft in it, where there is one; it can be changed there."""
    text = answer.text[:TEXT_LIMIT]
    if one.kind is DraftKind.RESOLUTION:
        return [actions(button("Use draft", USE_RESOLUTION, f"{one.ticket_id}:{text}", name=f"Use draft: {about}"))]
    if one.kind is DraftKind.POST_MORTEM:
        return [actions(button("Use draft", USE_POST_MORTEM, f"{about}:{text}", name=f"Use draft: {about}"))]
    return []


def read_use(value: str) -> tuple[str, str]:
    """Return what a draft is about, and its words."""
    about, _, text = value.partition(":")
    return about, text[:TEXT_LIMIT]


def failed(kind: DraftKind, about: str, why: str) -> dict[str, Any]:
    return message(f"There is no draft: {kind.label} of {about}. {why}")
