"""Adding and subtracting published results of pulses tells no one's answer, whatever waves there are.

The judge is no rule of ours: attackers solve for the answers, by the rank of matrices and by an integer solver.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations, count

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from sqlalchemy import select

from bot.context import AppContext
from bot.services.phases import phases
from bot.services.pulse import pulses, waves
from bot.services.registry import FEATURES
from domain.people.profile import Organization
from domain.phases.settings import PhaseSettings
from domain.pulse.settings import Pulse, Question, QuestionKind, Segment
from domain.pulse.wave import BUDGET_WINDOW, Wave
from storage.pulse.tables import invitations
from storage.store import Store
from tests.support import ready
from tests.trust.world import LENA, SECRET, StoppedClock

K = 3
PEOPLE = [f"U0CROW{number:02}" for number in range(14)]
VALUES = (1, 3, 5)
NUMBERS = count()
QUESTION = Question(id="satisfaction", kind=QuestionKind.SATISFACTION, text="How are you?")


@dataclass(frozen=True, slots=True)
class Plan:
    """One wave: of which pulse, who is asked, and who of them is in a segment of its own."""

    pulse: str
    asked: frozenset[str]
    apart: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A published cell: the people who are counted in it, and how often each value was given."""

    people: frozenset[str]
    counts: dict[int, int]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppContext]:
    store = Store(ready.sqlite(tmp_path_factory.mktemp("waves") / "waves.db"))
    yield AppContext(features=FEATURES, store=store, now=StoppedClock(), home=Organization(("T0TEAM0",)), secret=SECRET)
    store.close()


some = st.frozensets(st.sampled_from(PEOPLE), max_size=4)
full = frozenset(PEOPLE)
audience = st.one_of(st.builds(lambda out: full - out, some), st.frozensets(st.sampled_from(PEOPLE), min_size=K))
plan = st.builds(Plan, st.sampled_from(("weekly", "other")), audience, st.frozensets(st.sampled_from(PEOPLE)))
said = st.lists(st.sampled_from((*VALUES, 0)), min_size=len(PEOPLE), max_size=len(PEOPLE))


@pytest.mark.long
@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(plans=st.lists(plan, min_size=2, max_size=5), given=said)
def test_an_attacker_with_all_results_learns_no_answer(app: AppContext, plans: list[Plan], given: list[int]) -> None:
    answered = dict(zip(PEOPLE, given, strict=True))  # the same in each wave, which helps the attacker most
    published = [cell for wave in play(app, plans, answered) for cell in cells_of(app, wave)]
    assert no_small_sum(published)
    known = exposed(published, answered)
    for value in set(known.values()):  # all of a group said the same, as any survey shows
        assert sum(one == value for one in known.values()) >= K, known


@pytest.mark.parametrize("second", [full - {PEOPLE[0]}, full - set(PEOPLE[:2])])
@pytest.mark.parametrize("name", ["weekly", "other"])
def test_a_second_result_less_a_few_people_is_apart(app: AppContext, second: frozenset[str], name: str) -> None:
    plans = [Plan("weekly", full, frozenset()), Plan(name, second, frozenset())]
    one, two = play(app, plans, dict.fromkeys(PEOPLE, 3))
    assert one.result
    assert two.result
    assert (one.result.invited, one.result.left_out) == (14, 0)
    assert two.result.invited == 14 - K
    assert two.result.left_out == len(second) - (14 - K)


def test_a_result_of_nearly_the_same_few_people_is_withheld(app: AppContext) -> None:
    few = frozenset(PEOPLE[:4])
    one, two = play(app, [Plan("weekly", few, few), Plan("other", few - {PEOPLE[0]}, few)], dict.fromkeys(PEOPLE, 5))
    assert one.result
    assert one.result.cells
    assert two.result
    assert two.result.is_withheld
    assert not two.result.cells


def test_the_attackers_find_what_an_unguarded_result_gives_away() -> None:
    """The judges themselves: the whole, then the whole less one person."""
    answered = dict.fromkeys(PEOPLE, 3) | {PEOPLE[0]: 1}
    published = [Cell(full, {1: 1, 3: 13}), Cell(full - {PEOPLE[0]}, {3: 13})]
    assert not no_small_sum(published)
    assert exposed(published, answered)[PEOPLE[0]] == 1


