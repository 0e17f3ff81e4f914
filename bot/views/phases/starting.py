"""The form that starts a phase: what has to be decided before it takes reports."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from bot.views import form
from bot.views.form import Values
from bot.views.inputs import ChoiceInput
from bot.views.learning.lessons import offer
from bot.views.phases.channels import list_no_access
from bot.views.phases.section import Section, Setting, Tree
from bot.views.phases.sections import SECTIONS, shown, warnings
from bot.views.text import Block, address, context, escape, mention, quote, section
from domain.phases.access import ChannelAccess
from domain.phases.phase import Phase
from domain.reporting.kpis import KpiTarget

CALLBACK = "phase_start"
LENGTH = "length"
WEEKS = range(2, 7)
USUAL_WEEKS = 4
AS_PLANNED = "planned"  # the choice that keeps the end which the phase has
NOTE = (
    "Nothing is sent before the phase starts. To start it later, close this form and type `/hypercare phase`. "
    "Targets are filled with the usual ones."
)


def start_section(phase: Phase) -> Section:
    """Return what is asked at the start: the dates, the risk class, the six roles and the six targets."""
    dates = {one.field.id: one for one in SECTIONS["dates"].settings}
    asked = [replace(one, field=replace(one.field, required=True)) for one in (dates["go_live"], dates["risk"])]
    roles = [one for one in SECTIONS["people"].settings if one.field.id.startswith("role_")]
    return Section("Start phase", NOTE, (asked[0], _length(phase), asked[1], *roles, *SECTIONS["kpis"].settings))


def _length(phase: Phase) -> Setting:
    """Return the choice of the planned end, which is so many weeks after the go-live or as it was planned."""
    weeks = [(str(count), f"{count} weeks", "") for count in WEEKS]
    if phase.planned_end:
        weeks.insert(0, (AS_PLANNED, f"Until {shown(phase.planned_end)}", ""))

    def put(tree: Tree, value: str) -> None:
        go_live = date.fromisoformat(str(tree["go_live"]))
        if value != AS_PLANNED:
            tree["planned_end"] = (go_live + timedelta(weeks=int(value))).isoformat()
        elif phase.planned_end and phase.planned_end <= go_live:
            raise ValueError("This is not after the go-live. Choose a number of weeks.")

    made = ChoiceInput(id=LENGTH, label="Length", options=tuple(weeks), required=True,
                       hint="From the go-live to the planned end. Most phases take four weeks")  # fmt: skip
    return Setting(made, lambda one: AS_PLANNED if one.planned_end else str(USUAL_WEEKS), put)


def start_form(phase: Phase, missing: Mapping[str, ChannelAccess]) -> Block:
    """Return the form for a planned phase; channels that can't be written to are named above it."""
    found = start_section(phase)
    values = {one.field.id: one.get(phase) for one in found.settings}
    blocked = [section("\n".join(f":warning: {one}" for one in list_no_access(missing)))] if missing else []
    before = [section(f"*{quote(phase.name)}* ({phase.key}) is saved."), context(NOTE), *blocked]
    return form.modal(CALLBACK, found.title, found.fields, values=values, submit="Start",
                      metadata={"phase": phase.key}, before=before)  # fmt: skip


def read_start(view: Mapping[str, Any], phase: Phase) -> Values:
    """Return what was filled in; InvalidForm names every error."""
    return form.read_all(view, start_section(phase).fields)


def started(phase: Phase, others: Sequence[Phase] = ()) -> Block:
    """Return the modal that says what was started and what to do next; the lessons of `others` are offered."""
    targets = phase.reporting.kpi_targets
    chosen = ", ".join(f"{escape(kpi.label)} {shown(targets[kpi])}" for kpi in KpiTarget if kpi in targets)
    lines = [
        f"*{quote(phase.name)}* ({phase.key}) is active. People can report from now on with `/hypercare report`.",
        f"Go-live {shown(phase.go_live)}, planned end {shown(phase.planned_end)}, risk class {phase.risk or 'none'}",
        f"Leads: {' '.join(map(mention, phase.leads))}",
        f"Channels: {' '.join(map(address, sorted(phase.channels)))}",
        f"Targets: {chosen}",
        *(f":warning: {one}" for one in warnings(phase)),
        "Next, add who is on call and tell people where to report. To change anything, type `/hypercare phase`.",
    ]
    return {**form.notice("Started", ""), "blocks": [*(section(line) for line in lines), *offer(phase, others)]}
