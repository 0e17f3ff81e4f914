"""The report form, and the code that reads it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from bot.views import form
from bot.views.form import Values
from bot.views.inputs import FormField
from bot.views.intake import fields as asked
from bot.views.intake import suggestions
from bot.views.text import Block, actions, button, context, from_event, named, quote, summary_of
from domain.intake.suggestions import Suggestion
from domain.phases.phase import Phase
from domain.text import one_line, shorten
from domain.tickets.ticket import SUMMARY_LIMIT, TEXT_LIMIT, File, Origin, Report, Severity, Ticket
from domain.tickets.types import TicketType

CALLBACK = "report"
METADATA_LIMIT = 3000  # characters that Slack carries through a form
MORE_DETAILS = "more_details"
PERSON_FIELDS = (asked.ANONYMOUS, asked.BEHALF, asked.PHASE)  # of the form, and not of the report


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDraft:
    """A report form as it is open: for which phase, from which message, how much of it shows, what is filled in.

    `ticket_id` is set when details are added to a ticket that exists; `like` are tickets that may be meant.
    """

    phase: str
    origin: Origin | None = None
    unfolded: bool = False
    ticket_id: int | None = None
    intake: str = "command"
    values: Mapping[str, Any] | None = None
    files: tuple[File, ...] = ()  # of the message; a form cannot be prefilled with files, so they are carried along
    like: tuple[Ticket, ...] = ()
    hint: Suggestion | None = None
    suggested: tuple[int, ...] = ()  # the ids of what was suggested when the form was drawn
    among: tuple[Phase, ...] = ()  # the phases to choose from, where nobody can tell which is meant
    behalf: bool = False  # whether it may be somebody else's report
    hinted: bool = False  # whether it was said then what the words sound like


def report_form(draft: ReportDraft, phase: Phase) -> Block:
    """The modal. Unfolding draws it again with the same ids, so nothing that was typed is lost."""
    more = [actions(button("More details", MORE_DETAILS), block_id="more")]
    title = "Add details" if draft.ticket_id else "Report a problem"
    unnamed = not (draft.origin or draft.ticket_id)  # a message has a name at its root
    behalf = draft.behalf and unnamed
    shown = asked.fields(phase, draft.values or {}, unfolded=draft.unfolded, unnamed=unnamed, behalf=behalf)
    if draft.among:
        shown = (asked.phase_choice(draft.among), *shown)
    notes = {} if draft.ticket_id else {"summary": suggestions.blocks(draft.like, draft.hint)}
    return form.modal(
        CALLBACK, title, shown, values=draft.values, submit="Save" if draft.ticket_id else "Report",
        metadata=_metadata(draft), before=_source(draft), notes=notes, after=[] if draft.unfolded else more,
    )  # fmt: skip


def asks_phase(view: Mapping[str, Any]) -> bool:
    """Whether the form asks what it is about."""
    return any(block.get("block_id") == asked.PHASE for block in view.get("blocks") or ())


def chosen_phase(view: Mapping[str, Any], phases: Sequence[Phase]) -> str:
    """The key of the phase that was chosen, "" while none is."""
    return str(form.draft(view, [asked.phase_choice(phases)]).get(asked.PHASE) or "")


def read_report_form(view: Mapping[str, Any], phase: Phase) -> Report:
    """The report that was filled in; form.Invalid with a sentence under each field that is wrong."""
    return to_report(form.read(view, _everything(view, phase)))


def read_changes(view: Mapping[str, Any], phase: Phase) -> Values:
    """Only what somebody changed in the form, so that others' changes meanwhile stay; form.Invalid as above."""
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
    """What has been typed so far."""
    return form.draft(view, _everything(view, phase))


def is_anonymous(view: Mapping[str, Any]) -> bool:
    """Whether the reporter gives no name."""
    return form.draft(view, [asked.anonymous_choice()]).get(asked.ANONYMOUS) == "yes"


