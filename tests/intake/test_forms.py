"""The form that asks and the code that reads it are inverse."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views import form
from bot.views.intake.report import ReportDraft, draft_of, from_report, read_draft, read_report_form, report_form
from bot.views.tickets.work import FORMS, read_merge_form, read_work_form, work_form
from domain.followup.settings import FollowupSettings
from domain.intake.settings import CustomField
from domain.phases.phase import Phase
from domain.settings import Use
from domain.text import clean, is_blank, one_line
from domain.tickets.priority import Consequence, Urgency
from domain.tickets.ticket import File, Origin, Report, Severity
from domain.tickets.types import TicketType, asks
from tests.tickets.test_transitions import ticket

MODULES = ("Payslips", "Bank export")
PHASE = Phase(
    key="PAY",
    name="Payday",
    system="Payday",
    triage_channel="C000001",
    oncall_channel="C000002",
    leads=("U000001",),
    intake={
        "modules": MODULES,
        "processes": ("Month end", "Hiring"),
        "categories": ("Data", "Print"),
        "templates": ("gateway", "ai", "api"),
        "custom_fields": (
            CustomField(id="site", label="Site", options=("Berlin", "Malmö")),
            CustomField(id="terminal", label="Terminal"),
        ),
    },
)
words = st.text(max_size=200).map(clean)
line = st.text(min_size=1, max_size=150).map(one_line).filter(lambda text: not is_blank(text))
ids = st.text(alphabet="ABCDEF0123456789", min_size=3, max_size=9)
short = st.text(min_size=1, max_size=80).map(one_line).filter(lambda text: not is_blank(text))
files = st.lists(st.builds(File, ids.map("F".__add__), line, st.just("https://x.example/f")), max_size=3).map(tuple)


def reports() -> st.SearchStrategy[Report]:
    return st.builds(
        Report,
        summary=line,
        severity=st.sampled_from(Severity),
        type=st.sampled_from(TicketType),
        module=st.sampled_from(("", *MODULES)),
        process=st.sampled_from(("", *PHASE.intake.processes)),
        category=st.sampled_from(("", *PHASE.intake.categories)),
        impact=words,
        happened=words,
        steps=words,
        expected=words,
        actual=words,
        environment=words,
        files=files,
        business=st.sampled_from(("", *Consequence)),
        urgency=st.sampled_from(("", *Urgency)),
        people=st.none() | st.integers(0, 5000),
    ).flatmap(_with_extra)


def _with_extra(report: Report) -> st.SearchStrategy[Report]:
    """What its type and the phase ask for besides, filled in or not."""
    own = {ask.id: st.sampled_from(ask.options) if ask.options else short for ask in asks(report.type)}
    own |= {f.id: st.sampled_from(f.options) if f.options else short for f in PHASE.intake.custom_fields}
    return st.fixed_dictionaries({}, optional=own).map(lambda extra: replace(report, extra=extra))


def filled(view: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The view as Slack sends it back with these values filled in."""
    state: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            id_, kind = block["block_id"], block["element"]["type"]
            assert block["element"]["action_id"] == id_
            state[id_] = {id_: _typed(block["element"], kind, values.get(id_))}
    return {**view, "state": {"values": state}}


def _typed(element: dict[str, Any], kind: str, value: Any) -> dict[str, Any]:
    match kind:
        case "plain_text_input":
            return {"type": kind, "value": value or None}
        case "radio_buttons" | "static_select":
            offered = [o for group in element.get("option_groups", []) for o in group["options"]]
            chosen = next((o for o in element.get("options", offered) if o["value"] == value), None)
            return {"type": kind, "selected_option": chosen}
        case "file_input":
            return {
                "type": kind,
                "files": [
                    {"id": f.id, "name": f.name, "permalink": f.permalink, "is_public": True} for f in value or ()
                ],
            }
        case "datetimepicker":
            return {"type": kind, "selected_date_time": int(value.timestamp()) if value else None}
        case "number_input":
            return {"type": kind, "value": None if value is None else str(value)}
        case "users_select":
            return {"type": kind, "selected_user": value}
        case "datepicker":
            return {"type": kind, "selected_date": value.isoformat() if value else None}
    raise AssertionError(kind)


@given(reports())
def test_what_was_filled_in_is_what_is_read(report: Report) -> None:
    view = report_form(ReportDraft(phase="PAY", unfolded=True, values=from_report(report)), PHASE)
    assert read_report_form(filled(view, from_report(report)), PHASE) == report


