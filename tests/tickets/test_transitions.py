"""The status machine: the table of product.md, and what holds in every random life of a ticket."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.people.names import name_of
from domain.errors import Refused
from domain.tickets import closing, transitions
from domain.tickets.closing import Solution
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Deferral, Intake, Report, Severity, Ticket

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
S = Status


def ticket(status: Status = S.RECEIVED, **more: object) -> Ticket:
    report = Report(summary="The till prints nothing", severity=Severity.HIGH)
    made = Ticket(id=1, phase_id=1, key="PAY", number=42, reporter="UMARIA", report=report, opened_at=NOW,
                  intake=Intake.COMMAND, status=status, changed_at=NOW)  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def test_the_first_to_acknowledge_owns_it() -> None:
    change = transitions.acknowledge(ticket(), by="UJO", at=NOW)
    assert (change.ticket.status, change.ticket.owner) == (S.ACKNOWLEDGED, "UJO")


def test_the_second_reads_who_was_first() -> None:
    mine = transitions.acknowledge(ticket(), by="UJO", at=NOW).ticket
    with pytest.raises(Refused, match="UJO is looking into it"):
        transitions.acknowledge(mine, by="URAVI", at=NOW)


def test_an_answer_brings_a_waiting_ticket_back_to_where_it_was() -> None:
    asked = transitions.wait(ticket(S.FIXING, owner="UJO"), "Which browser?", by="UJO", at=NOW).ticket
    asked = transitions.wait(asked, "And which version?", by="UJO", at=NOW).ticket
    assert asked.status is S.WAITING
    assert transitions.answer(asked, by="UMARIA", at=NOW).ticket.status is S.FIXING


def test_an_answer_to_nothing_changes_nothing() -> None:
    assert transitions.answer(ticket(S.FIXING), by="UMARIA", at=NOW).ticket.status is S.FIXING


def test_resolving_needs_an_explanation() -> None:
    with pytest.raises(Refused, match="plain words") as no:
        closing.resolve(ticket(S.ACKNOWLEDGED), Solution(explanation=""), by="UJO", at=NOW)
    assert no.value.field == "explanation"


def deferred(text: str, due: date | None) -> transitions.Transition:
    return transitions.defer(ticket(S.ACKNOWLEDGED), Deferral.OTHER, text, due, by="ULENA", at=NOW, today=NOW.date())


def test_deferring_needs_a_date_or_a_reason_why_there_is_none() -> None:
    with pytest.raises(Refused, match="date"):
        deferred("", None)
    with pytest.raises(Refused, match="after today"):
        deferred("", date(2026, 3, 2))
    later = deferred("", date(2026, 3, 3))
    assert later.ticket.due == date(2026, 3, 3)


def test_a_confirmed_ticket_can_be_reopened_for_two_weeks() -> None:
    verified = ticket(S.VERIFIED)
    soon = closing.reopen(verified, "back again", by="UMARIA", at=NOW + timedelta(days=13), confirmed=NOW)
    assert soon.ticket.status is S.INVESTIGATING
    with pytest.raises(Refused, match="Report the problem again"):
        closing.reopen(verified, "back again", by="UMARIA", at=NOW + timedelta(days=15), confirmed=NOW)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("to", list(Status))
def test_every_move_outside_the_table_is_refused_in_words(status: Status, to: Status) -> None:
    if to in status.next:
        transitions.check(ticket(status), to)
        return
    with pytest.raises(Refused) as no:
        transitions.check(ticket(status), to)
    assert "PAY-42" in no.value.text


@pytest.mark.parametrize("kind", list(EventKind))
def test_every_kind_of_event_has_a_line_in_the_timeline(kind: EventKind) -> None:
    from bot.views.tickets.timeline import entry
    from domain.tickets.event import Event

    data = {"to": "fixing", "from": "low", "owner": "UJO", "why": "because", "promise": "fix",
            "result": "passed", "due": NOW.isoformat()}  # fmt: skip
    if kind is EventKind.JUDGED:
        data["to"] = "wish"
    line = entry(Event(kind=kind, actor="UJO", at=NOW, data=data | {"rule": "night"}), ticket())
    assert ("The rule night " if kind is EventKind.AUTOMATED else f"{name_of('UJO')} ") in line


ACTIONS = {
    "acknowledge": lambda t, at: transitions.acknowledge(t, by="UJO", at=at),
    "assign": lambda t, at: transitions.assign(t, to="URAVI", by="ULENA", at=at),
    "investigate": lambda t, at: transitions.work(t, S.INVESTIGATING, by="UJO", at=at),
    "fix": lambda t, at: transitions.work(t, S.FIXING, by="UJO", at=at),
    "wait": lambda t, at: transitions.wait(t, "which?", by="UJO", at=at),
    "answer": lambda t, at: transitions.answer(t, by="UMARIA", at=at),
    "defer": lambda t, at: transitions.defer(t, Deferral.LOW_IMPACT, "later", None, by="ULENA", at=at, today=at.date()),
    "resolve": lambda t, at: closing.resolve(t, Solution(explanation="done"), by="UJO", at=at),
    "verify": lambda t, at: closing.verify(t, by="UMARIA", at=at),
    "reopen": lambda t, at: closing.reopen(t, "no", by="UMARIA", at=at),
    "withdraw": lambda t, at: closing.withdraw(t, by="UMARIA", at=at),
}


@given(st.lists(st.sampled_from(sorted(ACTIONS)), max_size=30))
def test_in_any_life_every_step_is_legal_and_recorded(names: list[str]) -> None:
    now = ticket()
    for i, name in enumerate(names):
        at = NOW + timedelta(minutes=i)
        try:
            change = ACTIONS[name](now, at)
        except Refused:
            continue
        assert change.event.at == at
        assert change.ticket.status is now.status or change.ticket.status in now.status.next
        assert (change.ticket.previous_status is not None) == (change.ticket.status is S.WAITING)
        if change.ticket.status not in (S.RECEIVED, S.WITHDRAWN):
            assert change.ticket.owner, "an acknowledged ticket has an owner"
        now = change.ticket
