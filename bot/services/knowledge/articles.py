"""Articles: drafted from tickets, reviewed by another person, found by likeness, and suggested before a report."""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bot.context import AppContext
from bot.services.delivery.offers import end_offers
from bot.services.phases.phases import choose_phase, phases_at, split_off_phase
from bot.services.tickets.session import require_ticket
from bot.views.knowledge import articles as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.knowledge.article import DEFLECTED_FOR, Article, ArticleAudience, ArticleState, ArticleText
from domain.phases.permissions import Action, Person, is_responder, reads
from domain.phases.phase import Phase
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

LISTED = 10
MIN_WORDS = 2  # words needed for a suggestion
NO_SUCH_ARTICLE = "There is no such article that you can see."


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the articles that are about these words, or the newest; for the team also what waits for a review."""
    with app.store.read() as tx:
        phase, rest = split_off_phase(tx, channel, words)
        works = _require_reader(person, phase)
        found = app.articles.find(tx.articles, phase, " ".join(rest), LISTED) if rest else \
            tx.articles.list_published([phase.id])[:LISTED]  # fmt: skip
        drafts = tx.articles.list_drafts([phase.id])[:LISTED] if works and not rest else []
        counted = tx.articles.count_deflections(phase.id) if works and not rest else None
    return views.listing([*drafts, *_readable(found, works=works)], phase.key, works=works, counted=counted,
                         asked=" ".join(rest))  # fmt: skip


def find(
    app: AppContext, person: Person, words: str, channel: str, limit: int = 3, *, sure: bool = False
) -> list[Article]:
    """Return the articles of the phases here that are about these words, for that person; see ArticleSearch.find."""
    with app.store.read() as tx:
        found = list[Article]()
        for phase in phases_at(tx, channel=channel):
            if reads(person, phase):
                works = is_responder(person, phase)
                found += _readable(app.articles.find(tx.articles, phase, words, limit, sure=sure), works=works)
    return found[:limit]


def list_newest(app: AppContext, person: Person, channel: str, limit: int = 5) -> list[Article]:
    """Return the newest articles of the phases here, for that person."""
    with app.store.read() as tx:
        known = [phase for phase in phases_at(tx, channel=channel) if reads(person, phase)]
        works = all(is_responder(person, phase) for phase in known)
        return _readable(tx.articles.list_published([phase.id for phase in known]), works=works)[:limit]


def suggest(app: AppContext, phase: Phase, words: str, person: Person) -> list[Article]:
    """Return the articles that very likely answer these words, of those that the person may read."""
    if len(words.split()) < MIN_WORDS or not reads(person, phase):
        return []
    with app.store.read() as tx:
        found = app.articles.find(tx.articles, phase, words, views.SUGGESTED, sure=True)
    return _readable(found, works=is_responder(person, phase))


def open_draft(app: AppContext, person: Person, ticket: Ticket) -> dict[str, Any]:
    """Return the form for the article of a ticket, filled from what was said; the article itself if there is one."""
    with app.store.read() as tx:
        found, phase, _ = require_ticket(app, tx, tx.tickets.find_ticket(ticket.id), person, Action.WORK)
        _require_public(found)
        known = tx.articles.find_by_ticket(found.id)
    if known:
        return views.edit_form(known)
    report = found.report
    text = ArticleText(
        title=report.summary, issue=report.happened or report.actual, workaround=found.workaround,
        solution=found.note if not found.status.is_open else "",
    )  # fmt: skip
    return views.draft_form(text, phase.key, found.id)


def open_empty(app: AppContext, person: Person, key: str) -> dict[str, Any]:
    """Return the form for an article that is about no ticket."""
    with app.store.read() as tx:
        phase = choose_phase(tx, key=key)
        _require_team(person, phase)
    return views.draft_form(ArticleText(title=""), phase.key)


def save_draft(app: AppContext, person: Person, target: Mapping[str, Any], text: ArticleText, request: str) -> Article:
    """Save a draft, and ask the team to review it."""
    with app.transaction(request) as tx:
        phase, ticket_id = choose_phase(tx, key=str(target.get("phase") or "")), target.get("ticket")
        _require_team(person, phase)
        if type(ticket_id) is int:
            found, phase, _ = require_ticket(app, tx, tx.tickets.lock_ticket(ticket_id), person, Action.WORK)
            _require_public(found)
            if tx.articles.find_by_ticket(ticket_id):
                raise Refused(f"{found.name} has an article already. Open it with `/hypercare article {found.name}`.")
        article = tx.articles.insert_article(
            phase.id, text, author=person.id, at=app.now(), ticket_id=ticket_id if type(ticket_id) is int else None
        )
        tx.audit.log(person.id, "article drafted", f"{phase.key} {article.name}", app.now())
        _post(app, tx, phase, article.name, views.review_asked(article))
    return article


def open_article(app: AppContext, person: Person, article_id: int) -> dict[str, Any]:
    """Return an article: as a form for the team, and to read for others."""
    with app.store.read() as tx:
        article, phase = _find(tx, person, article_id)
    return views.edit_form(article) if is_responder(person, phase) else views.reading(article)


def publish(app: AppContext, person: Person, article_id: int, text: ArticleText, request: str) -> Article:
    """Publish an article as it was reviewed, or save a new version; a draft is reviewed by another person."""
    with app.transaction(request) as tx:
        article, phase = _find(tx, person, article_id, lock=True)
        _require_team(person, phase)
        if article.state is ArticleState.DRAFT and article.author == person.id:
            raise Refused("You wrote this draft, so another person of the team has to review it.", field="title")
        tx.articles.update_text(article, text, person.id, app.now())
        tx.audit.log(person.id, "article published", f"{phase.key} {article.name}", app.now())
        after = tx.articles.find_article(article.id) or article
        if article.state is ArticleState.DRAFT:
            _end_review(app, tx, article)
            _post(app, tx, phase, article.name, views.published(after, person.id))
    return after


def retire(app: AppContext, person: Person, article_id: int, request: str) -> Article:
    """Take an article out of search and suggestions; its versions are kept."""
    with app.transaction(request) as tx:
        article, phase = _find(tx, person, article_id, lock=True)
        _require_team(person, phase)
        tx.articles.retire(article.id, app.now())
        _end_review(app, tx, article)
        tx.audit.log(person.id, "article retired", f"{phase.key} {article.name}", app.now())
    return article


def helped(app: AppContext, person: Person, article_id: int, request: str) -> Article:
    """Note that an article helped a person, who therefore does not report."""
    with app.transaction(request) as tx:
        article, phase = _find(tx, person, article_id)
        who = _hashed(app, phase.id, person)
        tx.articles.insert_helped(article, who, app.now() - DEFLECTED_FOR, app.now())
    return article


def note_report(app: AppContext, tx: Transaction, phase: Phase, person: Person, shown: Collection[int]) -> None:
    """Note that a person reports although articles were shown, so those of the last days have not helped."""
    if not shown:
        return
    who = _hashed(app, phase.id, person)
    tx.articles.insert_reported(phase.id, shown, who, app.now() - DEFLECTED_FOR, app.now())


def _hashed(app: AppContext, phase_id: int, person: Person) -> str:
    """Return the person as an HMAC, since only the number of people matters."""
    return hmac.new(app.secret, f"article:{phase_id}:{person.id}".encode(), hashlib.sha256).hexdigest()[:32]


def _readable(found: Sequence[Article], *, works: bool) -> list[Article]:
    return [one for one in found if works or one.text.audience is ArticleAudience.EVERYONE]


def _find(tx: Transaction, person: Person, article_id: int, *, lock: bool = False) -> tuple[Article, Phase]:
    """Return an article that a person may read, and its phase."""
    article = tx.articles.find_article(article_id, lock=lock)
    phase = tx.phases.get(article.phase_id) if article else None
    if article is None or phase is None or not reads(person, phase):
        raise Refused(NO_SUCH_ARTICLE)
    works = is_responder(person, phase)
    if not works and not (article.is_published and article.text.audience is ArticleAudience.EVERYONE):
        raise Refused(NO_SUCH_ARTICLE)
    return article, phase


def _require_reader(person: Person, phase: Phase) -> bool:
    """Return whether the person works in the phase; Refused for people who may not read its articles."""
    if not reads(person, phase):
        raise Refused("Only people of this workspace can read the articles of a phase.")
    return is_responder(person, phase)


def _require_team(person: Person, phase: Phase) -> None:
    if not is_responder(person, phase):
        raise Refused(f"Only the team of {phase.name} can write and review articles.")


def _require_public(ticket: Ticket) -> None:
    if ticket.private:
        raise Refused(f"{ticket.name} is private, so it can't become an article.")


def _end_review(app: AppContext, tx: Transaction, article: Article) -> None:
    """Take the button away that asks for a review."""
    end_offers(tx, lane_name(LaneKind.ARTICLE, article.phase_id, article.name), [views.OPEN], app.now())


def _post(app: AppContext, tx: Transaction, phase: Phase, about: str, told: dict[str, Any]) -> None:
    """Post into the team's channel."""
    lane = tx.outbox.lane(lane_name(LaneKind.ARTICLE, phase.id, about), phase.triage_channel)
    tx.outbox.post(lane, told, at=app.now(), priority=MessagePriority.STATUS)
