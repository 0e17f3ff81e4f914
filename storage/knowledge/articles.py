"""Articles with their versions, and what became of people to whom they were suggested."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from domain.knowledge.article import Article, ArticleState, ArticleText, Deflection, OfferOutcome
from domain.tickets.status import Status
from domain.tickets.types import TicketType
from storage.database.columns import LARGEST_ID
from storage.knowledge.tables import article_offers, article_versions, articles
from storage.tickets.milestone_table import milestones
from storage.tickets.tables import IS_KNOWN, tickets

PUBLISHED = articles.c.state == ArticleState.PUBLISHED.value


class Articles:
    """The articles of phases."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_article(
        self, phase_id: int, text: ArticleText, *, author: str, at: datetime, ticket_id: int | None = None,
        source: str = "", reviewer: str = "",
    ) -> Article:  # fmt: skip
        """Insert an article; it is a draft until it has a reviewer."""
        state = ArticleState.PUBLISHED if reviewer else ArticleState.DRAFT
        row = {"phase_id": phase_id, "content": text.stored(), "state": state, "version": 1, "author": author,
               "reviewer": reviewer, "ticket_id": ticket_id, "source": source, "changed_at": at,
               "reviewed_at": at if reviewer else None}  # fmt: skip
        key = self._connection.execute(insert(articles), row).inserted_primary_key
        id_ = int(key[0]) if key else 0
        self._insert_version(id_, 1, text, author, at)
        return Article(
            id=id_, phase_id=phase_id, text=text, state=state, version=1, author=author, reviewer=reviewer,
            ticket_id=ticket_id, source=source, changed_at=at, reviewed_at=row["reviewed_at"],  # type: ignore[arg-type]
        )  # fmt: skip

    def update_text(self, article: Article, text: ArticleText, person: str, at: datetime) -> None:
        """Save a new version if the text changed; it is published, as reviewed by that person."""
        version = article.version + (text != article.text)
        if version != article.version:
            self._insert_version(article.id, version, text, person, at)
        values = {"content": text.stored(), "version": version, "state": ArticleState.PUBLISHED.value,
                  "reviewer": person, "changed_at": at, "reviewed_at": at}  # fmt: skip
        self._connection.execute(update(articles).where(articles.c.id == article.id).values(values))

    def retire(self, article_id: int, at: datetime) -> None:
        values = {"state": ArticleState.RETIRED.value, "changed_at": at}
        self._connection.execute(update(articles).where(articles.c.id == article_id).values(values))

    def find_article(self, article_id: int, *, lock: bool = False) -> Article | None:
        """Return an article, locked until the end of the transaction with `lock`."""
        if not 0 < article_id < LARGEST_ID:
            return None
        mine = select(articles).where(articles.c.id == article_id)
        found = self._read(mine.with_for_update() if lock else mine)
        return found[0] if found else None

    def find_by_ticket(self, ticket_id: int) -> Article | None:
        """Return the article of a ticket that is not retired."""
        kept = articles.c.state != ArticleState.RETIRED.value
        found = self._read(select(articles).where(articles.c.ticket_id == ticket_id, kept).limit(1))
        return found[0] if found else None

    def find_by_source(self, phase_id: int, source: str) -> Article | None:
        found = self._read(
            select(articles).where(articles.c.phase_id == phase_id, articles.c.source == source).limit(1)
        )
        return found[0] if found else None

    def list_published(self, phase_ids: Collection[int]) -> list[Article]:
        """Return the published articles of these phases, newest first."""
        return self._list(articles.c.phase_id.in_(phase_ids), PUBLISHED)

    def list_drafts(self, phase_ids: Collection[int]) -> list[Article]:
        """Return what waits for its review, newest first."""
        return self._list(articles.c.phase_id.in_(phase_ids), articles.c.state == ArticleState.DRAFT.value)

    def list_stale(self, phase_id: int, before: datetime) -> list[Article]:
        """Return published articles that were last reviewed before then, or whose fix has failed since."""
        joined = articles.outerjoin(milestones, milestones.c.ticket_id == articles.c.ticket_id)
        stale = or_(articles.c.reviewed_at < before, milestones.c.reopened_at > articles.c.reviewed_at)
        mine = select(articles).select_from(joined).where(articles.c.phase_id == phase_id, PUBLISHED, stale)
        return self._read(mine.order_by(articles.c.reviewed_at, articles.c.id))

    def get_stamp(self, phase_id: int) -> tuple[Any, ...]:
        """Return what changes whenever the published articles of a phase change."""
        changes = (func.count(), func.sum(articles.c.version), func.max(articles.c.changed_at))
        return tuple(self._connection.execute(select(*changes).where(articles.c.phase_id == phase_id, PUBLISHED)).one())

    def list_known_issues(self, phase_id: int) -> list[tuple[int, bool]]:
        """Return (number, whether it has a published article) of each public known issue.

        That is a unique problem that affects two or more people, or has a workaround.
        """
        has_article = select(articles.c.id).where(articles.c.ticket_id == tickets.c.id, PUBLISHED).exists()
        unique = tickets.c.status.not_in([Status.MERGED.value, Status.WITHDRAWN.value])
        public = and_(tickets.c.private.is_(False), tickets.c.type != TicketType.PRAISE.value)
        asked = select(tickets.c.number, has_article.label("has")).where(tickets.c.phase_id == phase_id, public)
        rows = self._connection.execute(asked.where(unique, IS_KNOWN).order_by(tickets.c.number))
        return [(row.number, bool(row.has)) for row in rows]

    def insert_helped(self, article: Article, who: str, since: datetime, at: datetime) -> None:
        """Note that an article helped a person, once since that moment."""
        mine = (article_offers.c.article_id == article.id, article_offers.c.who == who, article_offers.c.at >= since)
        if self._connection.scalar(select(article_offers.c.id).where(*mine).limit(1)) is None:
            self._insert_offers(article.phase_id, [article.id], who, OfferOutcome.HELPED, at)

    def insert_reported(self, phase_id: int, shown: Collection[int], who: str, since: datetime, at: datetime) -> None:
        """Note that a person to whom articles were shown reports, and that none has helped them since that moment."""
        mine = (article_offers.c.phase_id == phase_id, article_offers.c.who == who, article_offers.c.at >= since)
        self._connection.execute(update(article_offers).where(*mine).values(outcome=OfferOutcome.REPORTED.value))
        there = select(articles.c.id).where(articles.c.phase_id == phase_id, articles.c.id.in_(shown))
        self._insert_offers(phase_id, list(self._connection.scalars(there)), who, OfferOutcome.REPORTED, at)

    def count_deflections(self, phase_id: int) -> Deflection:
        """Count the suggestions that had an outcome, and those that helped; one a person and moment."""
        asked = select(article_offers.c.outcome, article_offers.c.who, article_offers.c.at).distinct()
        rows = self._connection.execute(asked.where(article_offers.c.phase_id == phase_id)).all()
        return Deflection(len(rows), sum(row.outcome == OfferOutcome.HELPED for row in rows))

    def _insert_offers(self, phase_id: int, ids: Sequence[int], who: str, outcome: OfferOutcome, at: datetime) -> None:
        rows = [{"phase_id": phase_id, "article_id": id_, "who": who, "outcome": outcome, "at": at} for id_ in ids]
        if rows:
            self._connection.execute(insert(article_offers), rows)

    def _insert_version(self, article_id: int, version: int, text: ArticleText, person: str, at: datetime) -> None:
        row = {"article_id": article_id, "version": version, "content": text.stored(), "person": person, "at": at}
        self._connection.execute(insert(article_versions), row)

    def _list(self, *which: ColumnElement[bool]) -> list[Article]:
        return self._read(select(articles).where(*which).order_by(articles.c.changed_at.desc(), articles.c.id.desc()))

    def _read(self, query: Any) -> list[Article]:
        return [
            Article(
                id=row.id, phase_id=row.phase_id, text=ArticleText.read(row.content), state=ArticleState(row.state),
                version=row.version, author=row.author, reviewer=row.reviewer, ticket_id=row.ticket_id,
                source=row.source, changed_at=row.changed_at, reviewed_at=row.reviewed_at,
            )
            for row in self._connection.execute(query)
        ]  # fmt: skip
