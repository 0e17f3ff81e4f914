"""Stand-ups on both databases: asked in people's own time, answered when it suits them, with minutes."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import DAILY, FR, MO, TH, TU, WE, rrule
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.context import AppContext
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.warroom import stand_ups
from domain.errors import Refused
from domain.people.profile import Profile
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings
from domain.sla.targets import working_hours
from domain.warroom.stand_up import MAX_DELAY, StandUpAnswer, day_to_ask, missed_days
from storage.store import Store
from storage.warroom.tables import stand_up_answers
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE, RAVI
from tests.warroom.test_war_rooms import said

ZONES = {JO.id: "Europe/Berlin", LENA.id: "America/New_York", RAVI.id: "Asia/Kolkata"}
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SAID = {"done": "Restored the import", "next": "", "blocked": ""}


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    with app.transaction() as tx:
        for person, zone in ZONES.items():
            tx.profiles.save(Profile(id=person, team="T1", fetched_at=app.now(), updated=1, tz=zone))
    settings = PHASE.model_dump() | {"war_room": {"stand_up": "09:30"}}
    phases.apply_settings(app, PhaseSettings.model_validate(settings))
    return app


def passes(app: AppContext, clock: Clock, **span: float) -> None:
    """Let time pass, ten minutes at a time, and an hour at a time where it is days."""
    step = timedelta(hours=1) if "days" in span else timedelta(minutes=10)
    for _ in range(int(timedelta(**span) / step)):
        clock.forward(seconds=step.total_seconds())
        while timers.run_due(app):
            pass


def asked(app: AppContext) -> dict[str, Any]:
    with app.store.read() as tx:
        rows = tx.connection.execute(select(stand_up_answers).order_by(stand_up_answers.c.id)).all()
    return {row.person: row for row in rows}


def test_people_are_asked_in_their_own_morning_and_the_minutes_follow(app: AppContext, clock: Clock) -> None:
    passes(app, clock, minutes=10)  # from 9:00 UTC on: 10:10 in Berlin, 14:40 in Kolkata, 4:10 in New York
    assert {*asked(app)} == {JO.id}, "it is too late in Kolkata for that day"
    passes(app, clock, hours=6)
    assert {*asked(app)} == {JO.id, LENA.id}
    stand_ups.answer(app, JO, asked(app)[JO.id].id, {**SAID, "blocked": "No access to the bank"})
    passes(app, clock, hours=3)
    assert not said(app, "stand_up:1:2026-03-02"), "Lena still has the time to answer"
    passes(app, clock, hours=2)
    minutes = said(app, "stand_up:1:2026-03-02")
    assert "1 of 2 answered" in minutes
    assert minutes.index("Blocked: No access to the bank") < minutes.index("Done: Restored the import")
    assert LENA.id in minutes.split("Missing: ")[1]
    stand_ups.answer(app, LENA, asked(app)[LENA.id].id, SAID)
    assert "2 of 2 answered" in said(app, "stand_up:1:2026-03-02"), "a late answer is in the minutes too"


def test_who_is_silent_for_days_is_named_with_the_number_of_days(app: AppContext, clock: Clock) -> None:
    passes(app, clock, days=2, hours=12)
    assert JO.id in said(app, "stand_up:1:2026-03-04")
    assert "(3 days in a row)" in said(app, "stand_up:1:2026-03-04")
    passes(app, clock, days=3)
    assert not said(app, "stand_up:1:2026-03-07"), "no one is asked on a Saturday"


def test_only_the_person_who_was_asked_answers_and_says_something(app: AppContext, clock: Clock) -> None:
    passes(app, clock, minutes=10)
    question = asked(app)[JO.id].id
    for person in (LENA, MARIA):
        with pytest.raises(Refused, match="This stand-up question isn't for you"):
            stand_ups.open_form(app, person, question)
    with pytest.raises(Refused, match="answer is empty"):
        stand_ups.answer(app, JO, question, dict.fromkeys(SAID, ""))
    with pytest.raises(Refused, match="This stand-up question isn't for you"):
        stand_ups.open_form(app, JO, 999_999)


@settings(max_examples=80)
@given(st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]),
       st.times(time(6), time(19)).map(lambda at: at.replace(second=0, microsecond=0)),
       st.timedeltas(timedelta(), timedelta(days=364)).map(lambda one: NEW_YEAR + one))  # fmt: skip
def test_people_are_asked_on_the_mornings_that_a_calendar_rule_names(zone: str, at: time, now: datetime) -> None:
    there = ZoneInfo(zone)
    local = now.astimezone(there).replace(tzinfo=None)
    mornings = rrule(DAILY, byweekday=(MO, TU, WE, TH, FR), dtstart=datetime.combine(date(2025, 12, 29), at))
    last = mornings.before(local, inc=True)
    expected = last.date() if last and local - last < MAX_DELAY else None
    calendar = working_hours(Phase.model_validate(PHASE.model_dump() | {"timezone": "Europe/Berlin"}))
    # Late in the evening the time to answer may reach into the next day, on which people are not asked any more.
    assert day_to_ask(at, there, calendar, now) == (expected if expected == local.date() else None)


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_missed_days_end_with_the_last_answer(answered: list[bool]) -> None:
    first, at = date(2026, 3, 2), Clock()()
    days = [StandUpAnswer(id=n, phase_id=1, day=first + timedelta(days=n), person=JO.id, asked_at=at,
                          answered_at=at if one else None) for n, one in enumerate(answered)]  # fmt: skip
    since = next((n for n, one in enumerate(reversed(answered)) if one), len(answered))
    assert missed_days(days, days[-1].day) == ({JO.id: since} if since else {})
