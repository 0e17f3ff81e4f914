"""Sessions on both databases: planned, changed, cancelled and held, with tickets from their notes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import vobject
from sqlalchemy import select

from bot.context import AppContext
from bot.services.intake import intake
from bot.services.operations import erasure, timers
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.sessions import notes, sessions
from domain.delivery.message import MessageKind
from domain.errors import Refused
from domain.people.profile import Organization, Profile
from domain.phases.settings import PhaseSettings
from domain.sessions.session import SessionDraft, SessionKind, SessionState
from domain.tickets.ticket import Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.delivery.tables import lanes, messages
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE, RAVI, TOM
from tests.trust.doors import filled

NAMES = {MARIA.id: "Maria Silva", TOM.id: "Tom Berg", JO.id: "Jo", LENA.id: "Lena", RAVI.id: "Ravi"}


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00", home=Organization(("T0TEAM0",)))
    settings = PHASE.model_dump() | {"intake": {"modules": ("Payslip",)}}
    phases.apply_settings(app, PhaseSettings.model_validate(settings))
    with app.store.begin() as tx:
        for person, name in NAMES.items():
            tx.profiles.save(Profile(id=person, team="T0TEAM0", display_name=name, fetched_at=app.now(), updated=1))
    return app


def draft(app: AppContext, **changes: Any) -> SessionDraft:
    usual = SessionDraft(kind=SessionKind.FOCUS_GROUP, title="Payslips", starts=app.now() + timedelta(days=2),
                         host=JO.id, participants=(MARIA.id, TOM.id), place="Hall 2", module="Payslip")  # fmt: skip
    return replace(usual, **changes)


def read(app: AppContext, person: str, verb: MessageKind = MessageKind.POST) -> list[dict[str, Any]]:
    """Return what a person or a channel got about sessions, oldest first."""
    asked = select(messages.c.payload).join(lanes, lanes.c.id == messages.c.lane_id)
    mine = asked.where(messages.c.verb == verb.value, lanes.c.channel == person, lanes.c.name.contains("session"))
    with app.store.read() as tx:
        return [row.payload for row in tx.connection.execute(mine.order_by(messages.c.id))]


def calendar(app: AppContext, person: str) -> list[Any]:
    """Return the calendar files of a person, read and validated by a parser that is not ours."""
    found = [vobject.readOne(one["content"]) for one in read(app, person, MessageKind.FILE)]
    assert all(one.validate(raiseException=True) for one in found)
    return [one.vevent for one in found]


def passes(app: AppContext, clock: Clock, **span: float) -> None:
    clock.forward(**span)
    while timers.run_due(app):
        pass


def test_people_are_invited_reminded_and_told_of_changes(app: AppContext, clock: Clock) -> None:
    made = sessions.plan(app, JO, "PAY", draft(app))
    (invited,) = read(app, MARIA.id)
    assert "*Payslips*" in invited["text"]
    assert "Hall 2" in invited["text"]
    (event,) = calendar(app, MARIA.id)
    assert (event.summary.value, event.dtstart.value, event.location.value) == ("Payslips", made.starts, "Hall 2")
    assert event.dtend.value - event.dtstart.value == timedelta(hours=1)
    moved = draft(app, starts=made.starts + timedelta(days=1), participants=(MARIA.id, RAVI.id))
    sessions.change(app, LENA, made.id, moved)
    before, after = calendar(app, MARIA.id)
    assert before.uid.value == after.uid.value
    assert (before.sequence.value, after.sequence.value) == ("0", "1")
    assert after.dtstart.value == moved.starts
    assert "no longer invited" in read(app, TOM.id)[-1]["text"]
    assert calendar(app, TOM.id)[-1].status.value == "CANCELLED"
    assert "invites you" in read(app, RAVI.id)[-1]["text"]
    passes(app, clock, days=2, hours=23, minutes=5)
    assert "Soon: *Payslips*" in read(app, MARIA.id)[-1]["text"]
    assert "Soon: *Payslips*" not in str(read(app, TOM.id))
    passes(app, clock, hours=2)
    assert "What was said in *Payslips*" in read(app, JO.id)[-1]["text"]


def test_a_cancelled_session_is_over(app: AppContext, clock: Clock) -> None:
    made = sessions.plan(app, JO, "PAY", draft(app))
    sessions.change(app, JO, made.id, draft(app, cancelled=True))
    assert "is cancelled" in read(app, MARIA.id)[-1]["text"]
    count = len(read(app, MARIA.id))
    passes(app, clock, days=3)
    assert len(read(app, MARIA.id)) == count
    for refused in (lambda: sessions.change(app, JO, made.id, draft(app)), lambda: notes.open_form(app, JO, made.id)):
        with pytest.raises(Refused, match="S1 is cancelled"):
            refused()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"starts": timedelta(0)}, "This time has passed"),
        ({"kind": SessionKind.ONE_ON_ONE}, "A one-on-one has one participant"),
        ({"participants": (JO.id,)}, "Only the host takes part"),
        ({"participants": ("U0GONE0",)}, "One of these people has left"),
        ({"host": MARIA.id, "participants": (TOM.id,)}, "The host is not in the team"),
        ({"minutes": 1}, "A session takes 5 minutes to 12 hours"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(app: AppContext, changes: dict[str, Any], why: str) -> None:
    with app.store.begin() as tx:
        tx.profiles.save(Profile(id="U0GONE0", team="T0TEAM0", deleted=True, fetched_at=app.now(), updated=1))
    if "starts" in changes:
        changes = {"starts": app.now() + changes["starts"]}
    with pytest.raises(Refused, match=why):
        sessions.plan(app, JO, "PAY", draft(app, **changes))
    assert read(app, MARIA.id) == []


def test_notes_become_tickets_and_everyone_hears_of_their_items(app: AppContext, clock: Clock) -> None:
    known = intake.open_ticket(app, Report(summary="The export is slow", severity=Severity.LOW), person=LENA,
                               intake=Intake.COMMAND)  # fmt: skip
    made = sessions.plan(app, JO, "PAY", draft(app))
    with pytest.raises(Refused, match="S1 hasn't begun yet"):
        notes.open_form(app, JO, made.id)
    passes(app, clock, days=2, minutes=30)
    text = "Maria: idea: send it by mail\nTom: PAY-1 also in Firefox\nSecurity: I see all salaries\nThe sums are wrong"
    shown = str(notes.preview(app, JO, made.id, text, (MARIA.id, TOM.id)))
    assert "1. *Idea* · send it by mail" in shown
    assert "to PAY-1" in shown
    with pytest.raises(Refused, match="Line 2: there is no ticket PAY-99"):
        notes.file_notes(app, JO, made.id, text.replace("PAY-1", "PAY-99"), (MARIA.id, TOM.id))
    notes.file_notes(app, JO, made.id, text, (MARIA.id, TOM.id))
    with app.store.read() as tx:
        items = tx.session_items.list_of_session(made.id)
        tickets = [tx.tickets.get_ticket(one.ticket_id) for one in items]
        assert tx.sessions.find_session(made.id).state is SessionState.HELD  # type: ignore[union-attr]
        assert TOM.id in tx.affected.list_people(known.id)
    assert [(one.name, one.reporter, one.report.type) for one in tickets] == [
        ("PAY-2", MARIA.id, TicketType.FEATURE_REQUEST), ("PAY-1", LENA.id, TicketType.NONE),
        ("PAY-3", JO.id, TicketType.SECURITY), ("PAY-4", JO.id, TicketType.NONE)]  # fmt: skip
    assert {one.intake for one in tickets} == {Intake.SESSION, Intake.COMMAND}
    (summary,) = read(app, PHASE.triage_channel)
    assert "2 reports · 1 idea" in summary["text"]
    assert "1 item is private" in str(summary)
    told = str(read(app, MARIA.id)[-1])
    assert "*From you.*" in told
    assert "PAY-2" in told
    assert "salaries" not in told + str(summary) + str(read(app, TOM.id)), "a private item stays so"
    assert "salaries" not in str(notes.show(app, RAVI, made.id))
    notes.file_notes(app, JO, made.id, "p: It is much faster", (MARIA.id,))
    assert len(read(app, PHASE.triage_channel)) == 1, "the summary is written again"
    erasure.erase(app, MARIA.id)
    with app.store.read() as tx:
        assert tx.people.find_remaining(MARIA.id) == []


def test_everyone_sees_their_own_sessions_and_the_team_all(app: AppContext) -> None:
    sessions.plan(app, JO, "PAY", draft(app, title="For Maria", participants=(MARIA.id,)))
    view = filled(sessions.open_plan_form(app, JO, "PAY"), {"title": "For Tom", "participants": [TOM.id]})
    assert view["callback_id"] == "session_plan"
    sessions.plan(app, LENA, "PAY", draft(app, title="For Tom", participants=(TOM.id,)))
    assert all(title in str(sessions.page(app, RAVI, "", [])) for title in ("For Maria", "For Tom"))
    assert "For Tom" not in str(sessions.page(app, MARIA, "", []))
    with pytest.raises(Refused, match="Only the team of Payday can plan sessions"):
        sessions.open_plan_form(app, MARIA, "PAY")
    with pytest.raises(Refused, match="no such session that you can see"):
        sessions.open_edit_form(app, MARIA, 1)
