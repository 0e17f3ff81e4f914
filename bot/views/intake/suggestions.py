"""What the report form suggests while the summary is typed: similar tickets, and a type and module."""

from collections.abc import Sequence

from bot.views.knowledge.articles import suggestions
from bot.views.text import Block, button, context, escape, quote, section
from domain.intake.suggestions import Suggestion
from domain.knowledge.article import Article
from domain.text import plural
from domain.tickets.ticket import Ticket

SAME_PROBLEM, USE_SUGGESTION = "same_problem", "use_suggestion"


def blocks(similar: Sequence[Ticket], suggestion: Suggestion | None, articles: Sequence[Article] = ()) -> list[Block]:
    """Below the summary; empty when there is nothing to suggest."""
    return [*suggestions(articles), *_similar(similar), *(_classified(suggestion) if suggestion else [])]


def _similar(similar: Sequence[Ticket]) -> list[Block]:
    if not similar:
        return []
    rows = [
        section(
            f"*{t.name}* · {quote(t.summary, 160)}\n{_state(t)}",
            accessory=button(
                "Same problem", f"{SAME_PROBLEM}:{t.id}", str(t.id), name=f"Same problem as {t.name}: {t.summary}"
            ),
        )
        for t in similar
    ]
    return [context("*Is it one of these?* Press “Same problem” and we'll send you its updates."), *rows]


def _state(ticket: Ticket) -> str:
    if ticket.affected <= 1:
        return "Open" if ticket.status.is_open else "Resolved recently"
    if ticket.status.is_open:
        return plural(ticket.affected, "Open · 1 person affected", "Open · {count} people affected")
    return plural(
        ticket.affected, "Resolved recently · 1 person affected", "Resolved recently · {count} people affected"
    )


def _classified(suggestion: Suggestion) -> list[Block]:
    kind, module = suggestion.type.label if suggestion.type else "", escape(suggestion.module)
    if kind and module:
        text = f"Suggested from your words: type *{kind}*, module *{module}*."
    elif kind:
        text = f"Suggested from your words: type *{kind}*."
    else:
        text = f"Suggested from your words: module *{module}*."
    return [section(text, accessory=button("Use", USE_SUGGESTION))]
