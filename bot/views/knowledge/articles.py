"""Articles in Slack: the list, the forms, what the team is asked to review, and suggestions before a report."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, FormField, TextInput
from bot.views.people.names import name_of
from bot.views.text import Block, actions, button, context, escape, message, quote, section
from domain.knowledge.article import (
    TEXT_LIMIT,
    TITLE_LIMIT,
    Article,
    ArticleAudience,
    ArticleState,
    ArticleText,
    Deflection,
)
from domain.knowledge.drafting import MARK
from domain.text import plural, shorten

Message = dict[str, Any]
OPEN, NEW, SAVE, RETIRE, HELPED = "article_open", "article_new", "article_save", "article_retire", "article_helped"
SHOWN, SUGGESTED = 10, 2  # articles in a list, and below the summary of a report
RETIRED = ("Retire this article?", "It's no longer found or suggested. Its versions are kept.", "Retire")
READ_LIMIT = 2800  # characters of an article that a form to read shows
TITLE = TextInput(id="title", label="Title", required=True, multiline=False, limit=TITLE_LIMIT,
                  error="The title is empty. Write what people would search for.")  # fmt: skip
ISSUE = TextInput(id="issue", label="Issue", limit=TEXT_LIMIT, hint="What people see")
CAUSE = TextInput(id="cause", label="Cause", limit=TEXT_LIMIT)
SOLUTION = TextInput(id="solution", label="Solution", required=True, limit=TEXT_LIMIT,
                     error="The solution is empty. Write what helps.")  # fmt: skip
WORKAROUND = TextInput(id="workaround", label="Workaround", limit=TEXT_LIMIT)
AUDIENCE = ChoiceInput(id="audience", label="Who it is for", required=True,
                       options=tuple((one.value, one.label, "") for one in ArticleAudience))  # fmt: skip
FIELDS: tuple[FormField, ...] = (TITLE, ISSUE, CAUSE, SOLUTION, WORKAROUND, AUDIENCE)


def draft_form(text: ArticleText, key: str, ticket_id: int | None = None) -> Block:
    """Return the form for a new article of the phase with that key, and of a ticket."""
    target = {"phase": key, "ticket": ticket_id}
    return form.modal(NEW, "Write article", FIELDS, values=_values(text), submit="Save", metadata=target,
                      after=[context("Another person of the team reviews it before anyone else sees it.")])  # fmt: skip


def edit_form(article: Article) -> Block:
    """Return the form in which the team reviews and changes an article; a long guide is only read."""
    if len(article.text.solution) > TEXT_LIMIT or article.text.link:
        return reading(article, works=True)
    is_draft = article.state is ArticleState.DRAFT
    said = _drafted_by(article) if is_draft else f"Version {article.version}."
    return form.modal(
        SAVE, f"Article {article.name}", FIELDS, values=_values(article.text), submit="Publish",
        metadata={"article": article.id}, before=[context(said)], after=[actions(_retire(article))],
    )  # fmt: skip


def _drafted_by(article: Article) -> str:
    if article.source.startswith(MARK):
        return f"Drafted by a model ({escape(article.source.removeprefix(MARK).strip())}). Check every statement."
    return f"Draft by {name_of(article.author)}."


def reading(article: Article, *, works: bool = False) -> Block:
    """Return an article as a form without fields."""
    text = article.text
    parts = (("Issue", text.issue), ("Cause", text.cause), ("Solution", text.solution), ("Workaround", text.workaround))
    blocks = [section(f"*{title}*\n{escape(shorten(said, READ_LIMIT))}") for title, said in parts if said]
    link = [section(f"<{text.link}>")] if text.link else []
    shown = form.notice(f"Article {article.name}", text.title)
    retire = [actions(_retire(article))] if works else []
    return {**shown, "blocks": [*shown["blocks"], *blocks, *link, *retire]}


def _retire(article: Article) -> Block:
    name = f"Retire {article.name}: {article.text.title}"
    return button("Retire", RETIRE, str(article.id), name=name, confirm=RETIRED)


def _values(text: ArticleText) -> dict[str, Any]:
    return {"title": shorten(text.title, TITLE_LIMIT), "issue": shorten(text.issue, TEXT_LIMIT), "cause": text.cause,
            "solution": shorten(text.solution, TEXT_LIMIT), "workaround": shorten(text.workaround, TEXT_LIMIT),
            "audience": text.audience.value}  # fmt: skip


def read_form(view: Mapping[str, Any]) -> ArticleText:
    """Return what a form says; InvalidForm with every error."""
    return ArticleText.read(form.read_all(view, FIELDS))


def target_of(view: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the phase and ticket of a new article; the caller checks that the person may."""
    return form.metadata(view)


def article_of(view: Mapping[str, Any]) -> int:
    """Return the id of the article that a form is about; 0 if it names none."""
    return form.number(view, "article")


