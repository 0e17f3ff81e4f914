"""Actions on both databases: who owns what, what waits, tests before a fix, reminders, and people who leave."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot.context import AppContext
from bot.services.actions import actions, planning
from bot.services.followup import verification
from bot.services.home import homes
from bot.services.intake import intake
from bot.services.operations import timers
from bot.services.people import profiles
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import digest
from domain.actions.action_item import ActionDraft, ActionKind, ActionState, Proof, Stage
from domain.errors import Refused
from domain.people.profile import Organization, Profile
from domain.phases.permissions import Person
from domain.tickets.closing import Solution
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Fix, Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.delivery.tables import lanes, messages
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE, RAVI, TOM

FIXED = Solution(explanation="Indexed", fix=Fix.ROOT_CAUSE)


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00", home=Organization(("T0HOME",)))
    phases.apply_settings(app, PHASE)
    with app.transaction() as tx:
        tx.profiles.save(*(Profile(id=one.id, team="T0HOME", fetched_at=clock(), updated=1)
                           for one in (MARIA, TOM, JO, RAVI, LENA)))  # fmt: skip
    return app


def opened(app: AppContext, severity: Severity = Severity.MEDIUM, **more: object) -> int:
    report = Report(summary="The export is slow", severity=severity, **more)  # type: ignore[arg-type]
    return intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND).id


def draft(
    app: AppContext, title: str = "Ask the bank", owner: Person = JO, days: int = 0, **more: object
) -> ActionDraft:
    made = ActionDraft(title=title, owner=owner.id, due=app.now().date() + timedelta(days=days))
    return replace(made, **more)  # type: ignore[arg-type]


def told(app: AppContext, channel: str) -> list[str]:
    asked = select(messages.c.payload).join(lanes, lanes.c.id == messages.c.lane_id).where(lanes.c.channel == channel)
    with app.store.read() as tx:
        return [str(payload) for payload in tx.connection.scalars(asked.order_by(messages.c.id)) if "blocks" in payload]


def kinds(app: AppContext, ticket_id: int) -> list[EventKind]:
    with app.store.read() as tx:
        return [one.kind for one in tx.tickets.list_events(ticket_id)]


def edited(app: AppContext, action_id: int, person: Person, **more: object) -> None:
    with app.store.read() as tx:
        item = tx.actions.find_action(action_id)
    assert item
    known = ActionDraft(title=item.title, owner=item.owner or "", due=item.due, needs=item.needs, proof=item.proof,
                        proof_note=item.proof_note, state=item.state)  # fmt: skip
    actions.change(app, person, action_id, replace(known, **more))  # type: ignore[arg-type]


def test_an_action_is_an_event_and_is_finished_in_order(app: AppContext) -> None:
    one = opened(app)
    first = actions.add(app, RAVI, str(one), draft(app))
    second = actions.add(app, RAVI, str(one), draft(app, "Upload again", owner=TOM, needs=(first.id,)))
    assert "has the action *A1*" in told(app, "C0000001")[-2]
    page = str(actions.page(app, JO, "C0000001", ()))
    assert "waits for A1" in page
    with pytest.raises(Refused, match="waits for A1"):
        edited(app, second.id, TOM, state=ActionState.DONE)
    with pytest.raises(Refused, match="A1 → A2 → A1"):
        edited(app, first.id, JO, needs=(second.id,))
    edited(app, first.id, JO, state=ActionState.DONE)
    edited(app, second.id, TOM, state=ActionState.DONE)
    assert "No actions match" in str(actions.page(app, JO, "C0000001", ()))
    found = kinds(app, one)
    assert found.count(EventKind.ACTION_ADDED) == found.count(EventKind.ACTION_DONE) == 2
    assert EventKind.ACKNOWLEDGED in found, "an action is work on the ticket"


def test_a_fix_of_a_critical_needs_a_test_that_passed(app: AppContext) -> None:
    one = opened(app, Severity.CRITICAL)
    with pytest.raises(Refused, match="needs a test that passed"):
        verification.resolve(app, one, JO, FIXED)
    with pytest.raises(Refused, match="Only a lead can resolve without"):
        verification.resolve(app, one, JO, replace(FIXED, untested="No environment"))
    made = actions.add(app, RAVI, str(one), draft(app, proof=Proof.PENDING))
    with pytest.raises(Refused, match="The test of A1 has not passed"):
        verification.resolve(app, one, JO, replace(FIXED, test="Tried it"))
    edited(app, made.id, JO, proof=Proof.FAILED, proof_note="Too slow")
    with pytest.raises(Refused, match="The test of A1 has not passed"):
        verification.resolve(app, one, JO, replace(FIXED, test="Tried it"))
    edited(app, made.id, RAVI, proof=Proof.PASSED, proof_note="A thousand rows in a second")
    with app.store.read() as tx:
        item = tx.actions.find_action(made.id)
    assert item
    assert item.proven_by == RAVI.id
    assert verification.resolve(app, one, JO, FIXED).status is Status.RESOLVED
    assert kinds(app, one).count(EventKind.TESTED) == 2


@pytest.mark.parametrize(
    ("severity", "done", "person"),
    [(Severity.HIGH, replace(FIXED, fix=Fix.WORKAROUND), JO), (Severity.MEDIUM, FIXED, JO),
     (Severity.HIGH, replace(FIXED, test="Load test", tested_by=RAVI.id), JO),
     (Severity.HIGH, replace(FIXED, untested="No environment"), LENA)],
)  # fmt: skip
def test_a_ticket_is_resolved_without_an_action(
    app: AppContext, severity: Severity, done: Solution, person: Person
) -> None:
    one = opened(app, severity)
    assert verification.resolve(app, one, person, done).status is Status.RESOLVED
    with app.store.read() as tx:
        data = next(e.data for e in tx.tickets.list_events(one) if e.kind is EventKind.RESOLVED)
    assert data["tested_by"] == done.tested_by
    assert data["untested"] == done.untested


def test_an_owner_is_reminded_once_a_day_in_one_message(app: AppContext, clock: Clock) -> None:
    for title in ("Ask the bank", "Call the bank"):
        actions.add(app, JO, "PAY", draft(app, title))
    actions.add(app, JO, "PAY", draft(app, "Later", days=9))
    clock.forward(days=1)
    with app.store.read() as tx:
        at = tx.timers.find_next(f"{planning.KIND}:1:daily")
    assert at
    clock.at = at
    while timers.run_due(app):
        pass
    (said,) = (one for one in told(app, JO.id) if "your actions" in one)
    assert "2 of your actions in Payday are due." in said
    assert "*overdue* since 2 Mar" in said
    assert "Later" not in said
    assert "Overdue: 2." in str(digest.preview(app, LENA, "C0000001", ()))
    with app.store.read() as tx:
        assert "Your actions" in str(homes.draw_home(tx, JO, clock()))
    assert "Later" not in str(actions.page(app, JO, "C0000001", ("overdue",)))


def test_who_left_owns_nothing_and_can_own_nothing(app: AppContext) -> None:
    made = actions.add(app, RAVI, "PAY", draft(app))
    gone = {"id": JO.id, "team_id": "T0HOME", "profile": {"display_name": "Jo"}, "updated": 5, "deleted": True}
    profiles.receive(app, gone, "event:1")
    with app.store.read() as tx:
        item = tx.actions.find_action(made.id)
    assert item
    assert item.owner is None
    assert "The action *A1* has no owner now." in told(app, LENA.id)[-1]
    with pytest.raises(Refused, match="This person can't own an action") as no:
        actions.add(app, RAVI, "PAY", draft(app))
    assert no.value.field == "owner"


def test_an_action_of_a_private_ticket_is_seen_by_those_who_see_the_ticket(app: AppContext) -> None:
    one = opened(app, type=TicketType.SECURITY)
    with pytest.raises(Refused, match="can't see PAY-1"):
        actions.add(app, LENA, str(one), draft(app, owner=TOM))
    made = actions.add(app, LENA, str(one), draft(app, "Close the hole", owner=LENA))
    assert "Close the hole" in str(actions.page(app, LENA, "C0000001", ()))
    assert "Close the hole" not in str(actions.page(app, JO, "C0000001", ()))
    assert "Actions open" not in str(digest.preview(app, LENA, "C0000001", ()))
    with pytest.raises(Refused, match="no such action"):
        actions.open_edit_form(app, RAVI, made.id)


def test_a_project_is_four_actions_each_behind_the_one_before(app: AppContext) -> None:
    actions.add(app, JO, "PAY", draft(app, "New export", days=8, is_project=True))
    with app.store.read() as tx:
        found = tx.actions.list_open(1)
    assert [(one.stage, one.needs) for one in found] == [
        (Stage.DESIGN, ()), (Stage.DEVELOPMENT, (1,)), (Stage.TESTING, (2,)), (Stage.DEPLOYMENT, (3,)),
    ]  # fmt: skip
    assert [one.proof for one in found] == [Proof.NONE, Proof.NONE, Proof.PENDING, Proof.NONE]
    assert found[-1].due == date(2026, 3, 10)


def test_people_outside_the_team_see_their_own_only(app: AppContext) -> None:
    actions.add(app, JO, "PAY", draft(app, "Check the numbers", owner=TOM))
    actions.add(app, JO, "PAY", draft(app, "Ask the bank"))
    own = str(actions.page(app, TOM, "C0000001", ("mine",)))
    assert "Check the numbers" in own
    assert "Ask the bank" not in own
    with pytest.raises(Refused, match="Only the team"):
        actions.page(app, TOM, "C0000001", ())
    with pytest.raises(Refused, match="Only the team"):
        actions.add(app, TOM, "PAY", draft(app))


def test_trainings_and_process_changes_go_on_after_the_phase(app: AppContext, clock: Clock) -> None:
    actions.add(app, RAVI, "PAY", draft(app, "Tidy the list"))
    training = actions.add(app, RAVI, "PAY", draft(app, "Train Berlin in Payslip", kind=ActionKind.TRAINING))
    phases.archive(app, "PAY")
    with pytest.raises(Refused, match="has ended"):
        actions.add(app, RAVI, "PAY", draft(app, "Another task"))
    change = actions.add(app, RAVI, "pay", draft(app, "Review each change", owner=LENA, kind=ActionKind.PROCESS))
    page = str(actions.page(app, JO, "C0000001", ()))
    assert "Train Berlin" in page
    with app.store.read() as tx:
        assert [one.item.name for one in actions.list_own(tx, JO)] == [training.name]
    clock.forward(days=3)
    mornings(app)
    reminded = "".join(told(app, JO.id))
    assert "Train Berlin" in reminded
    assert "Tidy the list" not in reminded, "a task ends with its phase"
    assert "Review each change" in "".join(told(app, LENA.id))
    edited(app, training.id, JO, state=ActionState.DONE)
    edited(app, change.id, LENA, state=ActionState.DONE)
    clock.forward(days=3)
    mornings(app)
    assert len(told(app, JO.id)) == 1


def mornings(app: AppContext) -> None:
    while timers.run_due(app):
        pass
