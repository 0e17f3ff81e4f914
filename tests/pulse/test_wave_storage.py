"""A wave that two processes ask at once: everybody is asked exactly once, and reminded exactly once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import func, select

from bot.context import AppContext
from bot.database import open_store
from bot.services.phases import phases
from bot.services.pulse import pulses, waves
from bot.services.registry import FEATURES
from domain.phases.settings import PhaseSettings
from domain.pulse.pulse import with_template_defaults
from domain.pulse.settings import Pulse
from domain.pulse.wave import WaveState
from storage.delivery.tables import lanes, messages
from storage.store import StoreFailure
from storage.transaction import Transaction
from tests.conftest import Clock
from tests.support import postgres
from tests.support.ready import COUNTER

PEOPLE = [f"U0CROWD{n:03}" for n in range(200)]
AT_ONCE = 50
PHASE = PhaseSettings(
    key="PAY",
    name="Payday",
    triage_channel="C0000001",
    oncall_channel="C0000002",
    leads=("U0LENA0",),
    intake_channels=("C0000003",),
    pulse={"pulses": (Pulse(name="weekly", open_days=10),)},
)


@pytest.fixture
def pair(postgres_server: str, clock: Clock) -> tuple[AppContext, AppContext]:
    url = postgres.new_database(postgres_server, f"waves{next(COUNTER)}")
    return tuple(
        AppContext(features=FEATURES, store=open_store(url), now=clock, secret=b"of the tests, long enough")
        for _ in range(2)
    )  # type: ignore[return-value]


def rounds(pair: tuple[AppContext, AppContext]) -> int:
    """Return how many rounds both processes ask until no one is due."""

    def turn(app: AppContext) -> int:
        with app.store.read() as tx:
            due = tx.waves.list_due_invitations(app.now(), AT_ONCE)
        try:
            with app.transaction() as tx:
                waves.ask(app, due, {}, (), tx)
        except StoreFailure:  # they met; it is tried again
            return 1
        return len(due)

    count = 0
    with ThreadPoolExecutor(2) as pool:
        while any(list(pool.map(turn, pair))):
            count += 1
    return count


def asked(tx: Transaction) -> Counter[str]:
    """Return how many messages each person got."""
    found = select(lanes.c.channel, func.count()).join(messages, messages.c.lane_id == lanes.c.id)
    rows = tx.connection.execute(found.group_by(lanes.c.channel))
    return Counter({str(row[0]): int(row[1]) for row in rows})


def test_two_processes_invite_and_remind_each_person_once(pair: tuple[AppContext, AppContext], clock: Clock) -> None:
    one, other = pair
    phases.apply_settings(one, PHASE)
    with one.transaction() as tx:
        phase = tx.phases.list_phases()[0]
        wave = pulses.start(one, tx, phase, with_template_defaults(phase.pulse.pulses[0]), "first")
    assert wave
    here = dict.fromkeys(PEOPLE, "UTC")
    with ThreadPoolExecutor(2) as pool:  # and both have found out who is there

        def invite(app: AppContext) -> None:
            with app.transaction() as tx:
                partial(waves.invite, app, wave.id, here, {"C0000003": PEOPLE}, ())(tx)

        list(pool.map(invite, pair))
    clock.forward(days=3)
    assert rounds(pair) > 1
    with other.store.read() as tx:
        assert tx.waves.get(wave.id).state is WaveState.OPEN
        assert asked(tx) == Counter(PEOPLE)
        assert sum(tx.waves.count_asked(wave.id).values()) == len(PEOPLE)
    clock.forward(days=5)
    rounds(pair)
    with other.store.read() as tx:
        assert set(asked(tx).values()) == {2}
    for app in pair:
        app.store.close()
