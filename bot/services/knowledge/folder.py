"""Guides that are brought in from files, and articles that are written to a folder for a wiki."""

from collections.abc import Sequence

from bot.context import AppContext
from domain.errors import Refused
from domain.knowledge.article import Article, ArticleAudience, ArticleText, to_markdown
from domain.phases.phase import Phase
from storage.transaction import Transaction

OPERATOR = "operator"


def import_guides(app: AppContext, key: str, guides: Sequence[tuple[str, ArticleText]]) -> tuple[int, int]:
    """Publish guides by (source, text); return how many are new and how many changed. Again is harmless."""
    with app.transaction() as tx:
        phase = _phase(tx, key)
        new, changed = add_guides(app, tx, phase, guides)
        tx.audit.log(OPERATOR, "articles imported", f"{phase.key} {new + changed}", app.now())
    return new, changed


def add_guides(
    app: AppContext, tx: Transaction, phase: Phase, guides: Sequence[tuple[str, ArticleText]]
) -> tuple[int, int]:
    """The same within a transaction."""
    new = changed = 0
    for source, text in guides:
        known = tx.articles.find_by_source(phase.id, source)
        if known is None:
            tx.articles.insert_article(phase.id, text, author=OPERATOR, reviewer=OPERATOR, source=source, at=app.now())
            new += 1
        elif known.text != text:
            tx.articles.update_text(known, text, OPERATOR, app.now())
            changed += 1
    return new, changed


def export_pages(app: AppContext, key: str, *, team: bool) -> list[tuple[str, str]]:
    """Return (file name, Markdown) of each published article, with those for the team only if `team`."""
    with app.store.read() as tx:
        phase = _phase(tx, key)
        every = tx.articles.list_published([phase.id])
        found = [one for one in every if team or one.text.audience is ArticleAudience.EVERYONE]
        named = {one.id: one.name for one in tx.tickets.list_by_ids([a.ticket_id for a in found if a.ticket_id])}
    return [(_file_name(one), to_markdown(one, named.get(one.ticket_id or 0, ""))) for one in found]


def _phase(tx: Transaction, key: str) -> Phase:
    phase = tx.phases.find_by_key(key)
    if phase is None:
        raise Refused(f"There is no phase {key.upper()}.")
    return phase


def _file_name(article: Article) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in article.text.title).split()
    return "-".join([article.name, *words])[:80].rstrip("-") + ".md"
