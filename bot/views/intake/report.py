"""The report form, and the code that reads it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from bot.views import form
from bot.views.form import Values
from bot.views.gateways import knowledge
from bot.views.inputs import FormField
from bot.views.intake import fields as asked
from bot.views.intake import suggestions
from bot.views.text import Block, actions, button, context, named, quote, summary_of
from domain.gateways.knowledge import EndpointKnowledge
from domain.intake.suggestions import Suggestion
from domain.knowledge.article import Article
from domain.phases.phase import Phase
from domain.text import one_line, shorten
from domain.tickets.ticket import SUMMARY_LIMIT, TEXT_LIMIT, File, Origin, Report, Severity, Ticket
from domain.tickets.types import TicketType

CALLBACK = "report"
MOST_ARTICLES = 20  # suggested while one summary is written
METADATA_LIMIT = 3000  # characters that Slack carries through a form
MORE_DETAILS = "more_details"
PERSON_FIELDS = (asked.ANONYMOUS, asked.BEHALF, asked.PHASE)  # of the form, and not of the report

NO_FILES = "The team can't see files in this workspace, so say in words what they show."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDraft:
    """The state of an open report form: its phase, its message, the fields shown and their values.

    `ticket_id` is set when details are added to an existing ticket; `similar` are tickets to suggest.
    """

    phase: str
    origin: Origin | None = None
    unfolded: bool = False
    ticket_id: int | None = None
    intake: str = "command"
    values: Mapping[str, Any] | None = None
    files: tuple[File, ...] = ()  # of the message, carried along since forms can't be prefilled with files
    similar: tuple[Ticket, ...] = ()
    suggestion: Suggestion | None = None
    gateway: tuple[EndpointKnowledge, ...] = ()  # what the API gateway knows of the summary
    articles: tuple[Article, ...] = ()  # to suggest
    shown_articles: tuple[int, ...] = ()  # the ids of all articles that the form has shown
    present_articles: tuple[int, ...] = ()  # the ids of those that it shows
    shown_similar: tuple[int, ...] = ()  # the ids of the similar tickets that the form shows
    phases: tuple[Phase, ...] = ()  # to choose from, if the channel does not tell
    behalf: bool = False  # whether it may be filed for another person
    shows_suggestion: bool = False  # of a type and a module
    shown_endpoints: tuple[str, ...] = ()  # of which the form shows what the API gateway knows
    channel: str = ""  # in which the form was opened
    no_files: bool = False  # whether the workspace doesn't let the bot read files


def report_form(draft: ReportDraft, phase: Phase) -> Block:
    """Return the modal. All fields keep their ids when it is unfolded, so nothing typed is lost."""
    more = [actions(button("More details", MORE_DETAILS), block_id="more")]
    title = "Add details" if draft.ticket_id else "Report a problem"
    asks_name = not (draft.origin or draft.ticket_id)  # a message shows who wrote it
    behalf = draft.behalf and asks_name
    shown = asked.fields(phase, draft.values or {}, unfolded=draft.unfolded, asks_name=asks_name, behalf=behalf)
    if draft.phases:
        shown = (asked.phase_choice(draft.phases), *shown)
    notes = {} if draft.ticket_id else {"summary": suggestions.blocks(draft.similar, draft.suggestion, draft.articles)}
    if draft.gateway and not draft.ticket_id:
        notes["summary"] = [*notes["summary"], context(knowledge.in_form(draft.gateway))]
    notes |= {"files": [context(NO_FILES)]} if draft.no_files else {}
    return form.modal(
        CALLBACK, title, shown, values=draft.values, submit="Save" if draft.ticket_id else "Report",
        metadata=_metadata(draft), before=_source(draft), notes=notes, after=[] if draft.unfolded else more,
    )  # fmt: skip


def asks_phase(view: Mapping[str, Any]) -> bool:
    """Whether the form asks for the phase."""
    return any(block.get("block_id") == asked.PHASE for block in view.get("blocks") or ())


def chosen_phase(view: Mapping[str, Any], phases: Sequence[Phase]) -> str:
    """Return the key of the chosen phase; empty without one."""
    return str(form.draft(view, [asked.phase_choice(phases)]).get(asked.PHASE) or "")


def read_report_form(view: Mapping[str, Any], phase: Phase) -> Report:
    """Return the report; InvalidForm with an error for each field that is not valid."""
    return to_report(form.read(view, _everything(view, phase)))


def read_changes(view: Mapping[str, Any], phase: Phase) -> Values:
    """Return only the changed values, so that other people's changes meanwhile stay; InvalidForm as above."""
    everything = _everything(view, phase)
    now, before = form.read(view, everything), form.initial(view, everything)
    changed = {name: value for name, value in now.items() if value != before.get(name)}
    kinds = {"severity": Severity, "type": TicketType}
    extra = {
        name.removeprefix(asked.EXTRA_PREFIX): value
        for name, value in changed.items()
        if name.startswith(asked.EXTRA_PREFIX)
    }
    words = {
        name: kinds[name](value) if name in kinds else value
        for name, value in changed.items()
        if (value or name != "type") and not name.startswith(asked.EXTRA_PREFIX)
    }
    return words | ({"extra": extra} if extra else {})


def read_draft(view: Mapping[str, Any], phase: Phase) -> Values:
    """Return what was typed so far."""
    return form.draft(view, _everything(view, phase))


def is_anonymous(view: Mapping[str, Any]) -> bool:
    """Whether the report is anonymous."""
    return form.draft(view, [asked.anonymous_choice()]).get(asked.ANONYMOUS) == "yes"


