"""Drafts by a language model: a person of the team reviews each, and what is private is never sent unless said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.context import AppContext
from bot.services.knowledge.folder import OPERATOR
from bot.services.learning import post_mortems
from bot.views.knowledge import articles as views
from bot.views.text import named
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.knowledge.article import Article
from domain.knowledge.drafting import MARK, DraftKind, ModelAnswer, Quotation, prompt, to_article
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

Ask = Callable[[list[dict[str, str]]], ModelAnswer]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model wrote from which sources; `article` where it became one."""

    answer: ModelAnswer
    sources: Sequence[Quotation]
    article: Article | None = None


def draft_article(app: AppContext, ask: Ask, name: str, model: str, *, private: bool = False) -> Draft:
    """Have an article drafted from a ticket, and ask the team to review it. The model is asked in no transaction."""
    with app.store.read() as tx:
        ticket, sources = about_ticket(tx, name, private=private)
        _require_none(tx, ticket)
    if ticket.private:
        raise Refused(f"{ticket.name} is private, so it can't become an article.")
    answer = ask(prompt(DraftKind.ARTICLE, sources))
    with app.transaction() as tx:
        known = tx.tickets.lock_ticket(ticket.id)
        if known is None or known.private:
            raise Refused(f"{ticket.name} is private, so it can't become an article.")
        _require_none(tx, known)
        phase, text = tx.phases.get(known.phase_id), to_article(known.summary, answer.text)
        article = tx.articles.insert_article(
            phase.id, text, author=OPERATOR, at=app.now(), ticket_id=known.id, source=f"{MARK} {model}"
        )
        tx.audit.log(OPERATOR, "article drafted by a model", f"{phase.key} {article.name}", app.now())
        lane = tx.outbox.lane(lane_name(LaneKind.ARTICLE, phase.id, article.name), phase.triage_channel)
        tx.outbox.post(lane, views.drafted(article, known.name), at=app.now(), priority=MessagePriority.STATUS)
    return Draft(answer, sources, article)


def summarize(app: AppContext, ask: Ask, name: str, *, private: bool = False) -> Draft:
    """Have the conversation of a ticket summarized; nothing is stored."""
    with app.store.read() as tx:
        _, sources = about_ticket(tx, name, private=private)
    return Draft(ask(prompt(DraftKind.SUMMARY, sources)), sources)


def draft_post_mortem(app: AppContext, ask: Ask, key: str) -> Draft:
    """Have a section of the post-mortem drafted from what the data say; nothing is stored."""
    found = post_mortems.document(app, key)
    sources = [Quotation(heading, "\n".join(lines)) for heading, lines in found.parts]
    return Draft(ask(prompt(DraftKind.POST_MORTEM, sources)), sources)


def about_ticket(tx: Transaction, name: str, *, private: bool) -> tuple[Ticket, list[Quotation]]:
    """Return a ticket and its words, without the names of people. Refused for private and anonymous ones."""
    key, _, number = name.strip().upper().rpartition("-")
    ticket = tx.tickets.find_by_name(key, int(number)) if number.isdecimal() else None
    if ticket is None or not ticket.is_kept:
        raise Refused(f"There is no ticket {name}.")
    if (ticket.private or ticket.anonymous) and not private:
        raise Refused(
            f"{ticket.name} is private or anonymous, so it isn't sent to a model. HYPERCARE_AI_PRIVATE allows it."
        )
    report = ticket.report
    said = "\n".join(filter(None, (report.summary, report.happened, report.steps, report.expected, report.actual)))
    found = [Quotation(f"{ticket.name}, the report", said)]
    found += [Quotation(f"{ticket.name}, comment of the {one.side}", one.words)
              for one in tx.comments.list_comments(ticket.id)]  # fmt: skip
    if ticket.note:
        found.append(Quotation(f"{ticket.name}, what was done", f"{ticket.note}\n{ticket.workaround}".strip()))
    return ticket, [Quotation(one.name, named(one.words)) for one in found]


def _require_none(tx: Transaction, ticket: Ticket) -> None:
    if tx.articles.find_by_ticket(ticket.id):
        raise Refused(f"{ticket.name} has an article already.")
