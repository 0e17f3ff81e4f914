"""The doors that people use most keep to a budget of statements, on both databases; over it they are printed."""

import pytest

from tests.trust import stages
from tests.trust.budgets import (
    BUDGETS,
    BULK,
    BULK_CHANGES,
    ROUND_TRIPS,
    bulk_statements,
    door_round_trips,
    door_statements,
    transactions,
)
from tests.trust.faults import Fuse
from tests.trust.stages import Make


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    if request.param == "sqlite":
        return stages.sqlite(tmp_path_factory.mktemp("world") / "world.db")
    return stages.postgresql(request.getfixturevalue("postgres_server"))


@pytest.mark.parametrize("name", BUDGETS)
def test_a_door_keeps_its_budget_while_homes_are_open(make: Make, name: str) -> None:
    _, budget = BUDGETS[name]
    within(budget, door_statements(make, name), name)


def test_a_report_with_a_phase_reads_no_other_phase(make: Make) -> None:
    reads = [" ".join(one.split()) for one in door_statements(make, "medium") if "FROM phases" in one]
    assert reads
    assert [one for one in reads if "FROM phases WHERE " not in one] == []


@pytest.fixture(scope="module")
def make_postgresql(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.postgresql(postgres_server)


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_door_keeps_its_budget_of_round_trips_to_postgresql(make_postgresql: Make, name: str) -> None:
    trips = door_round_trips(make_postgresql, name)
    listed = "\n".join(f"{number:4} {[words[:90] for words in sent]}" for number, sent in enumerate(trips, start=1))
    assert len(trips) <= ROUND_TRIPS[name], f"{name}: {len(trips)} round trips, not {ROUND_TRIPS[name]}\n{listed}"


def test_show_everything_reads_in_one_transaction(make: Make) -> None:
    door, _ = BUDGETS["show everything"]
    with make(Fuse()) as made:
        request = door.request(made)
        with transactions(made.app.store) as begun:
            door.handler(made.app, request)
    assert len(begun) == 1


@pytest.mark.parametrize("change", BULK_CHANGES)
def test_a_bulk_change_of_a_hundred_keeps_its_budget(make: Make, change: str) -> None:
    within(BULK, bulk_statements(make, change), f"bulk {change}")


def within(budget: int, seen: list[str], name: str) -> None:
    listed = "\n".join(f"{number:4} {' '.join(one.split())[:150]}" for number, one in enumerate(seen, start=1))
    assert len(seen) <= budget, f"{name}: {len(seen)} statements, not {budget}\n{listed}"
