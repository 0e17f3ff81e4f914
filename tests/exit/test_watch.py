"""The watch after an exit: relapses in what is recorded, and the phase that is opened again."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from bot.services.decisions import decisions
from bot.services.exit import daily
from bot.services.phases import phases
from bot.services.reporting import readings
from domain.errors import Refused
from domain.exit.watch import LEAVE, OPEN_AGAIN, accepted_rate, find_relapse
from domain.phases.settings import PhaseState
from storage.operations.timers import Timer
from storage.store import Store
from tests.exit.test_sign_off import JO, LENA, MONDAY, TOM, Phase

FIRST = date(2026, 3, 17)


def recorded(*values: float) -> dict[date, float]:
    return {FIRST + timedelta(days=n): value for n, value in enumerate(values)}


def is_weekday(on: date) -> bool:
    return on.weekday() < 5


def test_two_criticals_within_five_working_days_are_a_relapse() -> None:
    found = find_relapse({}, recorded(0, 1, 0, 0, 0, 0, 1), 1.0, is_weekday)
    assert found
    assert (found.is_critical, found.count, found.since) == (True, 2, date(2026, 3, 17))
    assert find_relapse({}, recorded(1, 0, 0, 0, 0, 0, 0, 0, 1), 1.0, is_weekday) is None
    assert find_relapse({}, {}, 1.0, is_weekday) is None


def test_twice_the_accepted_rate_is_noticed_and_names_its_first_day() -> None:
    found = find_relapse(recorded(1, 0, 1, 3, 3, 3, 3), {}, 1.0, is_weekday)
    assert found
    assert (found.since, found.count, found.expected) == (FIRST + timedelta(days=3), 12, 4)
    assert find_relapse(recorded(*[1] * 30), {}, 1.0, is_weekday) is None
    assert accepted_rate(13, 14) == pytest.approx(13.5 / 14)


def test_one_quiet_watch_in_five_at_most_is_a_false_alarm() -> None:
    """At the accepted rate for thirty days, and at three times of it."""
    random = Random(3)

    def alarms(rate: float, accepted: float) -> int:
        days = [[sum(random.random() < rate / 50 for _ in range(50)) for _ in range(30)] for _ in range(150)]
        return sum(
            any(find_relapse(recorded(*one[:n]), {}, accepted, is_weekday) for n in range(1, 31)) for one in days
        )

    assert alarms(0.5, 0.5) <= 30
    assert alarms(3, 1) >= 148


@pytest.fixture
def ended(store: Store) -> Phase:
    """A phase with a report every other day that ended after two weeks."""
    phase = Phase(store)
    for day in range(0, 14, 2):
        phase.report(24 * day + 1)
    phase.now = MONDAY + timedelta(days=14)
    phases.archive(phase.app, "PAY")
    return phase


def morning(phase: Phase, on: date) -> None:
    phase.now = datetime.combine(on, daily.CHECK_TIME, UTC)
    with phase.app.store.begin() as tx:
        key = f"{daily.KIND}:{phase.id}:daily"
        data = tx.timers.find_data(key)
        if data is not None:
            daily.check(phase.app, tx, Timer(id=0, key=key, kind=daily.KIND, next_at=phase.now, pending=on, data=data))


def test_a_relapse_is_told_once_and_the_phase_is_opened_again(ended: Phase) -> None:
    ended.now = datetime.combine(FIRST + timedelta(days=2), datetime.min.time(), UTC) + timedelta(hours=5)
    for day in (FIRST, FIRST + timedelta(days=2)):
        said = readings.record(ended.app, LENA, "", ["PAY"], "criticals", "1", f"{day}", request=f"{day}")
        assert "Criticals of Payday on" in said, "also after its end"
    morning(ended, FIRST)
    assert "shows a relapse" not in ended.posts()
    for n in (2, 3):
        morning(ended, FIRST + timedelta(days=n))
    assert ended.posts().count("'action_id': 'decision_decide'") == 2, "the channel and the lead"
    assert "2 critical reports since 13 Mar" in ended.posts()
    with pytest.raises(Refused, match="no such decision"):
        decisions.decide(ended.app, TOM, 1, OPEN_AGAIN, "I say so", "decided by tom")
    decisions.decide(ended.app, LENA, 1, OPEN_AGAIN, "The tills fail again", "decided")
    again = phases.get_phase(ended.app, "PAY")
    assert (again.state, again.ended_at, again.leads) == (PhaseState.ACTIVE, None, (LENA.id,))
    assert ended.report(24 * 20), "it takes reports again"
    with pytest.raises(Refused, match="has decided D1 already"):
        decisions.decide(ended.app, LENA, 1, OPEN_AGAIN, "Again", "decided again")


def relapsed(phase: Phase) -> None:
    with phase.app.store.begin() as tx:
        tx.readings.replace(phase.id, "criticals", [(FIRST, 1.0), (FIRST + timedelta(days=1), 1.0)], JO.id, MONDAY)
    morning(phase, FIRST + timedelta(days=2))


def test_a_relapse_can_be_left_to_the_run_organization(ended: Phase) -> None:
    relapsed(ended)
    decisions.decide(ended.app, LENA, 1, LEAVE, "They know the fault", "decided")
    assert phases.get_phase(ended.app, "PAY").state is PhaseState.EXITED


def test_a_phase_can_be_opened_again_for_thirty_days_only(ended: Phase) -> None:
    relapsed(ended)
    morning(ended, FIRST + timedelta(days=31))
    with pytest.raises(Refused, match="more than 30 days ago"):
        decisions.decide(ended.app, LENA, 1, OPEN_AGAIN, "Late", "decided")
