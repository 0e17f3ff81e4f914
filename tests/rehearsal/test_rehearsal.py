"""Rehearsals on both databases: each seeded finding is found and none invented, and no trace stays."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.context import AppContext
from bot.services.operations import erasure, timers
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.rehearsal import rehearsals
from bot.services.signals import integrations
from bot.workers import rehearsal_player
from domain.errors import Refused
from domain.people.profile import Organization, Profile
from domain.phases.access import ChannelAccess
from domain.phases.settings import PhaseSettings
from domain.rehearsal.findings import Finding, FindingKind, named_in
from storage.database.metadata import metadata
from storage.delivery.tables import lanes, messages
from storage.operations.tables import timers as timer_rows
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE, RAVI

# How fast messages may go is no data: the buckets fill again by themselves.
PACE = "rate_limits"
ARCHIVED, CLOSED = "C0ARCHIV1", "C0CLOSED1"
WHOLE = {
    "rotas": ({"name": "primary", "layers": ({"people": (RAVI.id, JO.id), "since": date(2024, 1, 1)},)},),
    "policies": ({"name": "all", "steps": ({"targets": ("oncall:primary",)},)},),
}
READY = PHASE.model_dump() | {"oncall": WHOLE}
SEEDED = PHASE.model_dump() | {
    "leads": (LENA.id, "S0NOBODY1"), "intake_channels": (ARCHIVED, CLOSED),
    "oncall": {
        "rotas": ({"name": "primary", "layers": (
            {"people": (RAVI.id, JO.id, "U0GONE001"), "days": "mon tue wed thu fri"},)},),
        "policies": ({"name": "high", "severities": ("high",), "steps": ({"targets": ("oncall:primary",)},)},),
    },
    "automation": {"rules": ({"name": "call", "when": ("opened",), "webhook": "ops"},)},
    "connections": ({"system": "jira", "project": "OPS"},),
    "pulse": {"pulses": ({"name": "weekly", "anonymous": True, "occasion": "hand"},)},
    "decisions": {"triggers": ({"name": "any", "rule": "open >= 1", "question": "Go on?", "options": ("Yes", "No"),
                                "approver": "U0LEFT001"},)},
}  # fmt: skip
EXPECTED = {
    Finding(FindingKind.NO_ACCESS, ARCHIVED, "archived"),
    Finding(FindingKind.REFUSED, CLOSED, "restricted_action"),
    Finding(FindingKind.PERSON_GONE, "U0GONE001", "oncall.rotas"),
    Finding(FindingKind.PERSON_GONE, "U0LEFT001", "decisions.triggers"),
    Finding(FindingKind.EMPTY_GROUP, "S0NOBODY1", "leads"),
    Finding(FindingKind.NO_PAGE),
    Finding(FindingKind.NO_ADDRESS, "webhook ops", "HYPERCARE_WEBHOOKS__OPS"),
    Finding(FindingKind.NO_TRACKER, "jira"),
    Finding(FindingKind.NO_SECRET, "weekly"),
    Finding(FindingKind.NOT_PLANNED, "daily", "digest"),
    Finding(FindingKind.QUIET_INTEGRATION, "kuma"),
    Finding(FindingKind.NO_ANSWER, RAVI.id),
}


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    made = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00", home=Organization(("T0TEAM0",)),
                      addresses=frozenset(), scopes=None)  # fmt: skip
    with made.store.begin() as tx:
        for person in (JO.id, RAVI.id, LENA.id, MARIA.id, "U0GONE001", "U0LEFT001"):
            gone = person in ("U0GONE001", "U0LEFT001")
            tx.profiles.save(Profile(id=person, team="T0TEAM0", fetched_at=made.now(), updated=1, deleted=gone))
    return made


def rows(app: AppContext) -> Mapping[str, list[Any]]:
    """Return every row of every table."""
    with app.store.read() as tx:
        return {table.name: sorted(map(repr, tx.connection.execute(select(table)).all()))
                for table in metadata.sorted_tables if table.name != PACE}  # fmt: skip


def deliver(app: AppContext, refused: str = "") -> None:
    """Have every message arrive, except in a channel that refuses them."""
    with app.store.begin() as tx:
        for row in tx.connection.execute(select(lanes.c.id, lanes.c.channel)).all():
            values = {"dead": "restricted_action"} if row.channel == refused else {"thread_ts": "1700000000.1"}
            tx.connection.execute(update(lanes).where(lanes.c.id == row.id).values(values))
        tx.connection.execute(update(messages).where(messages.c.state == "waiting").values(state="sent"))


def passes(app: AppContext, clock: Clock, minutes: int) -> None:
    for _ in range(minutes):
        clock.forward(minutes=1)
        while timers.run_due(app):
            pass


def verdict(app: AppContext) -> str:
    asked = select(messages.c.payload).join(lanes).where(lanes.c.name.contains(":verdict:"))
    with app.store.read() as tx:
        return str(tx.connection.scalars(asked).first() or "")


def begin(app: AppContext, request: str = "view:1") -> int:
    rehearsals.start(app, LENA, "", request)
    with app.store.begin() as tx:
        found = tx.rehearsals.find_of_phase(1)
    assert found
    rehearsal_player.play(app, found.id)
    return found.id


def test_twelve_seeded_faults_are_found_and_none_is_invented(app: AppContext, clock: Clock) -> None:
    app.enter_channels = lambda _: {ARCHIVED: ChannelAccess.ARCHIVED}
    phases.apply_settings(app, PhaseSettings.model_validate(SEEDED))
    integrations.add(app, "PAY", "kuma", LENA.id)
    with app.store.begin() as tx:
        digest = timer_rows.c.key.startswith("digest:")
        tx.connection.execute(update(timer_rows).where(digest).values(next_at=None))
    number = begin(app)
    deliver(app, refused=CLOSED)
    for person in (LENA, JO):
        rehearsals.answer(app, person, number)
    clock.forward(minutes=15)
    with app.store.begin() as tx:
        found = tx.rehearsals.find_rehearsal(number)
        assert found
        findings = rehearsals.list_findings(app, tx, found)
    uncovered = [one for one in findings if one.kind is FindingKind.UNCOVERED]
    assert [one.subject for one in uncovered] == ["primary"], "the weekend"
    assert {*findings} - {*uncovered} == EXPECTED
    assert len(findings) == len(EXPECTED) + 1
    passes(app, clock, 1)
    assert "has 13 things to fix" in verdict(app)
    assert "Who fixes it: the operator" in verdict(app)


def test_a_phase_without_a_finding_is_ready_and_no_trace_stays(app: AppContext, clock: Clock) -> None:
    phases.apply_settings(app, PhaseSettings.model_validate(READY))
    passes(app, clock, 2)
    deliver(app)  # what was on its way before
    before = rows(app)
    number = begin(app)
    with pytest.raises(Refused, match="A rehearsal of Payday is going on"):
        begin(app, "view:2")
    deliver(app)
    for person in (LENA, JO, RAVI, RAVI):
        rehearsals.answer(app, person, number)
    with pytest.raises(Refused, match="didn't ask you"):
        rehearsals.answer(app, MARIA, number)
    passes(app, clock, 1)
    assert "is ready: we found nothing" in verdict(app)
    assert "3 of 3 people answered" in verdict(app)
    with pytest.raises(Refused, match="This rehearsal is over"):
        rehearsals.answer(app, JO, number)
    passes(app, clock, 2)
    assert rows(app)["rehearsals"], "its verdict is still on its way"
    deliver(app)
    passes(app, clock, 1)
    assert rows(app) == before
    begin(app)
    erasure.erase(app, MARIA.id)


def test_only_who_may_set_up_a_phase_rehearses_it(app: AppContext) -> None:
    phases.apply_settings(app, PhaseSettings.model_validate(READY))
    with pytest.raises(Refused, match="Only admins and leads can see and change the settings of Payday"):
        rehearsals.start(app, JO, "PAY", "view:1")
    with pytest.raises(Refused, match="Say which phase you mean"):
        rehearsals.start(app, LENA, "NEW", "view:2")


def test_every_setting_is_looked_at() -> None:
    settings = {"leads": ["U1"], "oncall": {"rotas": [{"layers": [{"people": ["U2"]}]}]}}
    assert [*named_in(settings)] == [("leads", "U1"), ("oncall.rotas", "U2")]