def on_behalf(view: Mapping[str, Any]) -> str:
    """Return the person that it is filed for; empty for the writer's own."""
    return str(form.draft(view, [asked.behalf_choice()]).get(asked.BEHALF) or "")


def to_report(values: Mapping[str, Any]) -> Report:
    if "summary" not in values or "severity" not in values:
        raise form.InvalidForm({"summary": "This form is incomplete, so it wasn't sent. Close it and open it again."})
    given = {k: v for k, v in values.items() if v not in ("", (), None) and k not in PERSON_FIELDS}
    extra = {
        k.removeprefix(asked.EXTRA_PREFIX): str(given.pop(k)) for k in list(given) if k.startswith(asked.EXTRA_PREFIX)
    }
    given |= {"severity": Severity(values["severity"]), "type": TicketType(values.get("type") or TicketType.NONE)}
    return Report(**given, extra=extra)


def from_report(report: Report) -> Values:
    """Return a report as values of the form."""
    names = (f.name for f in fields(report) if f.name != "extra")
    own = {f"{asked.EXTRA_PREFIX}{name}": value for name, value in report.extra.items()}
    return {name: getattr(report, name) for name in names} | own


def from_command(text: str) -> Values:
    """Return the text after `/hypercare report` as values: the summary, and the whole text if it is longer."""
    text = named(text)
    summary = shorten(one_line(text), SUMMARY_LIMIT)
    return {"summary": summary, "happened": "" if summary == text else text}


def from_message(text: str) -> Values:
    """Return what a message says as values: its first line as the summary, and its text."""
    return {"summary": shorten(summary_of(text), SUMMARY_LIMIT), "happened": shorten(text, TEXT_LIMIT)}


def report_from_message(values: Values, files: tuple[File, ...], severity: Severity = Severity.MEDIUM) -> Report:
    """Return a report made from a message without a form."""
    summary = values["summary"] or "See the attached file"
    return to_report({**values, "summary": summary, "severity": severity, "files": files})


def origin(channel: str, message: Mapping[str, Any]) -> Origin:
    """Return the origin of a message."""
    thread, ts = message.get("thread_ts"), str(message.get("ts") or "")
    return Origin(channel, ts, str(thread) if thread and thread != ts else None)


def draft_of(view: Mapping[str, Any]) -> ReportDraft:
    """Return the draft of a view. It comes from the client, so check it again."""
    data = form.metadata(view)
    ticket_id = data.get("ticket")
    return ReportDraft(
        phase=str(data.get("phase", "")),
        origin=_origin(data.get("origin")),
        unfolded=bool(data.get("unfolded")),
        ticket_id=ticket_id if type(ticket_id) is int else None,
        intake=str(data.get("intake", "command")),
        channel=str(data.get("channel") or "")[:32],
        files=_carried(data.get("files")),
        shows_suggestion=bool(data.get("hinted")),
        behalf=bool(data.get("behalf")),
        shown_endpoints=tuple(one for one in data.get("known") or () if isinstance(one, str)),
        shown_similar=tuple(i for i in data.get("like") or () if type(i) is int),
        present_articles=tuple(i for i in data.get("helpful") or () if type(i) is int),
        shown_articles=tuple(i for i in data.get("articles") or () if type(i) is int)[:MOST_ARTICLES],
    )


def _everything(view: Mapping[str, Any], phase: Phase) -> tuple[FormField, ...]:
    kind = form.draft(view, [asked.type_choice(phase)])
    return asked.fields(phase, kind, unfolded=True, asks_name=True, behalf=True)


def _metadata(draft: ReportDraft) -> dict[str, Any]:
    origin = draft.origin
    found: dict[str, Any] = {
        "phase": draft.phase, "unfolded": draft.unfolded, "intake": draft.intake, "ticket": draft.ticket_id,
        "origin": [origin.channel, origin.ts, origin.thread_ts] if origin else None,
        "files": [[f.id, shorten(f.name, 60), f.permalink] for f in draft.files], "like": [t.id for t in draft.similar],
        "hinted": bool(draft.suggestion), "behalf": draft.behalf, "channel": draft.channel,
        "known": [one.endpoint for one in draft.gateway],
        "helpful": [one.id for one in draft.articles],
        "articles": list(dict.fromkeys([*draft.shown_articles, *(one.id for one in draft.articles)]))[:MOST_ARTICLES],
    }  # fmt: skip
    lists: list[list[Any]] = [found[name] for name in ("files", "known", "like", "helpful", "articles")]
    while any(lists) and len(json.dumps(found, ensure_ascii=False)) > METADATA_LIMIT:
        next(filter(None, lists)).pop()
    return found


def _origin(found: Any) -> Origin | None:
    match found:
        case [str(channel), str(ts), str() | None as thread_ts]:
            return Origin(channel, ts, thread_ts)
    return None


def _carried(found: Any) -> tuple[File, ...]:
    if not isinstance(found, list):
        return ()
    return tuple(File(*f) for f in found if isinstance(f, list) and len(f) == 3 and all(isinstance(x, str) for x in f))


def _source(draft: ReportDraft) -> list[Block]:
    if not draft.origin or draft.ticket_id:
        return []
    text = f"From a message in <#{draft.origin.channel}>. We'll answer in its thread."
    if draft.files:
        text = f"{text} Attached: {quote(', '.join(f.name for f in draft.files))}."
    return [context(text)]
