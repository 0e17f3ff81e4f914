"""`hypercare draft article | summary | postmortem`: words by a language model, as a draft with its sources."""

import argparse
from functools import partial

from bot.cli import CommandError
from bot.commands import common
from bot.services.learning import drafts
from bot.services.learning.drafts import Draft
from bot.settings.settings import Settings
from bot.transport import model
from bot.transport.model import ModelAccess, NoAnswer
from domain.knowledge.drafting import DraftKind

OFF = "No model is set up. Set HYPERCARE_AI_URL and HYPERCARE_AI_MODEL; docs/knowledge.md says how."


def main(args: argparse.Namespace) -> int:
    settings = common.settings(args.config, **common.NO_TOKENS)
    if not (settings.ai_url and settings.ai_model):
        raise CommandError(OFF)
    key = settings.ai_key.get_secret_value() if settings.ai_key else ""
    ask = partial(model.ask, ModelAccess(settings.ai_url, settings.ai_model, key))
    with common.app_context(args.config) as app:
        try:
            match DraftKind(args.kind):
                case DraftKind.ARTICLE:
                    found = drafts.draft_article(app, ask, args.about, settings.ai_model, private=settings.ai_private)
                case DraftKind.SUMMARY:
                    found = drafts.summarize(app, ask, args.about, private=settings.ai_private)
                case DraftKind.POST_MORTEM:
                    found = drafts.draft_post_mortem(app, ask, args.about)
        except NoAnswer as error:
            raise CommandError(str(error)) from None
    print(_shown(found, settings))  # noqa: T201 - the command's result
    return 0


def _shown(found: Draft, settings: Settings) -> str:
    """Return the draft with its sources, tokens and cost."""
    answer = found.answer
    sources = "\n".join(f"[{number}] {one.name}" for number, one in enumerate(found.sources, start=1))
    used = answer.used(settings.ai_price_in, settings.ai_price_out)
    asked = f"\n\nThe team was asked to review it as {found.article.name}." if found.article else ""
    return f"Draft by {settings.ai_model}. Check every statement.\n\n{answer.text}\n\n{sources}\n\n{used}{asked}"
