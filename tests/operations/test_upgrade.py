"""From every released schema to this one, with what stands in it, and while a process of that release works on."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, text

from bot.context import AppContext
from bot.database import migrate, open_store
from bot.services.followup import deferral, resumption, verification, waiting
from bot.services.intake import intake
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.tickets.closing import Solution
from domain.tickets.ticket import Deferral, Intake, Report, Severity
from storage.database import engine, schema
from storage.database import migrate as migrations
from storage.database.schema import SchemaState, schema_sentence, schema_state
from storage.store import Store
from tests.conftest import Clock
from tests.support import postgres
from tests.support.actions import JO, LENA, MARIA
from tests.support.actions import PHASE as LOOP
from tests.support.control import eventually
from tests.support.ready import COUNTER

NEXT = """\"\"\"A column that the release after this one adds.\"\"\"

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox_messages", sa.Column("colour", sa.Text(), server_default="red", nullable=False))
"""


@pytest.fixture
def next_release(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The program of a release with one more migration, once the database is of this one; its revision."""
    folder = shutil.copytree(schema.VERSIONS, tmp_path / "versions")
    revision = f"{int(schema.REVISION) + 1:04}"
    (folder / f"{revision}_colour.py").write_text(NEXT.format(revision=revision, before=schema.REVISION))
    monkeypatch.setattr(schema, "VERSIONS", folder)
    monkeypatch.setattr(schema, "REVISION", revision)
    monkeypatch.setattr(migrations, "VERSIONS", folder)
    return revision


def say(store: Store, clock: Clock, lane: str) -> None:
    with store.begin() as tx:
        tx.outbox.post(tx.outbox.lane(lane, "C1"), {"text": "hello"}, at=clock())


def test_an_older_schema_is_refused_and_then_upgraded_with_everything_in_it(
    store: Store, clock: Clock, next_release: str
) -> None:
    say(store, clock, "team:1")
    found, revision = schema_state(store)
    assert (found, f"{int(revision) + 1:04}") == (SchemaState.OLDER, next_release)
    assert "Run `hypercare db upgrade`" in schema_sentence(found, revision)
    migrate(store)
    assert schema_state(store) == (SchemaState.CURRENT, next_release)
    with store.begin() as tx:
        assert tx.connection.scalar(text("SELECT colour FROM outbox_messages")) == "red"
        (message,) = tx.queue.claim(clock(), 5).messages
        assert (message.lane.place, message.payload) == ("C1", {"text": "hello"})


@pytest.fixture
def empty(postgres_server: str) -> str:
    """The address of a PostgreSQL database without tables."""
    return postgres.new_database(postgres_server, f"empty{next(COUNTER)}")


def test_processes_that_start_together_on_an_empty_database_all_start(empty: str, clock: Clock) -> None:
    """Tables, the phase of the settings file and all timers are made once, whichever is first."""
    together = Barrier(3)

    def start(_number: int) -> int:
        together.wait(10)
        with closing(open_store(empty)) as store:
            app = AppContext(features=FEATURES, store=store, now=clock)
            phases.apply_at_start(app, LOOP)
            timers.set_up(app)
            with store.read() as tx:
                return len(tx.timers.list_overdue(clock() + timedelta(days=400), limit=999))

    with ThreadPoolExecutor(3) as pool:
        counts = [*pool.map(start, range(3))]
    with closing(open_store(empty)) as store, store.read() as tx:
        assert len(tx.phases.list_phases()) == 1
    assert len(set(counts)) == 1
    assert counts[0] > 0


def test_a_process_waits_for_the_tables_of_another_however_long_that_takes(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement may take ten seconds, and a migration longer: the wait for it must not count as one."""
    monkeypatch.setattr(engine, "LIMITS", "-c statement_timeout=300ms")
    with closing(Store(empty)) as first, ThreadPoolExecutor(1) as pool:
        with first.engine.begin() as migrating:
            migrating.execute(text("SELECT pg_advisory_xact_lock(727827)"))
            waiting = pool.submit(lambda: open_store(empty).close())
            eventually(lambda: _is_waiting(migrating), "it waits for the lock")
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
        waiting.result(30)


def _is_waiting(connection: Connection) -> bool:
    return bool(connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar())


def test_a_process_of_the_release_before_goes_on_writing_after_the_upgrade(store: Store, clock: Clock) -> None:
    say(store, clock, "team:1")
    migrate(store)
    say(store, clock, "team:2")
    with store.begin() as tx:
        assert len(tx.queue.claim(clock(), 5).messages) == 2


def test_a_newer_schema_is_refused(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    found, revision = schema_state(store)
    assert found is SchemaState.NEWER
    assert "Update Hypercare" in schema_sentence(found, revision)


def test_what_waited_before_the_upgrade_is_asked_for_from_then_on(store: Store, clock: Clock) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    phases.apply_settings(app, LOOP)
    asked, deferred, fixed, old = (
        intake.open_ticket(app, Report(summary=words, severity=Severity.LOW), person=MARIA, intake=Intake.COMMAND).id
        for words in ("Which one?", "Later", "Done", "Long ago")
    )
    verification.resolve(app, old, JO, Solution(explanation="Restarted"))
    clock.forward(days=20)
    waiting.ask_reporter(app, asked, JO, "Which page?")
    deferral.defer(app, deferred, LENA, Deferral.OTHER, "No date is known", None)
    verification.resolve(app, fixed, JO, Solution(explanation="Restarted"))
    with store.begin() as tx:  # as a release before left them
        for kind, ticket in (
            ("waiting", asked),
            ("deferral_review", deferred),
            ("fix_check", fixed),
            ("fix_check", old),
        ):
            tx.timers.cancel(f"{kind}:{ticket}")
        resumption.set_up(app, tx)
    while timers.run_due(app):
        pass
    with store.read() as tx:
        set_anew = [tx.timers.find_next(f"{kind}:{ticket}") is not None for kind, ticket in (
            ("waiting", asked), ("deferral_review", deferred), ("fix_check", fixed), ("fix_check", old))]  # fmt: skip
    assert set_anew == [True, True, True, False]
