"""A world that is opened again is as it was built, whatever was done to it."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, text, update

from storage.tickets.milestone_table import milestones
from storage.tickets.tables import tickets
from tests.trust import stages
from tests.trust.doors import DOORS, press
from tests.trust.faults import Fuse
from tests.trust.stages import Make
from tests.trust.world import World, move

LEFT: list[Connection] = []


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    if request.param == "sqlite":
        return stages.sqlite(tmp_path_factory.mktemp("world") / "world.db")
    return stages.postgresql(request.getfixturevalue("postgres_server"))


def test_a_world_is_put_back_after_each_use(make: Make) -> None:
    with make(Fuse()) as made:
        built, at, ids = state(made), made.app.now(), dict(made.ids)
    for use in (report, rewrite, change_the_schema, leave_a_transaction_open):
        with make(Fuse()) as made:
            assert (state(made), made.app.now(), made.ids) == (built, at, ids), use.__name__
            use(made)
            assert use is leave_a_transaction_open or state(made) != built, use.__name__
    with make(Fuse()) as made:
        assert (state(made), made.app.store.trouble, made.app.store.untold) == (built, "", [])
    LEFT.pop().invalidate()


def state(made: World) -> object:
    """Everything in the tables, what words find, and which number the next ticket gets."""
    with made.app.store.read() as tx:
        columns = tx.connection.execute(text("SELECT * FROM milestones")).keys()
        if made.app.store.is_sqlite:
            numbers = tx.connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = 'tickets'")).scalar()
            found = tx.connection.execute(text("SELECT rowid FROM ticket_words WHERE ticket_words MATCH 'slow'")).all()
        else:
            numbers = tx.connection.execute(text("SELECT last_value FROM tickets_id_seq")).scalar()
            found = []
    return stages.rows(made.app.store), [*columns], numbers, found


def report(made: World) -> None:
    press(next(door for door in DOORS if door.label == "view report"), made)
    made.ids["new"] = 0
    move(made, made.app.now() + timedelta(days=1))


def rewrite(made: World) -> None:
    with made.app.store.begin() as tx:
        tx.connection.execute(update(tickets).values(summary="It is slow"))
        tx.connection.execute(delete(milestones).where(milestones.c.ticket_id == made.ids["again"]))
    made.app.store.trouble = "The disk is full."
    made.app.store.untold.append("The disk is full.")


def change_the_schema(made: World) -> None:
    with made.app.store.begin() as tx:
        tx.connection.execute(text("ALTER TABLE milestones ADD COLUMN height INTEGER"))


def leave_a_transaction_open(made: World) -> None:
    connection = made.app.store.engine.connect()
    connection.begin()
    connection.execute(update(tickets).values(summary="It is never committed"))
    LEFT.append(connection)