def play(app: AppContext, plans: Sequence[Plan], answered: dict[str, int]) -> list[Wave]:
    """Run these waves in a phase of their own, one after the other."""
    assert isinstance(app.now, StoppedClock)
    app.now.at += BUDGET_WINDOW  # so that no one was asked too often before
    phase = phases.apply_settings(app, PhaseSettings(
        key=f"P{next(NUMBERS)}", name="Payday", triage_channel=f"C0DESK{next(NUMBERS):03}",
        oncall_channel=f"C0CALL{next(NUMBERS):03}", leads=(LENA.id,), pulse={"budget": 60}))  # fmt: skip
    return [run(app, phase.id, number, one, answered) for number, one in enumerate(plans)]


def run(app: AppContext, phase_id: int, number: int, one: Plan, answered: dict[str, int]) -> Wave:
    inside, others = sorted(one.asked & one.apart), sorted(one.asked - one.apart)
    pulse = Pulse(name=one.pulse, questions=(QUESTION,), threshold=K, open_days=10, segments=tuple(
        Segment(name=name, people=tuple(people)) for name, people in (("A", inside), ("B", others)) if people
    ))  # fmt: skip
    with app.transaction() as tx:
        wave = pulses.start(app, tx, tx.phases.get(phase_id), pulse, str(number))
        assert wave
        waves.invite(app, wave.id, dict.fromkeys(one.asked, "UTC"), {}, (), tx)
        waves.ask(app, tx.waves.list_due_invitations(app.now() + timedelta(days=5), 99), {}, (), tx)
        for person, segment in tx.waves.list_asked(wave.id).items():
            if answered[person]:
                key = waves.pseudonym_of(app, wave, person)
                tx.responses.upsert(wave.id, key, segment, {QUESTION.id: answered[person]})
        overdue = tx.timers.list_overdue(wave.closes_at + timedelta(days=1), 999)
        waves.close(app, tx, next(one for one in overdue if one.key == f"{pulses.CLOSE}:{wave.id}"))
        return tx.waves.get(wave.id)


def cells_of(app: AppContext, wave: Wave) -> list[Cell]:
    """Return what a wave publishes, with the people who are counted: the attacker knows them all."""
    assert wave.result
    with app.store.read() as tx:
        mine = select(invitations).where(invitations.c.wave_id == wave.id, invitations.c.left_out.is_(False))
        rows = tx.connection.execute(mine).all()
    return [
        Cell(frozenset(row.person for row in rows if name in ("", row.segment)),
             {int(value): many for value, many in cells[QUESTION.id].counts.items()})
        for name, cells in wave.result.cells.items()
    ]  # fmt: skip


def no_small_sum(published: Sequence[Cell]) -> bool:
    """Whether no sum or difference of the cells, times any factors, is about fewer than K people.

    So K - 2 people who tell the attacker their own answers do not help either.
    """
    if not published:
        return True
    matrix = np.array([[person in cell.people for person in PEOPLE] for cell in published], dtype=float)
    whole = np.linalg.matrix_rank(matrix)
    subsets = combinations(range(len(PEOPLE)), K - 1)
    return all(np.linalg.matrix_rank(np.delete(matrix, few, axis=1)) == whole for few in subsets)


def exposed(published: Sequence[Cell], answered: dict[str, int]) -> dict[str, int]:
    """Return the people whose answer is the same in all worlds that agree with everything published.

    In a world each person has one of the values or has not answered, and has it in each wave.
    """
    if not published:
        return {}
    columns = [(person, value) for person in PEOPLE for value in VALUES]
    rows = [[float(person in cell.people and value == mine) for person, mine in columns]
            for cell in published for value in VALUES]  # fmt: skip
    totals = [cell.counts.get(value, 0) for cell in published for value in VALUES]
    once = [[float(who == person) for who, _ in columns] for person in PEOPLE]
    rules = [LinearConstraint(np.array(rows), totals, totals), LinearConstraint(np.array(once), 0, 1)]
    found = {}
    for person in PEOPLE:
        # Another world: the person has not the answer that they gave.
        truth = [float(who == person and (value == answered[person] or not answered[person])) for who, value in columns]
        sign = 1 if answered[person] else -1
        least = milp(sign * np.array(truth), constraints=rules, integrality=1, bounds=Bounds(0, 1))
        assert least.success
        if round(least.fun) == (1 if answered[person] else 0):
            found[person] = answered[person]
    return found
