"""What a rehearsal plays and undoes: ways in, rules, digests, surveys and connections, on both databases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.context import AppContext
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.rehearsal import rehearsals
from bot.services.tickets.session import TicketSession
from domain.people.profile import Profile
from domain.phases.settings import PhaseSettings
from domain.rehearsal.findings import Finding, FindingKind
from domain.tickets.ticket import Intake
from storage.delivery.tables import messages
from tests.conftest import Clock
from tests.rehearsal import test_rehearsal
from tests.rehearsal.test_rehearsal import READY, begin, deliver, passes, rows, verdict
from tests.support.actions import JO, LENA, MARIA, RAVI

app = test_rehearsal.app
TILL = {"name": "till", "when": ("opened",)}
BROKEN: dict[str, Any] = {
    "automation": {"rules": (
        {**TILL, "name": "away", "assign": MARIA.id},  # who is not in the team
        {**TILL, "name": "works", "assign": JO.id, "tell": (LENA.id,), "severity": "high", "ask": "Since when?"},
        {**TILL, "name": "off", "assign": MARIA.id, "enabled": False},
    )},
    "reporting": {"digests": ({"name": "users", "audience": "reporters"}, {"name": "daily"})},
    "pulse": {"pulses": ({"name": "empty", "occasion": "hand",
                          "segments": ({"name": "All", "people": ("S0NOBODY1",)},)},
                         {"name": "whole", "occasion": "hand"})},
}  # fmt: skip


def set_up(app: AppContext, more: dict[str, Any]) -> None:
    phases.apply_settings(app, PhaseSettings.model_validate(READY | more))


def find(app: AppContext, number: int) -> list[Finding]:
    with app.store.begin() as tx:
        found = tx.rehearsals.find_rehearsal(number)
        assert found
        return rehearsals.list_findings(app, tx, found)


def test_what_would_do_nothing_is_named_and_what_works_is_not(app: AppContext) -> None:
    app.secret = b"secret"
    set_up(app, BROKEN)
    number = begin(app)
    deliver(app)
    for person in (LENA, JO, RAVI):
        rehearsals.answer(app, person, number)
    assert {*find(app, number)} == {
        Finding(FindingKind.IDLE_RULE, "away", "assign"), Finding(FindingKind.NO_DIGEST, "users", "no one gets it"),
        Finding(FindingKind.NO_SURVEY, "empty", "no one is asked"),
        Finding(FindingKind.EMPTY_GROUP, "S0NOBODY1", "pulse.pulses"),
    }  # fmt: skip


def test_a_person_whom_only_a_rule_names_is_asked_about_and_no_finding(app: AppContext) -> None:
    ann = Profile(id="U0ANN00", team="T0TEAM0", fetched_at=app.now(), updated=1)
    app.look_up = lambda id_: ann if id_ == ann.id else None
    set_up(
        app, {"automation": {"rules": ({**TILL, "tell": (ann.id,)}, {**TILL, "name": "none", "tell": ("U0GONE9",)})}}
    )
    number = begin(app)
    assert [one for one in find(app, number) if one.kind is FindingKind.IDLE_RULE] == [
        Finding(FindingKind.IDLE_RULE, "none", "tell")
    ]


def test_a_way_in_that_breaks_is_named_and_nothing_that_was_played_stays(app: AppContext, clock: Clock) -> None:
    def breaks(session: TicketSession) -> None:
        if session.ticket.intake is Intake.MENTION:
            raise KeyError(session.ticket.intake)

    set_up(app, {"automation": {"rules": ({**TILL, "page": True},)}})
    passes(app, clock, 2)
    deliver(app)
    app.features = replace(FEATURES, consequences=(*FEATURES.consequences, breaks))
    before = rows(app)
    number = begin(app)
    assert find(app, number)[0] == Finding(FindingKind.NO_WAY_IN, "mention", "KeyError")
    changed = {name for name, after in rows(app).items() if after != before[name]}
    assert changed == {"rehearsals", "rehearsal_calls", "lanes", "outbox_messages", "timers", "requests"}
    deliver(app)
    for person in (LENA, JO, RAVI):
        rehearsals.answer(app, person, number)
    passes(app, clock, 1)
    assert "A report by mention became no ticket" in verdict(app)
    deliver(app)
    passes(app, clock, 1)
    assert rows(app) == before


def test_a_connection_is_tried_and_what_it_lacks_is_told(app: AppContext, clock: Clock) -> None:
    app.trackers = {"jira": "Jira"}
    set_up(app, {"connections": ({"system": "jira", "project": "OPS"},), "mail": {"address": "pay@hypercare.example"}})
    number = begin(app)
    with app.store.begin() as tx:
        calls = {one.place: one for one in tx.rehearsals.list_calls(number) if one.is_connection}
        (lane,) = tx.outbox.list_lanes(f"rehearsal:1:{number}:connection:0")
        refused = update(messages).where(messages.c.lane_id == lane.id)
        tx.connection.execute(refused.values(state="dead", error="There is no project OPS."))
    deliver(app)
    assert {*calls} == {"connection:0", "connection:1"}
    assert Finding(FindingKind.NO_CONNECTION, "jira OPS", "There is no project OPS.") in find(app, number)
    clock.forward(minutes=15)
    passes(app, clock, 1)
    assert "The connection `jira OPS` doesn't work. There is no project OPS." in verdict(app)
    assert "2 connections were tried" in verdict(app)


@pytest.mark.parametrize("late", [True, False])
def test_a_verdict_waits_for_connections_until_the_time_is_over(app: AppContext, clock: Clock, *, late: bool) -> None:
    set_up(app, {"mail": {"address": "pay@hypercare.example"}})
    number = begin(app)
    for person in (LENA, JO, RAVI):
        rehearsals.answer(app, person, number)
    if not late:
        deliver(app)
    clock.forward(seconds=timedelta(minutes=14 if late else 1).total_seconds())
    passes(app, clock, 1)
    assert ("The connection `mail` doesn't work. It didn't answer." in verdict(app)) is late