@given(reports(), st.booleans())
def test_unfolding_loses_nothing(report: Report, unfolded: bool) -> None:
    draft = ReportDraft(
        phase="PAY", unfolded=unfolded, values=from_report(report), origin=Origin("C000001", "1.2"), intake="shortcut"
    )
    view = filled(report_form(draft, PHASE), from_report(report))
    typed = read_draft(view, PHASE)
    given = from_report(report) | ({} if report.type.is_sorted else {"type": ""})  # no type is no choice
    shown = {f: v for f, v in given.items() if any(b.get("block_id") == f for b in view["blocks"])}
    assert {f: typed[f] for f in shown} == shown
    again = draft_of(view)
    assert (again.phase, again.origin, again.intake, again.unfolded) == ("PAY", draft.origin, "shortcut", unfolded)


@given(st.text(max_size=300))
def test_half_a_form_can_be_unfolded_too(typed: str) -> None:
    view = filled(report_form(ReportDraft(phase="PAY"), PHASE), {"summary": typed[:150]})
    read_draft(view, PHASE)


@pytest.mark.parametrize("summary", ["", "   ", "\x00\x01", "\n\n", "\u200b\u2060"])
def test_an_empty_summary_is_complained_about_in_its_field(summary: str) -> None:
    view = filled(report_form(ReportDraft(phase="PAY"), PHASE), {"summary": summary, "severity": "high"})
    with pytest.raises(form.InvalidForm) as no:
        read_report_form(view, PHASE)
    assert no.value.errors == {"summary": "The summary is empty. Say in a few words what's wrong."}


def test_every_complaint_comes_at_once() -> None:
    view = filled(report_form(ReportDraft(phase="PAY"), PHASE), {"happened": "x" * 3001})
    with pytest.raises(form.InvalidForm) as no:
        read_report_form(view, PHASE)
    assert set(no.value.errors) == {"summary", "severity", "happened"}


def test_an_option_that_was_not_offered_is_refused() -> None:
    view = filled(report_form(ReportDraft(phase="PAY"), PHASE), {"summary": "x"})
    view["state"]["values"]["severity"] = {"severity": {"selected_option": {"value": "catastrophic"}}}
    with pytest.raises(form.InvalidForm) as no:
        read_report_form(view, PHASE)
    assert set(no.value.errors) == {"severity"}


@pytest.mark.parametrize(
    "forged", ["", "{", "[]", '{"phase": 7, "origin": "C000001", "ticket": "42"}', '{"origin": [1, 2, 3]}']
)
def test_forged_metadata_is_not_believed(forged: str) -> None:
    draft = draft_of({"private_metadata": forged})
    assert (draft.origin, draft.ticket_id) == (None, None)


@pytest.mark.parametrize("emoji", ["🔥", "🔥🔥🔥", "שלום", "\u200fمرحبا"])
def test_emoji_and_right_to_left_words_are_words(emoji: str) -> None:
    view = filled(report_form(ReportDraft(phase="PAY"), PHASE), {"summary": emoji, "severity": "low"})
    assert read_report_form(view, PHASE).summary == emoji


FILLED: dict[str, Any] = {
    "text": "hello", "explanation": "restarted", "workaround": "", "why": "still empty", "question": "which?",
    "reason": "other", "date": date(2026, 5, 1), "status": "fixing", "severity": "low", "owner": "UJO",
    "urgency": "soon", "business": "serious", "people": 40, "effort": "M", "primary": "PAY-17",
    "fix": "symptom", "test": "Payroll run 7", "tested_by": "UJO", "untested": "",
    "promise": "fix", "words": "The vendor is late",
    "by": datetime(2026, 5, 1, 15, tzinfo=UTC),
}  # fmt: skip


@pytest.mark.parametrize("name", list(FORMS))
def test_each_small_form_reads_what_it_asked(name: str) -> None:
    view = filled(
        work_form(name, ticket(), PHASE.model_copy(update={"followup": FollowupSettings(fix_tests=Use.REQUIRED)})),
        FILLED,
    )
    read = read_work_form(name, view)
    assert read == {f.id: FILLED[f.id] for f in FORMS[name][3]}


@pytest.mark.parametrize("name", list(FORMS))
def test_a_small_form_without_its_fields_is_refused(name: str) -> None:
    empty = {"state": {"values": {}}}
    with pytest.raises(form.InvalidForm):
        read_merge_form(empty) if name == "merge" else read_work_form(name, empty)
