"""The store on both databases: transactions, requests, numbers, and threads that all want to write."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import IntegrityError, StatementError

from domain.errors import Repeated
from domain.phases.phase import Phase
from domain.reporting.milestones import Milestones
from domain.tickets.ticket import Report
from storage.database.columns import Utc
from storage.database.metadata import metadata
from storage.database.pending import insert_later
from storage.database.schema import REVISION, VERSIONS, SchemaState, schema_state
from storage.home.tables import home_viewers
from storage.store import Store, StoreFailure
from storage.tickets import search
from tests.conftest import Clock

PHASE = Phase(
    key="PAY", name="Payday", system="Payday", triage_channel="C000001", oncall_channel="C000002", leads=("U000001",)
)


def _ours(connection: Connection) -> MigrationContext:
    """Without the full text, which each database has in its own way."""
    ours = {"include_name": lambda name, kind, _: kind != "table" or not str(name).startswith(search.TABLE)}
    return MigrationContext.configure(connection, opts=ours)


def test_the_migrations_make_exactly_these_tables(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(_ours(connection), metadata) == []
    assert schema_state(store) == (SchemaState.CURRENT, REVISION)


def test_the_newest_migration_is_the_one_the_program_needs() -> None:
    assert max(file.name.split("_")[0] for file in VERSIONS.glob("[0-9]*.py")) == REVISION


def test_another_revision_is_recognised(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert schema_state(store) == (SchemaState.NEWER, "9999")


def test_a_request_counts_once_and_a_rolled_back_one_may_come_again(store: Store, clock: Clock) -> None:
    with suppress(ZeroDivisionError), store.begin() as tx:
        tx.insert_request("view:1", clock())
        raise ZeroDivisionError
    with store.begin() as tx:
        tx.insert_request("view:1", clock())
    with pytest.raises(Repeated), store.begin() as tx:
        tx.insert_request("view:1", clock())
    with store.begin() as tx:
        assert tx.message_archive.delete_requests(clock() + timedelta(seconds=1)) == 1
        tx.insert_request("view:1", clock())


def test_a_repeated_request_may_be_found_out_by_the_next_statement(store: Store, clock: Clock) -> None:
    def read() -> None:
        with store.begin() as tx:
            tx.insert_request("view:1", clock(), later=True)
            tx.phases.list_phases()

    read()
    with pytest.raises(Repeated):
        read()


def test_a_repeated_request_never_commits_what_was_written_unseen(store: Store, clock: Clock) -> None:
    def write(person: str) -> None:
        with store.begin() as tx:
            tx.insert_request("view:1", clock(), later=True)
            insert_later(tx.connection, insert(home_viewers), {"person": person, "seen_at": clock()})

    write("U000001")
    with pytest.raises(Repeated):
        write("U000002")
    with store.begin() as tx:
        assert tx.home_viewers.list_seen_since(clock()) == {"U000001"}


def test_a_failure_among_statements_that_are_sent_together_undoes_all(store: Store, clock: Clock) -> None:
    def write(*people: str) -> None:
        with store.begin() as tx:
            for person in people:
                insert_later(tx.connection, insert(home_viewers), {"person": person, "seen_at": clock()}, key=person)

    write("U000001")
    with pytest.raises(IntegrityError):
        write("U000002", "U000001")
    with store.begin() as tx:
        assert tx.home_viewers.list_seen_since(clock()) == {"U000001"}


def test_a_line_of_a_file_is_remembered_for_good(store: Store, clock: Clock) -> None:
    with store.begin() as tx:
        tx.insert_request("import:PAY:1", clock())
        assert tx.message_archive.delete_requests(clock() + timedelta(days=4000)) == 0


def test_ten_writers_get_ten_numbers_without_a_gap(store: Store) -> None:
    with store.begin() as tx:
        phase = tx.phases.save(PHASE)

    def number(_: int) -> int:
        with store.begin() as tx:
            return tx.phases.next_ticket_number(phase.id)

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(number, range(50))) == list(range(1, 51))


def test_a_held_file_is_waited_for_once_however_many_of_us_ask(store: Store) -> None:
    """Four writers stand in our queue while another process holds the file: each would miss Slack's three seconds."""
    if not store.is_sqlite:
        pytest.skip("only SQLite locks the whole file")

    def write(_: int) -> str:
        try:
            with store.begin():
                return "written"
        except StoreFailure:
            return "told"

    with closing(sqlite3.connect(str(store.engine.url.database))) as other, ThreadPoolExecutor(4) as pool:
        other.execute("BEGIN IMMEDIATE")
        asked = [pool.submit(write, turn) for turn in range(4)]
        asked[0].result()
        done, _ = wait(asked, timeout=1)
        other.rollback()
        assert [one.result() for one in done] == ["told"] * 4
    assert write(5) == "written"


