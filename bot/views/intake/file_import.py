"""The import of a file in Slack: the offer, its form, what it would do, and how far it is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, FormField, PersonInput
from bot.views.intake.message import NOT_A_REPORT, OPEN_FORM
from bot.views.text import Block, actions, button, context, day, escape, message, quote, section
from domain.intake.file_import import MAX_IMPORT_BYTES, FileImport, FileKind, Unreadable
from domain.intake.settings import ImportBase
from domain.phases.phase import Phase
from domain.text import plural, shorten
from domain.tickets.ticket import File

Message = dict[str, Any]
OPEN, CALLBACK, START, CANCEL = "import_open", "import_file", "import_start", "import_cancel"
SHOWN_LINES = 30  # of what an import would do
BAR = 20  # characters
OWN = "hypercare"
SYSTEMS = {ImportBase.JIRA: "Jira", ImportBase.SERVICENOW: "ServiceNow", ImportBase.GLPI: "GLPI",
           ImportBase.ZENDESK: "Zendesk"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportChoice:
    """What was filled in: the key of the phase, whose export it is, the rota, and the reporter if none is known."""

    phase: str
    system: str = ""
    rota: str = ""
    stand_in: str = ""


def offer(file: File, kind: FileKind, channel: str, ts: str) -> Message:
    """Ask whether a file is to be imported, or reported like any other message."""
    what = "shifts or holidays" if kind is FileKind.CALENDAR else "tickets"
    question = f"Do you want to import {what} from {quote(file.name, 150)}? I'll first show what would change."
    buttons = (
        button("Import file", OPEN, json.dumps([file.id, file.name[:300]]), style="primary"),
        button("Report it", OPEN_FORM, json.dumps([channel, ts])),
        button("Dismiss", NOT_A_REPORT),
    )
    return {"text": question, "blocks": [section(question), actions(*buttons)]}


def file_of(value: str) -> tuple[str, str]:
    """Return (id, name) of the file that a button is about; empty strings when its value cannot be read."""
    try:
        found = json.loads(value)
    except ValueError:
        return "", ""
    match found:
        case [str(id_), str(name)]:
            return id_, name
    return "", ""


def import_form(file: str, name: str, kind: FileKind, phases: Sequence[Phase], person: str) -> Block:
    """Return the form that asks what the import needs to know."""
    note = context(f"{quote(name, 150)}: nothing is written before you have seen what would change.")
    return form.modal(CALLBACK, "Import a file", _fields(kind, phases), submit="Check file", before=[note],
                      values={"phase": phases[0].key, "system": OWN, "stand_in": person},
                      metadata={"file": file, "name": shorten(name, 300)})  # fmt: skip


def read_import_form(view: Mapping[str, Any], kind: FileKind, phases: Sequence[Phase]) -> ImportChoice:
    """Return what was filled in; InvalidForm names every error."""
    values = form.read(view, _fields(kind, phases))
    if kind is FileKind.CALENDAR:
        key, _, rota = values["rota"].partition(":")
        return ImportChoice(key, rota=rota)
    system = values["system"] if values["system"] != OWN else ""
    return ImportChoice(values["phase"], system, stand_in=values["stand_in"])


def file_in(view: Mapping[str, Any]) -> tuple[str, str]:
    """Return (id, name) of the file that a form is about."""
    data = form.metadata(view)
    return str(data.get("file") or ""), str(data.get("name") or "")[:300]


def _fields(kind: FileKind, phases: Sequence[Phase]) -> list[FormField]:
    if kind is FileKind.CALENDAR:
        rotas = tuple((f"{phase.key}:{rota.name}", f"{phase.key} {rota.name}", "")
                      for phase in phases for rota in phase.oncall.rotas)  # fmt: skip
        days = tuple((f"{phase.key}:", f"Holidays of {phase.key}", "") for phase in phases)
        return [ChoiceInput(id="rota", label="Rota or holidays", required=True, options=(*rotas, *days)[:100])]
    systems = ((OWN, "Hypercare's own columns", ""), *((base.value, name, "") for base, name in SYSTEMS.items()))
    return [
        ChoiceInput(id="phase", label="Phase", required=True,
                    options=tuple((one.key, f"{one.key}: {one.name}", "") for one in phases[:100])),
        ChoiceInput(id="system", label="Exported from", required=True, options=systems),
        PersonInput(id="stand_in", label="Reporter, where the file has none that Slack knows"),
    ]  # fmt: skip


def reading(made: FileImport) -> Message:
    return message(f"I'm reading {quote(made.name, 150)}. I'll show here what would change.")


def preview(made: FileImport, lines: Sequence[str], *, is_ready: bool) -> Message:
    """Return what an import would do, with its buttons, or what stops it; `lines` are mrkdwn."""
    name = quote(made.name, 150)
    head = f"This is what importing {name} would do." if is_ready else f"I can't import {name}. Nothing was changed."
    shown = [*lines[:SHOWN_LINES]]
    if len(lines) > SHOWN_LINES:
        shown.append(plural(len(lines) - SHOWN_LINES, "There is 1 more line like these.",
                            "There are {count} more lines like these."))  # fmt: skip
    blocks = [section(f"*{head}*"), section("\n".join(shown))]
    if is_ready:
        buttons = actions(button("Import", START, str(made.id), style="primary", name=f"Import {made.name}"),
                          button("Cancel", CANCEL, str(made.id), name=f"Don't import {made.name}"))  # fmt: skip
        blocks += [buttons, context("Nothing is written until you press *Import*. After a day I forget the file.")]
    else:
        blocks.append(context("Correct the file and send it to me again."))
    return message(head, blocks)


def unreadable(made: FileImport, why: Unreadable) -> Message:
    name = quote(made.name, 150)
    if why is Unreadable.TOO_LARGE:
        limit = MAX_IMPORT_BYTES // 1_000_000
        return message(f"{name} is larger than {limit} MB, so I can't import it here. Split it, or ask an operator to "
                       "use `hypercare import`.")  # fmt: skip
    return message(f"I can't read {name}: it was deleted, or another person sent it. Send it to me again.")


def progress(made: FileImport, done: int, total: int) -> Message:
    """Return how far an import is, with a bar."""
    full = BAR * done // total if total else BAR
    head = f"Importing {quote(made.name, 150)}: {done} of {total} rows."
    return message(head, [section(head), context("▓" * full + "░" * (BAR - full))])


def finished(made: FileImport, phase: Phase, total: int) -> Message:
    head = plural(total, "The ticket of {name} is in {phase} now.", "All {count} tickets of {name} are in {phase} now.",
                  phase=phase.key, name=quote(made.name, 150))  # fmt: skip
    return message(f"{head} To see them, type `/hypercare list all source:import`.")


def shifts_imported(made: FileImport, phase: Phase, count: int) -> Message:
    return message(plural(count, "Imported 1 shift of {rota} in {phase} from {name}.",
                          "Imported {count} shifts of {rota} in {phase} from {name}.", rota=escape(made.rota),
                          phase=phase.key, name=quote(made.name, 150)))  # fmt: skip


def holiday_lines(days: Sequence[date], phase: Phase, now: datetime) -> list[str]:
    """Return a line for each day of a calendar, with those that are holidays of the phase already named."""
    return [f"{day(one, now)} is a holiday of {phase.key} already." if one in phase.sla.holidays
            else f"{day(one, now)} becomes a holiday of {phase.key}." for one in days]  # fmt: skip


def holidays_imported(made: FileImport, phase: Phase, count: int) -> Message:
    return message(plural(count, "1 day of {name} is a holiday of {phase} now.",
                          "{count} days of {name} are holidays of {phase} now.", phase=phase.key,
                          name=quote(made.name, 150)))  # fmt: skip


def stopped(made: FileImport, why: str) -> Message:
    return message(f"The import of {quote(made.name, 150)} stopped: {escape(why)} What was imported stays. Send the "
                   "file again to go on, and no row is imported twice.")  # fmt: skip


def cancelled(made: FileImport) -> Message:
    return message(f"{quote(made.name, 150)} was not imported. Send it to me again whenever you like.")
