"""Trends, capacity and the watch after an exit, calculated again from the event log by other means."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import log
from random import Random

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests

from bot.database import open_store
from bot.services.exit import daily
from bot.services.followup import verification
from bot.services.intake import duplicates, intake
from bot.services.oncall import capacity
from bot.services.phases import phases
from bot.services.reporting import trends
from bot.services.tickets import work
from domain.phases.permissions import Person
from domain.reporting.settings import UserGroup
from domain.tickets.closing import Solution
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Fix, Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.operations.timers import Timer
from tests.exit.test_sign_off import ANN, JO, LENA, MARIA, MONDAY, PAY, TOM, Phase
from tests.support import ready

QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
MIDNIGHT, DAYS = MONDAY.replace(hour=0), 28
GROUPS = {MARIA.id: "Stores", TOM.id: "Office", ANN.id: "Plant"}
OURS = ("received", "acknowledged")  # the statuses of this story in which the team has to act
QUESTIONS = {"question", "training_gap", "usability"}
DONE = Solution(explanation="Corrected", fix=Fix.ROOT_CAUSE, test="Tried again")


@dataclass(frozen=True)
class Logged:
    """What the log says of a ticket, and what is known of it besides."""

    type: str
    module: str
    private: bool
    events: list[Event]

    @property
    def opened(self) -> datetime:
        return self.events[0].at

    @property
    def reporter(self) -> str:
        return self.events[0].actor

    @property
    def is_public(self) -> bool:
        return not self.private and self.type != "praise"

    @property
    def is_merged(self) -> bool:
        return any(one.kind is EventKind.MERGED for one in self.events)

    def moment(self, kind: EventKind, otherwise: datetime) -> datetime:
        return next((one.at for one in self.events if one.kind is kind), otherwise)


def steps(random: Random) -> Iterator[tuple[datetime, int, str]]:
    """(moment, report, what is done): reports become fewer for three weeks, and then are many again."""
    yield MIDNIGHT + 8 * HOUR, 0, "report"  # what others turn out to be
    number = 1
    for day in range(DAYS):
        rate = 13 * 0.86**day * (9 if day >= 21 else 1) * (0.3 if day % 7 >= 5 else 1)
        for _ in range(int(rate) + (random.random() < rate % 1)):
            at = MIDNIGHT + day * DAY + random.randrange(36, 60) * QUARTER
            yield at, number, "report"
            if number % 7 == 3 and not is_private(number):
                yield at + QUARTER, number, "merge"
            elif number % 5:
                yield at + random.randrange(0, 8) * QUARTER, number, "take"
                if random.random() < 0.85:
                    yield at + random.randrange(8, 90) * QUARTER, number, "resolve"
            number += 1


def is_private(number: int) -> bool:
    return number % 11 == 5


def worker(number: int) -> Person:
    return LENA if is_private(number) else JO


def report(random: Random, number: int) -> tuple[Person, Report]:
    person = random.choices((MARIA, TOM, ANN), (3, 2, 2))[0]
    module = random.choices(("Pay", "Time"), (5, 1) if person is MARIA else (1, 3))[0]
    kinds = (TicketType.QUESTION, TicketType.BUG, TicketType.PRAISE)
    type_ = random.choices(kinds, (6, 2, 1) if person is MARIA else (2, 6, 1))[0] if number else TicketType.BUG
    said = Report(summary=f"Sum {number} is wrong", severity=Severity.LOW, type=type_, module=module, happened="Wrong")
    return person, replace(said, type=TicketType.SECURITY) if is_private(number) else said


@pytest.fixture(scope="module")
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phase]:
    """Four weeks of a phase in which two people work, one of them on private tickets; each day on another database."""
    folder = tmp_path_factory.mktemp("lived")
    with ready.database(request, ready.kind_of_today(), folder) as url, closing(open_store(url)) as store:
        yield four_weeks(Phase(store))


def four_weeks(phase: Phase) -> Phase:
    random, made = Random(8), dict[int, int]()
    groups = tuple(UserGroup(name=name, members=(one,), people=30) for one, name in GROUPS.items())
    phases.apply_settings(phase.app, PAY.model_copy(update={
        "reporting": PAY.reporting.model_copy(update={"user_groups": groups}), "timezone": "UTC",
    }))  # fmt: skip
    for phase.now, number, what in sorted(steps(random)):
        if what == "report":
            person, said = report(random, number)
            ticket = intake.open_ticket(phase.app, said, person=person, phase_key="PAY", intake=Intake.COMMAND,
                                        quiet=True)  # fmt: skip
            made[number] = ticket.id
        elif what == "merge":
            duplicates.merge(phase.app, made[number], made[0], LENA)
        elif what == "take":
            work.take(phase.app, made[number], worker(number))
        else:
            verification.resolve(phase.app, made[number], worker(number), DONE)
    phase.now = MIDNIGHT + DAYS * DAY + 9 * HOUR
    return phase


@pytest.fixture(scope="module")
def logged(lived: Phase) -> list[Logged]:
    with lived.app.store.read() as tx:
        known = tx.tickets.list_by_ids(sorted(tx.tickets.get_histories(lived.id, MIDNIGHT)))
        return [Logged(one.report.type.value, one.report.module, one.private, tx.tickets.list_events(one.id))
                for one in known]  # fmt: skip


def test_a_relapse_is_what_a_regression_of_the_log_says(lived: Phase, logged: list[Logged]) -> None:
    """F6: of all days, a Poisson regression with a higher rate since the day that the alarm names is the likeliest."""
    unique = [one for one in logged if one.is_public and not one.is_merged]
    counts = np.array([sum((one.opened - MIDNIGHT) // DAY == day for one in unique) for day in range(DAYS)])
    day, rests = np.arange(DAYS), np.arange(DAYS) % 7 >= 5
    plain = sm.GLM(counts, sm.add_constant(np.column_stack([day, rests]).astype(float)), family=sm.families.Poisson())
    weekend = plain.fit().params[2] * rests

    def known(raised: np.ndarray) -> np.ndarray:
        return sm.add_constant(np.column_stack([day, raised]).astype(float))

    def fit(since: int) -> object:
        return sm.GLM(counts, known(day >= since), family=sm.families.Poisson(), offset=weekend).fit()

    with lived.app.store.read() as tx:
        found = trends.trends(tx, phases.get_phase(lived.app, "PAY"), lived.now)
    assert [one.dimension for one in found.recurring][:1] == ["all"], (found.recurring, counts)
    whole = found.recurring[0]
    since = (whole.since - MIDNIGHT.date()).days
    assert whole.is_relapse
    assert since >= 19
    assert whole.count == counts[since:].sum()
    best = fit(since)
    usual = best.predict(known(0 * day), offset=weekend)  # type: ignore[attr-defined]
    assert whole.usual_rate == pytest.approx(usual[since:].mean(), rel=0.05)

    def surprise(one: object) -> float:
        """Of the rise, with a variance that is estimated."""
        more = one.llf - plain.fit().llf  # type: ignore[attr-defined]
        return float(12 * np.log1p(more / 12 / max(1, one.pearson_chi2 / 24)))  # type: ignore[attr-defined]

    assert surprise(best) >= max(surprise(fit(other)) for other in range(14, DAYS - 2)) - 0.05


def test_hotspots_are_what_scipy_says_of_the_log(lived: Phase, logged: list[Logged]) -> None:
    """F9: adjusted residuals of module and group, and those that hold at a false discovery rate of 10 %."""
    mine = [one for one in logged if one.is_public and not one.is_merged]
    modules, groups = sorted({one.module for one in mine}), sorted(GROUPS.values())
    counted = Counter((one.module, GROUPS[one.reporter]) for one in mine)
    table = np.array([[counted[module, group] for group in groups] for module in modules])
    expected = stats.contingency.expected_freq(table)
    rows, columns = table.sum(1, keepdims=True) / table.sum(), table.sum(0, keepdims=True) / table.sum()
    residuals = (table - expected) / np.sqrt(expected * (1 - rows) * (1 - columns))
    holds = multipletests(2 * stats.norm.sf(abs(residuals)).ravel(), 0.1, "fdr_bh")[0].reshape(table.shape)
    with lived.app.store.read() as tx:
        found = trends.find_hotspots(tx, phases.get_phase(lived.app, "PAY"), lived.now)
    assert expected.min() >= 3
    assert len(found) == (holds & (residuals > 0)).sum() > 0
    for one in found:
        row, column = modules.index(one.module), groups.index(one.group)
        assert holds[row, column]
        assert (one.count, one.expected) == (table[row, column], pytest.approx(expected[row, column]))
        assert one.residual == pytest.approx(residuals[row, column])
        cell = [
            each.type in QUESTIONS for each in mine if (each.module, GROUPS[each.reporter]) == (one.module, one.group)
        ]
        assert one.training_helps == (sum(cell) * 2 > len(cell))
    assert any(one.training_helps for one in found)


def is_worked(at: datetime) -> bool:
    return at.weekday() < 5 and 9 <= at.hour < 17


def test_the_load_is_what_the_log_says_quarter_by_quarter(lived: Phase, logged: list[Logged]) -> None:
    """F14: arrivals, handling hours, backlog and its age, and what follows from them by Little's law."""
    mine = [one for one in logged if one.type != "praise" and not one.is_merged]
    spent, now = defaultdict[int, float](float), lived.now
    held = [(one.moment(EventKind.ACKNOWLEDGED, now), one.moment(EventKind.RESOLVED, now)) for one in mine]
    for n in range((now - MIDNIGHT) // QUARTER):
        at = MIDNIGHT + n * QUARTER
        working = [k for k, (begins, ends) in enumerate(held) if begins <= at < ends] if is_worked(at) else []
        for k in working:
            spent[k] += 0.25 / sum(mine[other].private == mine[k].private for other in working)
    done = [spent[k] for k, (_, ends) in enumerate(held) if ends < now and spent[k]]
    days = [at for n in range(1, 30) if is_worked(at := now - n * DAY)][:10]
    ends = [now, *days]
    arrived = [sum(begins <= one.opened < end for one in mine) for begins, end in zip(days, ends, strict=False)]
    waiting = [one.opened for one in mine if one.moment(EventKind.RESOLVED, now) == now]
    ages = [sum(is_worked(one + n * QUARTER) for n in range((now - one) // QUARTER)) / 32 for one in waiting]
    with lived.app.store.read() as tx:
        load = capacity.load_at(tx, phases.get_phase(lived.app, "PAY"), now)
    assert load
    assert len(done) >= 20
    assert load.handling == pytest.approx(sum(done) / len(done))
    assert load.arrivals == sum(arrived) / 10
    assert (load.backlog, load.people, load.hours) == (len(waiting), 2, 5)
    assert load.age == pytest.approx(sum(ages) / len(ages))
    assert load.expected_age == pytest.approx(len(waiting) / (sum(arrived) / 10))
    hours_a_day = sum(arrived) / 10 * sum(done) / len(done)
    assert load.utilisation == pytest.approx(hours_a_day / 10)
    assert load.people_needed == next(n for n in range(1, 99) if hours_a_day <= 0.85 * 5 * n)


def test_a_relapse_after_the_exit_is_what_the_log_and_the_readings_say(lived: Phase, logged: list[Logged]) -> None:
    """F15: the rate of the last two weeks, and the CUSUM as a sum over its lowest value so far."""
    ended, phase = lived.now, phases.get_phase(lived.app, "PAY")
    opened = sum(one.is_public and ended - 14 * DAY <= one.opened < ended for one in logged)
    rate = (opened + 0.5) / 14
    phases.archive(lived.app, "PAY")
    read = [round(rate * share) for share in (1, 0.5, 1, 2, 3, 5, 5, 5)]
    first = ended.date() + DAY
    with lived.app.store.begin() as tx:
        tx.readings.replace(
            phase.id, "reports", [(first + n * DAY, float(x)) for n, x in enumerate(read)], JO.id, ended
        )
    sums = [0.0, *accumulate(x - rate / log(2) for x in read)]
    levels = [total - min(sums[: n + 1]) for n, total in enumerate(sums)]
    alarm = next(n for n, level in enumerate(levels) if level >= (5 if rate > 0.5 else 4))
    begins = max(n for n in range(alarm) if levels[n] <= 1e-9)
    key = f"{daily.KIND}:{phase.id}:daily"
    for n in range(1, len(read) + 1):
        lived.now = datetime.combine(first + (n - 1) * DAY, daily.CHECK_TIME, UTC)
        on = lived.now.date()
        assert ("shows a relapse" in lived.posts()) is (n > alarm), n
        with lived.app.store.begin() as tx:
            data = tx.timers.find_data(key) or {}
            daily.check(lived.app, tx, Timer(id=0, key=key, kind=daily.KIND, next_at=lived.now, pending=on, data=data))
    since, expected = first + begins * DAY, rate * (alarm - begins)
    said = f"{sum(read[begins:alarm])} reports since {since.day} {since:%b}. The exit accepted {expected:.0f} in that"
    assert said in lived.posts()