def test_one_of_ten_equal_requests_wins(store: Store, clock: Clock) -> None:
    def first(_: int) -> bool:
        try:
            with store.begin() as tx:
                tx.insert_request("same", clock())
        except Repeated:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(first, range(30))) == 1


def test_a_phase_is_changed_under_its_key(store: Store) -> None:
    with store.begin() as tx:
        first = tx.phases.save(PHASE)
        second = tx.phases.save(
            Phase(
                key="PAY",
                name="New",
                system="S",
                triage_channel="C000009",
                oncall_channel="C000002",
                leads=("U0000LENA",),
            )
        )
    with store.read() as tx:
        assert tx.phases.list_phases() == [second]
    assert first.id == second.id


def test_times_keep_their_zone_and_naive_ones_are_refused(store: Store) -> None:
    berlin = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))
    with store.begin() as tx:
        tx.home_viewers.upsert_viewer("U000001", berlin)
        assert tx.home_viewers.list_seen_since(datetime(2026, 3, 29, 1, 30, tzinfo=UTC)) == {"U000001"}
        assert tx.home_viewers.list_seen_since(datetime(2026, 3, 29, 1, 31, tzinfo=UTC)) == set()
    with pytest.raises(ValueError, match="naive"):
        Utc().process_bind_param(berlin.replace(tzinfo=None), store.engine.dialect)
    with pytest.raises(StatementError, match="naive"), store.begin() as tx:
        tx.home_viewers.upsert_viewer("U000001", berlin.replace(tzinfo=None))


def test_a_reading_transaction_sees_one_moment_however_often_it_looks(store: Store) -> None:
    with store.begin() as tx:
        tx.phases.save(PHASE)
    how_many = text("SELECT count(*) FROM phases")
    with store.read() as reading:
        before = reading.connection.scalar(how_many)
        with store.begin() as tx:
            tx.phases.save(PHASE.model_copy(update={"key": "HR"}))
        assert reading.connection.scalar(how_many) == before == 1
    with store.read() as reading:
        assert reading.connection.scalar(how_many) == 2


def test_what_is_written_by_accident_while_reading_is_not_kept(store: Store, clock: Clock) -> None:
    with suppress(StoreFailure), store.read() as tx:
        tx.insert_request("a click", clock())
    with store.begin() as tx:
        tx.insert_request("a click", clock())  # for the first time, and on the same connection


def test_statements_that_are_read_again_and_again_stay_prepared(store: Store) -> None:
    if store.is_sqlite:
        pytest.skip("SQLite's driver keeps its statements whatever becomes of the transaction")
    for _ in range(10):
        with store.read() as tx:
            tx.phases.list_phases()
    with store.read() as tx:
        assert tx.connection.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%phases%'"))


def test_everything_that_is_written_has_a_column() -> None:
    """A statement that was made before drops what it does not know."""
    rows = {"tickets": (Report, {"files"}), "milestones": (Milestones, set())}
    for table, (kind, elsewhere) in rows.items():
        assert {field.name for field in fields(kind)} - elsewhere <= set(metadata.tables[table].c.keys())
