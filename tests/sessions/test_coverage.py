"""Whom sessions reach: a third or fourth source beside reports, alerts and contacts, on both databases."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from bot.context import AppContext
from bot.services.intake import intake
from bot.services.operations import erasure
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import trends, walks
from bot.services.sessions import notes, sessions
from domain.contacts.contact import WalkReason
from domain.people.profile import Organization, Profile
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.sessions.coverage import session_coverage
from domain.tickets.ticket import Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.store import Store
from tests.conftest import Clock
from tests.sessions.test_sessions import draft
from tests.support.actions import JO, MARIA, PHASE, TOM

OFFICE, HALL = (MARIA.id, "U0OFFICE1"), (TOM.id, "U0HALL001", "U0HALL002", "U0HALL003")
GROUPS = ({"name": "Office", "members": OFFICE, "people": 20}, {"name": "Hall", "members": HALL, "people": 20},
          {"name": "Night shift", "members": ("U0NIGHT01",), "people": 20})  # fmt: skip


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00", home=Organization(("T0TEAM0",)))
    with_groups(app, GROUPS)
    with app.store.begin() as tx:
        for person in (*OFFICE, *HALL, JO.id):
            tx.profiles.save(Profile(id=person, team="T0TEAM0", display_name=person, fetched_at=app.now(), updated=1))
    return app


def with_groups(app: AppContext, groups: Sequence[Mapping[str, object]]) -> None:
    settings = PHASE.model_dump() | {"intake": {"modules": ("Payslip",)}, "reporting": {"user_groups": groups}}
    phases.apply_settings(app, PhaseSettings.model_validate(settings))


def reports(app: AppContext, count: int, person: Person, **more: object) -> None:
    for number in range(count):
        report = Report(summary=f"Fault {number} of {person.id}", severity=Severity.LOW, **more)  # type: ignore[arg-type]
        intake.open_ticket(app, report, person=person, intake=Intake.COMMAND)


def held(app: AppContext, clock: Clock, text: str, present: tuple[str, ...]) -> None:
    made = sessions.plan(app, JO, "PAY", draft(app, participants=present, starts=app.now() + timedelta(hours=1)))
    clock.forward(hours=2)
    notes.file_notes(app, JO, made.id, text, present)


def test_a_group_that_sat_in_a_session_is_not_silent_and_the_list_says_whom_to_invite(
    app: AppContext, clock: Clock
) -> None:  # fmt: skip
    reports(app, 8, MARIA)
    clock.forward(minutes=1)
    with app.store.read() as tx:
        silent = [one.name for one in trends.trends(tx, tx.phases.get(1), clock()).quiet_groups]
    assert silent == ["Hall", "Night shift"]
    held(app, clock, "The printer is slow", HALL)
    clock.forward(minutes=1)
    shown = str(sessions.page(app, JO, PHASE.triage_channel, []))
    assert "Night shift: none of 20. It's hardly heard of: invite this group next." in shown
    assert "Hall: 4 of 20 (20 %)" in shown
    assert shown.index("Night shift") < shown.index("Office: none of 20") < shown.index("Hall: 4 of 20")
    assert "Reached by sessions" not in str(sessions.page(app, MARIA, PHASE.triage_channel, [])), "only for the team"
    with app.store.read() as tx:
        phase = tx.phases.get(1)
        silent = [one.name for one in trends.trends(tx, phase, clock()).quiet_groups]
        walk = {one.group: one.reason for one in walks.walks(tx, phase, clock())}
    assert silent == ["Night shift"]
    assert walk["Night shift"] is WalkReason.QUIET
    assert walk["Hall"] is WalkReason.UNVISITED


def test_who_reports_in_a_session_is_heard_once_and_who_comes_twice_is_reached_once(
    app: AppContext, clock: Clock
) -> None:  # fmt: skip
    held(app, clock, f"{TOM.id}: the scanner is off\n{TOM.id}: the scale too", HALL[:2])
    held(app, clock, "All is well now", HALL[:2])
    with_groups(app, (*GROUPS[:1], {**GROUPS[1], "members": (TOM.id, *HALL[2:])}, *GROUPS[2:]))
    erasure.erase(app, HALL[1])
    with app.store.read() as tx:
        phase, since = tx.phases.get(1), clock() - timedelta(days=7)
        assert tx.sessions.count_present(1, since, clock()) == {"Hall": 3}, "of four, Tom reported in one"
        assert trends.heard_groups(tx, phase, since, clock()) == {"Hall": 5}
        assert tx.sessions.count_reached(1, since, clock()) == {"Hall": 2}, "Tom, and an erased person"


def test_what_a_session_found_counts_for_the_side_of_the_team(app: AppContext, clock: Clock) -> None:
    reports(app, 6, MARIA, type=TicketType.BUG)  # PAY-1 to PAY-6
    held(
        app, clock, f"PAY-1 in the hall too\n{TOM.id}: PAY-2 too\nPAY-3\n{MARIA.id}: PAY-4 is mine", (TOM.id, MARIA.id)
    )
    clock.forward(minutes=1)
    with app.store.read() as tx:
        found = trends.trends(tx, tx.phases.get(1), clock()).undetected
    assert found
    assert (found.users, found.testers, found.both) == (6, 3, 3), "Maria finding her own again is no second find"


def test_quiet_groups_come_first_and_then_those_that_were_reached_least() -> None:
    found = session_coverage({"a": 10, "b": 20, "c": 10, "d": 5}, {"a": 5, "b": 1, "d": 9}, {"a"})
    assert [(one.group, one.is_quiet, one.share) for one in found] == [
        ("a", True, 0.5), ("c", False, 0.0), ("b", False, 0.05), ("d", False, 1.0)]  # fmt: skip