def on_behalf(view: Mapping[str, Any]) -> str:
    """Whose report it is, when it is not the writer's own."""
    return str(form.draft(view, [asked.behalf_choice()]).get(asked.BEHALF) or "")


def to_report(values: Mapping[str, Any]) -> Report:
    if "summary" not in values or "severity" not in values:
        raise form.InvalidForm({"summary": "This form is incomplete, so it wasn't sent. Close it and open it again."})
    given = {k: v for k, v in values.items() if v not in ("", (), None) and k not in PERSON_FIELDS}
    extra = {
        k.removeprefix(asked.EXTRA_PREFIX): str(given.pop(k)) for k in list(given) if k.startswith(asked.EXTRA_PREFIX)
    }
    given |= {"severity": Severity(values["severity"]), "type": TicketType(values.get("type") or TicketType.BUG)}
    return Report(**given, extra=extra)


def from_report(report: Report) -> Values:
    """A report as the values of the form."""
    names = (f.name for f in fields(report) if f.name != "extra")
    own = {f"{asked.EXTRA_PREFIX}{name}": value for name, value in report.extra.items()}
    return {name: getattr(report, name) for name in names} | own


def from_command(text: str) -> Values:
    """What stands behind `/hypercare report`: the summary, and all of it when it is longer than one line."""
    text = named(text)
    summary = shorten(one_line(text), SUMMARY_LIMIT)
    return {"summary": summary, "happened": "" if summary == text else text}


def from_message(text: str) -> Values:
    """A message as the beginning of a report: its first line, and its words."""
    text = from_event(text)
    return {"summary": shorten(summary_of(text), SUMMARY_LIMIT), "happened": shorten(text, TEXT_LIMIT)}


def report_from_message(values: Values, files: tuple[File, ...], severity: Severity = Severity.MEDIUM) -> Report:
    """A report that is a message and nothing else."""
    summary = values["summary"] or "See the attached file"
    return to_report({**values, "summary": summary, "severity": severity, "files": files})


def origin(channel: str, message: Mapping[str, Any]) -> Origin:
    """Where a message stands."""
    thread, ts = message.get("thread_ts"), str(message.get("ts") or "")
    return Origin(channel, ts, str(thread) if thread and thread != ts else None)


def draft_of(view: Mapping[str, Any]) -> ReportDraft:
    """The draft that a view was opened with; what it claims is checked again by whoever uses it."""
    data = form.metadata(view)
    ticket_id = data.get("ticket")
    return ReportDraft(
        phase=str(data.get("phase", "")),
        origin=_origin(data.get("origin")),
        unfolded=bool(data.get("unfolded")),
        ticket_id=ticket_id if type(ticket_id) is int else None,
        intake=str(data.get("intake", "command")),
        files=_carried(data.get("files")),
        hinted=bool(data.get("hinted")),
        behalf=bool(data.get("behalf")),
        suggested=tuple(i for i in data.get("like") or () if type(i) is int),
    )


def _everything(view: Mapping[str, Any], phase: Phase) -> tuple[FormField, ...]:
    kind = form.draft(view, [asked.type_choice(phase)])
    return asked.fields(phase, kind, unfolded=True, unnamed=True, behalf=True)


def _metadata(draft: ReportDraft) -> dict[str, Any]:
    origin = draft.origin
    found: dict[str, Any] = {
        "phase": draft.phase, "unfolded": draft.unfolded, "intake": draft.intake, "ticket": draft.ticket_id,
        "origin": [origin.channel, origin.ts, origin.thread_ts] if origin else None,
        "files": [[f.id, shorten(f.name, 60), f.permalink] for f in draft.files], "like": [t.id for t in draft.like],
        "hinted": bool(draft.hint), "behalf": draft.behalf,
    }  # fmt: skip
    while found["files"] and len(json.dumps(found, ensure_ascii=False)) > METADATA_LIMIT:
        found["files"].pop()
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
