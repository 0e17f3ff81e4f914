"""The watch after an exit: relapses in what is recorded, and the phase that is opened again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from statsmodels.stats.proportion import confint_proportions_2indep

from bot.services.decisions import decisions
from bot.services.exit import daily, watch
from bot.services.phases import phases
from bot.services.reporting import readings
from domain.errors import Refused
from domain.exit.watch import (
    LEAVE,
    MIN_ANSWERS,
    OPEN_AGAIN,
    Answers,
    accepted_rate,
    compare_satisfaction,
    find_relapse,
    find_satisfaction_fall,
)
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


@some.composite
def answers(draw: some.DrawFn) -> Answers:
    n = draw(some.integers(0, 60))
    return Answers(draw(some.integers(0, n)), n, draw(some.none() | some.integers(n, 100)))


@given(answers(), answers())
def test_satisfaction_falls_only_where_enough_answered_and_fewer_are_satisfied(now: Answers, before: Answers) -> None:
    fall = find_satisfaction_fall(now, before, FIRST)
    if min(now.n, before.n) < MIN_ANSWERS:
        assert compare_satisfaction(now, before) is None
        assert fall is None
    elif fall:
        assert now.satisfied * before.n < before.satisfied * now.n
        assert find_satisfaction_fall(before, now, FIRST) is None, "it can't have fallen both ways"
        fewer = replace(now, satisfied=0)
        assert find_satisfaction_fall(fewer, before, FIRST), "with fewer who are satisfied it has fallen too"


def test_a_fall_of_satisfaction_is_judged_as_statsmodels_does() -> None:
    """9 of 20 after 14 of 20 is no fall yet (Newcombe: -0.50 to 0.05), and 5 of 20 is one."""
    for satisfied, falls in ((9, False), (5, True)):
        known = confint_proportions_2indep(satisfied, 20, 14, 20, method="newcomb")
        found = compare_satisfaction(Answers(satisfied, 20), Answers(14, 20))
        assert found
        assert (found.difference.low, found.difference.high) == pytest.approx(known)
        assert bool(find_satisfaction_fall(Answers(satisfied, 20), Answers(14, 20), FIRST)) is falls


def test_one_watch_in_six_at_most_takes_chance_for_a_fall_of_satisfaction() -> None:
    """At the same satisfaction for thirty days with a few answers each. A fall from 80 to 50 % is mostly found."""
    chance = np.random.default_rng(5)

    def alarms(share: float, watches: int = 300) -> float:
        found = 0
        for _ in range(watches):
            before, days = Answers(int(chance.binomial(60, 0.8)), 60), np.cumsum(chance.poisson(3, 30))
            good = np.cumsum([chance.binomial(n, share) for n in np.diff(days, prepend=0)])
            found += any(
                find_satisfaction_fall(Answers(int(k), int(n)), before, FIRST) for k, n in zip(good, days, strict=True)
            )
        return found / watches

    assert alarms(0.8) <= 1 / 6
    assert alarms(0.5) >= 0.9


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


def answered(phase: Phase, on: date, value: str) -> str:
    phase.now = datetime.combine(on, datetime.min.time(), UTC) + timedelta(hours=20)
    return watch.record_reading(phase.app, LENA, "", ["PAY"], "satisfied", value, f"{on}", request=f"{on} {value}")


def test_a_fall_of_satisfaction_after_the_exit_is_a_relapse(ended: Phase) -> None:
    before, first = MONDAY.date() + timedelta(days=10), FIRST
    with ended.app.store.begin() as tx:
        tx.baselines.replace(ended.id, "satisfied", {before: {(1, True): 18, (0, True): 2}})
    said = answered(ended, first, "2/6")
    assert said == (
        "Satisfied answers of Payday on 17 Mar: 2 of 6. "
        "The watch compares satisfaction once there are 8 answers since the exit. It has 6."
    )
    morning(ended, first + timedelta(days=1))
    assert "shows a relapse" not in ended.posts(), "too few answered"
    said = answered(ended, first + timedelta(days=1), "3/8")
    assert said.endswith("The watch compares the 14 answers since the exit with the 20 before it every morning.")
    morning(ended, first + timedelta(days=2))
    assert "36 % of 14 answers since 17 Mar were satisfied, and 90 % at the exit." in ended.posts()
    decisions.decide(ended.app, LENA, 1, OPEN_AGAIN, "People can't work", "decided")
    assert phases.get_phase(ended.app, "PAY").state is PhaseState.ACTIVE


def test_satisfaction_is_not_compared_without_answers_from_before(ended: Phase) -> None:
    assert answered(ended, FIRST, "1/20").endswith("as fewer than 8 answers are from before the exit.")
    morning(ended, FIRST + timedelta(days=1))
    assert "shows a relapse" not in ended.posts()
    for wrong in ("21/20", "half", "-1/3", "3"):
        with pytest.raises(Refused, match="is not a share of a day's answers such as 14/17"):
            answered(ended, FIRST, wrong)


def sent(phase: Phase, on: date, value: object, day: str = "") -> str:
    """Another system sends the answers of a day."""
    phase.now = datetime.combine(on, datetime.min.time(), UTC) + timedelta(hours=20)
    body = {"metric": "satisfied", "value": value, **({"day": day} if day else {})}
    return readings.receive(phase.app, "PAY", body, request=f"{on} {value}")


def test_answers_that_another_system_sends_are_watched_too(ended: Phase) -> None:
    with ended.app.store.begin() as tx:
        tx.baselines.replace(ended.id, "satisfied", {MONDAY.date() + timedelta(days=10): {(1, True): 18, (0, True): 2}})
    assert sent(ended, FIRST, "2/6") == "Satisfied answers of Payday on 17 Mar: 2 of 6."
    morning(ended, FIRST + timedelta(days=1))
    assert "shows a relapse" not in ended.posts(), "too few answered"
    later = FIRST + timedelta(days=1)
    for value in ("9/8", 0.8, "-1/3", None):
        with pytest.raises(Refused, match="is not a share of a day's answers such as 14/17"):
            sent(ended, later, value)
    with pytest.raises(Refused, match="is in the future"):
        sent(ended, later, "3/8", f"{later + timedelta(days=1)}")
    assert sent(ended, later + timedelta(days=1), "3/8", f"{later}") == "Satisfied answers of Payday on 18 Mar: 3 of 8."
    morning(ended, FIRST + timedelta(days=2))
    assert "36 % of 14 answers since 17 Mar were satisfied, and 90 % at the exit." in ended.posts()
