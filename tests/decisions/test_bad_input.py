"""What people enter wrongly: each gets a clear answer that says what to do, and nothing is changed or lost."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.context import AppContext
from bot.services.actions import actions
from bot.services.decisions import decisions
from bot.services.problems import problems
from bot.services.sessions import sessions
from bot.services.tickets import bulk_changes
from bot.services.warroom import war_rooms
from domain.actions.action_item import ActionDraft
from domain.decisions.decision import DecisionDraft, DecisionKind
from domain.errors import Refused
from domain.people.profile import Profile
from domain.phases.permissions import Person
from domain.problems.problem import CauseClass
from domain.sessions.session import SessionDraft, SessionKind
from domain.tickets.ticket import Fix, Severity
from domain.warroom.war_room import WarRoomRole
from storage.database.metadata import metadata
from tests.problems import test_problems
from tests.problems.test_problems import opened
from tests.support.actions import JO, LENA, RAVI, TOM

app = test_problems.app
LEFT, FAR = Person("U0LEFT0"), 999_999
ASKED = DecisionDraft(kind=DecisionKind.GO_NO_GO, question="Roll back?", options=("Roll back", "Go on"))
TALK = SessionDraft(kind=SessionKind.ONE_ON_ONE, title="Payslips", starts=datetime(2026, 3, 3, tzinfo=UTC), host=JO.id,
                    participants=(LEFT.id,))  # fmt: skip
Act = Callable[[AppContext, ActionDraft], object]


def cause(app: AppContext, words: str, minimum: int = 1) -> None:
    problems.solve(app, LENA, minimum, Fix.ROOT_CAUSE, CauseClass.DATA, words)


WRONG: Mapping[str, tuple[Act, str]] = {
    "an action that waits for itself": (lambda app, draft: actions.change(app, JO, 1, replace(draft, needs=(1,))),
                                        "would wait for each other: A1 → A1"),
    "actions in a circle": (lambda app, draft: actions.change(app, JO, 1, replace(draft, needs=(2,))),
                            "would wait for each other: A1 → A2 → A1"),
    "an action that waits for one that is not there": (
        lambda app, draft: actions.add(app, JO, "1", replace(draft, needs=(FAR,))), "There is no action A999999"),
    "an action that is due yesterday": (
        lambda app, draft: actions.add(app, JO, "1", replace(draft, due=draft.due - timedelta(days=1))),
        "This date has passed"),
    "an owner who left": (lambda app, draft: actions.add(app, JO, "1", replace(draft, owner=LEFT.id)),
                          "they have left"),
    "a decision without the right": (lambda app, _: decisions.decide(app, RAVI, 2, "Go on", "I say so"),
                                     "You can't decide this"),
    "a decision by a person outside": (lambda app, _: decisions.decide(app, TOM, 2, "Go on", "I say so"),
                                       "no such decision"),
    "a decision that was made by another at the same time": (
        lambda app, _: decisions.decide(app, LENA, 1, "Roll back", "It broke"), "has decided D1 already: Go on"),
    "a decision without a rationale": (
        lambda app, _: decisions.decide(app, LENA, 2, "Go on", ""), "The rationale is empty"),
    "a decision for what is no option": (lambda app, _: decisions.decide(app, LENA, 2, "Wait", "Later"), "option"),
    "a decision that is due in the past": (
        lambda app, _: decisions.add(app, JO, "PAY", replace(ASKED, due_at=app.now() - timedelta(days=1))),
        "This time has passed"),
    "tickets for an owner who left": (
        lambda app, _: bulk_changes.assign_all(app, [1], LENA, LEFT.id, "bulk", "Jo is away"), "can own a ticket"),
    "a session yesterday": (
        lambda app, _: sessions.plan(app, JO, "PAY", replace(TALK, starts=app.now() - timedelta(days=1))),
        "This time has passed"),
    "a session with a person who left": (
        lambda app, _: sessions.plan(app, JO, "PAY", replace(TALK, starts=app.now() + timedelta(days=1))),
        "One of these people has left"),
    "an outcome of what is not decided": (lambda app, _: decisions.record_outcome(app, LENA, 2, (), "Fine"),
                                          "isn.t decided yet"),
    "a root cause without a chain": (lambda app, _: cause(app, "Added the index"), "0 of at least"),
    "a second war room": (lambda app, _: war_rooms.open_war_room(app, 1, JO), "has a war room already"),
    "a war room of a ticket that is not there": (
        lambda app, _: war_rooms.open_war_room(app, FAR, JO), "There is no ticket|no such"),
    "a role for a person who left": (
        lambda app, _: war_rooms.set_roles(app, 1, JO, {WarRoomRole.LEAD: LEFT.id}), "can't see the ticket"),
}  # fmt: skip


def prepared(app: AppContext) -> ActionDraft:
    """Return the draft of an action: there are a ticket, two actions, two decisions, a problem and a war room."""
    with app.transaction() as tx:
        tx.profiles.save(Profile(id=LEFT.id, team="T0HOME", fetched_at=app.now(), updated=1, deleted=True))
    ticket = opened(app)
    draft = ActionDraft(title="Ask the bank", owner=JO.id, due=app.now().date())
    first = actions.add(app, JO, str(ticket), draft)
    actions.add(app, JO, str(ticket), replace(draft, needs=(first.id,)))
    for _ in range(2):
        decisions.add(app, JO, "PAY", ASKED)
    decisions.decide(app, LENA, 1, "Go on", "It is fine")
    problems.add(app, JO, str(ticket), None, "Slow queries", Severity.MEDIUM)
    war_rooms.open_war_room(app, ticket, JO)
    return draft


def kept(app: AppContext) -> dict[str, list[tuple[object, ...]]]:
    with app.store.read() as tx:
        return {
            table.name: [tuple(row) for row in tx.connection.execute(select(table))] for table in metadata.sorted_tables
        }


def test_each_has_its_answer_and_nothing_is_changed_or_lost(app: AppContext) -> None:
    draft = prepared(app)
    before = kept(app)
    for name, (act, says) in WRONG.items():
        with pytest.raises(Refused, match=says) as no:
            act(app, draft)
        assert no.value.text.endswith((".", "`")), name
        assert kept(app) == before, name