def listing(found: Sequence[Article], key: str, *, works: bool, counted: Deflection | None, asked: str = "") -> Message:
    """Return a list of articles; for the team with the button to write one and what suggestions achieved."""
    write = [actions(button("Write article", NEW, key))] if works else []
    rate = [context(_rate(counted))] if counted else []
    if not found:
        text = "No article is about these words." if asked else "There are no articles yet."
        hint = " Write one, or type `/hypercare article PAY-42` to make one from a ticket." if works else ""
        return message(text, [section(f"{text}{hint}"), *rate, *write])
    title = f"Articles about “{escape(asked)}”" if asked else "Articles"
    return message(
        f"{title}: {', '.join(one.name for one in found)}", [section(f"*{title}*"), *rows(found), *rate, *write]
    )


def rows(found: Sequence[Article]) -> list[Block]:
    """Return a section for each article, with the button that opens it."""
    return [
        section(_line(one), accessory=button("Open", f"{OPEN}:{one.id}", str(one.id), name=f"Open {one.name}"))
        for one in found[:SHOWN]
    ]


def _line(article: Article) -> str:
    state = {ArticleState.DRAFT: "waits for a review", ArticleState.RETIRED: "retired"}.get(article.state, "")
    team = "team only" if article.text.audience is ArticleAudience.TEAM else ""
    facts = " · ".join(filter(None, (state, team)))
    return f"*{article.name}* {quote(article.text.title)}" + (f" · {facts}" if facts else "")


def _rate(counted: Deflection) -> str:
    if not counted.asked:
        return "No one has been shown an article in the report form yet."
    share = counted.rate
    return plural(
        counted.asked,
        "1 person was shown an article and then reported or said it helped. {helped} said it helped, and didn't report "
        "in the next two days.",
        "{count} people were shown an article and then reported or said it helped. {helped} said it helped, and didn't "
        "report in the next two days ({low:.0f} to {high:.0f} %). People who just closed the form don't count.",
        helped=counted.helped, low=100 * share.low, high=100 * share.high,
    )  # fmt: skip


def known(found: Sequence[Article]) -> list[Block]:
    """Return the part of known issues and search results that lists articles."""
    return [section("*Articles*"), *rows(found)] if found else []


def suggestions(found: Sequence[Article]) -> list[Block]:
    """Return what the report form shows below the summary."""
    if not found:
        return []
    asked = "*Does this help?* Press “This helped” and we'll close the form. Nothing is reported then."
    return [context(asked), *answer(found)]


def answer(found: Sequence[Article]) -> list[Block]:
    """Return the articles that answer a question in a conversation."""
    return [section(_answer(one), accessory=_helped(one)) for one in found[:SUGGESTED]]


def _answer(article: Article) -> str:
    text = article.text
    said = text.workaround or text.solution or text.issue
    link = f"\n<{text.link}>" if text.link else ""
    return f"*{article.name}* · {quote(text.title, 150)}\n{quote(said, 500)}{link}"


def _helped(article: Article) -> Block:
    return button("This helped", f"{HELPED}:{article.id}", str(article.id), name=f"{article.name} helped")


def thanks(article: Article) -> str:
    return (f"We've noted that {article.name} helped. Nothing was reported. If the problem comes back, report it with "
            "`/hypercare report`.")  # fmt: skip


def review_asked(article: Article) -> Message:
    """Ask the team to review a draft."""
    text = f"{name_of(article.author)} wrote article *{article.name}*: {quote(article.text.title)}. Please review it."
    return message(text, [section(text), actions(button("Review", f"{OPEN}:{article.id}", str(article.id)))])


def drafted(article: Article, ticket: str) -> Message:
    """Ask the team to review what a model drafted from a ticket."""
    text = (
        f"A model drafted article *{article.name}* from *{ticket}*: {quote(article.text.title)}. Check every statement."
    )
    return message(text, [section(text), actions(button("Review", f"{OPEN}:{article.id}", str(article.id)))])


def published(article: Article, by: str) -> Message:
    """Tell the team that a draft was published."""
    text = f"{name_of(by)} reviewed and published article *{article.name}*: {quote(article.text.title)}."
    return message(text, [section(text)])


def stale(found: Sequence[Article]) -> Message:
    """Ask the team about articles that were not reviewed lately."""
    text = plural(len(found), "1 article needs a review: it is older than 30 days, its fix failed, or it is a draft.",
                  "{count} articles need a review: they are older than 30 days, their fix failed, or they are "
                  "drafts.")  # fmt: skip
    return message(text, [section(text), *rows(found)])


def saved(article: Article) -> str:
    return f"Article {article.name} is saved. We've asked the team to review it."


def retired(article: Article) -> str:
    return f"Article {article.name} is retired, and no longer found or suggested. Its versions are kept."
