"""Two weeks of a war room : agendas, stand-ups, notes and the channel, with a clock that runs fast."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from dateutil.rrule import DAILY, FR, MO, TH, TU, WE, rrule
from sqlalchemy import select

from bot.context import AppContext
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import work
from bot.services.warroom import meeting_notes, stand_ups, war_rooms
from bot.services.warroom.meeting_notes import SaidMessage
from domain.delivery.message import ChannelTask
from domain.people.profile import Organization, Profile
from domain.phases.settings import PhaseSettings
from domain.tickets.ticket import Severity
from domain.warroom.war_room import SCOPE, topic_of
from storage.delivery.tables import lanes, messages
from storage.store import Store
from storage.warroom.tables import stand_up_answers
from tests.conftest import Clock
from tests.support.actions import JO, LENA, PHASE, RAVI
from tests.warroom.test_war_rooms import changes, created, land, opened, said

TEAM = (JO, RAVI, LENA)
START, END = date(2026, 3, 2), date(2026, 3, 15)
WORKING_DAYS = [one.date() for one in rrule(DAILY, byweekday=(MO, TU, WE, TH, FR),
                                            until=datetime(2026, 3, 15, tzinfo=UTC),
                                            dtstart=datetime(2026, 3, 2, tzinfo=UTC))]  # fmt: skip


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00", secret=b"secret",
                     scopes=frozenset({SCOPE, "pins:write"}), home=Organization(("T1",)))  # fmt: skip
    with app.transaction() as tx:
        for person in TEAM:
            tx.profiles.save(Profile(id=person.id, team="T1", fetched_at=app.now(), updated=1, tz="Europe/Berlin"))
    settings = PHASE.model_dump() | {"timezone": "Europe/Berlin", "war_room": {"stand_up": "10:30", "agenda": "10:15"}}
    phases.apply_settings(app, PhaseSettings.model_validate(settings))
    return app


def until(app: AppContext, clock: Clock, moment: datetime) -> None:
    """Let time pass until then, two hours at a time by day and at once by night."""
    while clock() < moment:
        hour = clock().hour
        clock.at = min(moment, clock() + timedelta(hours=2 if 8 <= hour < 17 else 15 if hour >= 17 else 1))
        while timers.run_due(app):
            pass


def named(app: AppContext, beginning: str) -> list[str]:
    with app.store.read() as tx:
        return [one.name for one in tx.outbox.list_lanes(beginning)]


def questions(app: AppContext, day: date) -> dict[str, int]:
    mine = select(stand_up_answers).where(stand_up_answers.c.day == day)
    with app.store.read() as tx:
        return {row.person: row.id for row in tx.connection.execute(mine)}


def note_promises(app: AppContext, day: date, lot: Random) -> int:
    """Note some promises below the agenda of a day, each by two people; return how many there are."""
    land(app, f"agenda:1:{day}", f"{day.day}.5")
    count = lot.randint(0, 3)
    for number in range(count):
        spoken = SaidMessage(channel=PHASE.triage_channel, ts=f"17725{day.day:02}00{number}.000001", author=LENA.id,
                             thread_ts=f"{day.day}.5", text=f"PAY-1 promise {number}")  # fmt: skip
        for time in ("first", "again"):
            assert meeting_notes.note(app, lot.choice(TEAM), spoken, f"{day} {number} {time}")
    return count


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_two_weeks_of_a_war_room_lose_and_repeat_nothing(app: AppContext, clock: Clock) -> None:
    lot, silent, noted = Random(3), dict[str, int](), dict[date, int]()
    ticket = opened(app)
    war_rooms.open_war_room(app, ticket, JO)
    created(app, ticket)
    for day in (START + timedelta(days=n) for n in range((END - START).days + 1)):
        until(app, clock, datetime(day.year, day.month, day.day, 13, tzinfo=clock().tzinfo))
        asked = questions(app, day)
        assert {*asked} == ({one.id for one in TEAM} if day in WORKING_DAYS else set())
        answering = [one for one in TEAM if one.id in asked and lot.random() < 0.6]
        for person in answering:
            said_today = {"done": f"Work of {day}", "next": "", "blocked": ""}
            stand_ups.answer(app, person, asked[person.id], said_today)
        for person in TEAM if asked else ():
            silent[person.id] = 0 if person in answering else silent.get(person.id, 0) + 1
        severity = lot.choice([Severity.CRITICAL, Severity.HIGH])
        with app.store.read() as tx:
            is_change = tx.tickets.get_ticket(ticket).severity is not severity
        if is_change:
            work.weigh(app, ticket, LENA, severity, "The day says so", {})
        if asked:
            noted[day] = note_promises(app, day, lot)
        until(app, clock, datetime(day.year, day.month, day.day, 16, tzinfo=clock().tzinfo))
        if asked:
            minutes = said(app, f"stand_up:1:{day}")
            assert f"{len(answering)} of 3 answered" in minutes
            missing = minutes.split("Missing: ")[1] if "Missing: " in minutes else ""
            assert all((person.id in missing) == (person not in answering) for person in TEAM)
            assert all(f"({days} days in a row)" in missing for days in silent.values() if days > 1)
    assert named(app, "agenda:1:") == [f"agenda:1:{day}" for day in WORKING_DAYS]
    minutes_of = [one for one in named(app, "stand_up:1:") if one.count(":") == 2]
    assert minutes_of == [f"stand_up:1:{day}" for day in WORKING_DAYS]
    for day in WORKING_DAYS:
        assert said(app, f"meeting_notes:agenda:1:{day}").split("'blocks'")[-1].count("PAY-1 promise") == noted.get(
            day, 0
        )
    assert said(app, f"team:{ticket}").count("noted this from") == sum(noted.values())
    with app.store.read() as tx:
        now, war_room = tx.tickets.get_ticket(ticket), tx.war_rooms.find_open(ticket)
        invited = [one for row in tx.connection.scalars(select(messages.c.payload).join(
            lanes, lanes.c.id == messages.c.lane_id).where(messages.c.verb == "channel"))
            for one in row.get("users", ())]  # fmt: skip
    assert war_room
    assert war_room.topic == topic_of(now)
    assert len(invited) == len({*invited}), "each person is invited once"
    assert ChannelTask.ARCHIVE not in [one["do"] for one in changes(app, ChannelTask.ARCHIVE)]
