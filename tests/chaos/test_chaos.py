"""A little chaos in every run of the tests; two hundred rounds are started by hand."""

import pytest

from tests.chaos.run import Plan, run

CALM = 20.0  # what a busy machine adds to a call's way is a third of what it is at full speed


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("database", "replicas"), [("sqlite", 1), ("postgresql", 3)])
def test_nothing_is_lost_or_said_twice(database: str, replicas: int) -> None:
    outcome = run(Plan(rounds=10, database=database, replicas=replicas, seed=1, speed=CALM))
    assert outcome.ok, f"{outcome.line()}\n{outcome.details()}"
