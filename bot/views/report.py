"""The report form, and the code that reads it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.views import form
from bot.views.form import Choice, Field, Files, Text, Values
from bot.views.text import Block, actions, button, context, from_event, quote, summary_of
from domain.text import clean, one_line, shorten
from domain.ticket import MODULE_LIMIT, SUMMARY_LIMIT, TEXT_LIMIT, File, Origin, Report, Severity, Type

CALLBACK = "report"
METADATA_LIMIT = 3000  # characters that Slack carries through a form
MORE_DETAILS = "more_details"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A report form as it is open: for which phase, from which message, how much of it shows, what is filled in.

    `ticket_id` is set when details are added to a ticket that exists.
    """

    phase: str
    modules: tuple[str, ...] = ()
    origin: Origin | None = None
    unfolded: bool = False
    ticket_id: int | None = None
    intake: str = "command"
    values: Mapping[str, Any] | None = None
    files: tuple[File, ...] = ()  # of the message; a form cannot be prefilled with files, so they are carried along


SUMMARY = Text(
    id="summary", label="Summary", required=True, multiline=False, limit=SUMMARY_LIMIT,
    placeholder="The payslip page stays empty", error="Please say in a few words what is wrong.",
)  # fmt: skip
SEVERITY = Choice(
    id="severity", label="Severity", required=True, radio=True,
    options=tuple((s.value, s.capitalize(), s.meaning) for s in Severity),
)  # fmt: skip
HAPPENED = Text(id="happened", label="What happened", placeholder="What you did and what you saw")
TYPE = Choice(id="type", label="Type", options=tuple((t.value, t.label, "") for t in Type))
DETAILS: tuple[Field, ...] = (
    Text(id="impact", label="Business impact", hint="Who cannot do what, and what does it cost?"),
    Text(id="steps", label="Steps to reproduce"),
    Text(id="expected", label="What did you expect"),
    Text(id="actual", label="What happened instead"),
    Text(id="environment", label="Environment", hint="Browser, device, the data you used"),
    Files(id="files", label="Screenshots and files"),
)


def fields(draft: Draft) -> tuple[Field, ...]:
    """The fields that show: few at first, all of them once unfolded."""
    first = (SUMMARY, SEVERITY, HAPPENED)
    return (*first, TYPE, _module(draft.modules), *DETAILS) if draft.unfolded else first


def report_form(draft: Draft) -> Block:
    """The modal. Unfolding draws it again with the same ids, so nothing that was typed is lost."""
    more = [actions(button("More details", MORE_DETAILS), block_id="more")]
    title = "Add details" if draft.ticket_id else "Report a problem"
    return form.modal(
        CALLBACK, title, fields(draft), values=draft.values, submit="Save" if draft.ticket_id else "Report",
        metadata=_metadata(draft), before=_source(draft), after=[] if draft.unfolded else more,
    )  # fmt: skip


def read_report_form(view: Mapping[str, Any], modules: tuple[str, ...] = ()) -> Report:
    """The report that was filled in; form.Invalid with a sentence under each field that is wrong."""
    everything = fields(Draft(phase="", modules=modules, unfolded=True))
    return to_report(form.read(view, everything))


def read_changes(view: Mapping[str, Any], modules: tuple[str, ...] = ()) -> Values:
    """Only what somebody changed in the form, so that others' changes meanwhile stay; form.Invalid as above."""
    everything = fields(Draft(phase="", modules=modules, unfolded=True))
    asked, before = form.read(view, everything), form.initial(view, everything)
    changed = {name: value for name, value in asked.items() if value != before.get(name)}
    kinds = {"severity": Severity, "type": Type}
    return {
        name: kinds[name](value) if name in kinds else value
        for name, value in changed.items()
        if value or name != "type"
    }


def read_draft(view: Mapping[str, Any], modules: tuple[str, ...]) -> Values:
    """What has been typed so far."""
    return form.draft(view, fields(Draft(phase="", modules=modules, unfolded=True)))


def to_report(values: Mapping[str, Any]) -> Report:
    if "summary" not in values or "severity" not in values:
        raise form.Invalid({"summary": "This form is incomplete. Please open it again."})
    given = {k: v for k, v in values.items() if v not in ("", ())}
    given |= {"severity": Severity(values["severity"]), "type": Type(values.get("type") or Type.BUG)}
    return Report(**given)


def from_report(report: Report) -> Values:
    """A report as the values of the form."""
    names = ("summary", "severity", "happened", "type", "module", "impact", "steps", "expected", "actual")
    return {name: getattr(report, name) for name in (*names, "environment", "files")}


def typed(text: str) -> Values:
    """What stands behind `/hypercare report`: the summary, and all of it when it is longer than one line."""
    text = clean(text)
    summary = shorten(one_line(text), SUMMARY_LIMIT)
    return {"summary": summary, "happened": "" if summary == text else text}


def from_message(text: str) -> Values:
    """A message as the beginning of a report: its first line, and its words."""
    text = from_event(text)
    return {"summary": shorten(summary_of(text), SUMMARY_LIMIT), "happened": shorten(text, TEXT_LIMIT)}


def draft_of(view: Mapping[str, Any]) -> Draft:
    """The draft that a view was opened with; what it claims is checked again by whoever uses it."""
    data = form.metadata(view)
    ticket_id = data.get("ticket")
    return Draft(
        phase=str(data.get("phase", "")),
        origin=_origin(data.get("origin")),
        unfolded=bool(data.get("unfolded")),
        ticket_id=ticket_id if type(ticket_id) is int else None,
        intake=str(data.get("intake", "command")),
        files=_carried(data.get("files")),
    )


def _module(modules: tuple[str, ...]) -> Field:
    if not modules:
        return Text(id="module", label="Module", multiline=False, limit=MODULE_LIMIT)
    return Choice(id="module", label="Module", options=tuple((m, m, "") for m in modules))


def _metadata(draft: Draft) -> dict[str, Any]:
    origin = draft.origin
    found: dict[str, Any] = {
        "phase": draft.phase, "unfolded": draft.unfolded, "intake": draft.intake, "ticket": draft.ticket_id,
        "origin": [origin.channel, origin.ts, origin.thread_ts] if origin else None,
        "files": [[f.id, shorten(f.name, 60), f.permalink] for f in draft.files],
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


def _source(draft: Draft) -> list[Block]:
    if not draft.origin or draft.ticket_id:
        return []
    taken = f" Taken along: {quote(', '.join(f.name for f in draft.files))}." if draft.files else ""
    return [context(f"From a message in <#{draft.origin.channel}>; the answers go to its thread.{taken}")]
