"""Faults that are told: damaged pages, full disks, read-only files, second names of a file, and restored backups."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.context import AppContext
from bot.database import CannotStart, lock_database, migrate, open_store
from bot.metrics import ProcessState
from bot.readiness import readiness_problems
from bot.services.operations import maintenance, restores
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.phases.settings import PhaseSettings
from storage.database.failures import DatabaseDamaged, DatabaseReadOnly, DiskFull
from storage.operations.restores import number_after_restore
from storage.store import Store, StoreFailure
from tests.support.bot import BotWorkspace
from tests.support.command import hypercare
from tests.support.control import eventually

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PHASE = PhaseSettings(key="PAY", name="Payday", triage_channel="C0DESK000", oncall_channel="C0ONCALL0",
                      leads=("U0LENA000",))  # fmt: skip
PAGE = 4096


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An SQLite database with a phase and some hundred rows."""
    path = tmp_path / "bot.db"
    with closing(open_store(f"sqlite:///{path}")) as opened:
        app = AppContext(features=FEATURES, store=opened, now=lambda: NOW)
        phases.apply_settings(app, PHASE)
        with app.transaction() as tx:
            for number in range(400):
                tx.audit.log("operator", "a step", f"{number} " * 20, NOW)
    return path


@pytest.fixture
def app(file: Path) -> Iterator[AppContext]:
    with closing(Store(f"sqlite:///{file}")) as opened:
        yield AppContext(features=FEATURES, store=opened, now=lambda: NOW)


def damage(file: Path) -> None:
    """Overwrite the pages that a table's rows are in."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'audit'").fetchone()
        connection.execute("PRAGMA journal_mode=DELETE")
    with file.open("r+b") as opened:
        opened.seek((root - 1) * PAGE)
        opened.write(os.urandom(PAGE))


def count(app: AppContext) -> None:
    with app.store.read() as tx:
        tx.connection.execute(text("SELECT sum(length(subject)) FROM audit")).all()


def problems(app: AppContext) -> dict[str, str]:
    return readiness_problems(app.store, ProcessState(connected=True), NOW, timedelta(minutes=15))


def test_a_damaged_page_is_a_failure_of_the_store_and_not_ready(file: Path, app: AppContext) -> None:
    damage(file)
    with pytest.raises(StoreFailure) as failed:
        count(app)
    assert isinstance(failed.value, DatabaseDamaged)
    with app.transaction() as tx:  # other pages can still be written, and the damage is still there
        tx.links.delete(1)
    assert "The database is damaged. Run hypercare db check" in problems(app)["database"]


def test_db_check_and_doctor_find_a_damaged_page_and_a_backup_of_it_is_not_kept(file: Path, tmp_path: Path) -> None:
    assert "nothing is damaged" in hypercare(tmp_path, "db", "check").stdout
    damage(file)
    done = hypercare(tmp_path, "db", "check")
    assert (done.returncode, "Damaged: " in done.stdout, "db restore FILE" in done.stdout) == (1, True, True)
    tokens = {"bot_token": "xoxb-1", "app_token": "xapp-1", "slack_url": "http://127.0.0.1:1/"}
    assert "BAD database: The database is damaged" in hypercare(tmp_path, "doctor", **tokens).stdout
    failed = hypercare(tmp_path, "db", "backup", "copy.db")
    assert failed.returncode == 1
    assert not (tmp_path / "copy.db").exists()


def test_the_integrity_of_either_database_can_be_checked(store: Store) -> None:
    from storage.database.integrity import integrity_problems

    assert integrity_problems(store) == []


def test_a_full_disk_is_said_and_told_to_the_leads_when_there_is_space_again(app: AppContext) -> None:
    """The size of the database is limited as a disk limits it: SQLite then says that the disk is full."""
    with app.store.engine.connect() as held:
        (pages,) = held.exec_driver_sql("PRAGMA page_count").one()
        held.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        rows = [{"key": f"{number:0200}"} for number in range(2000)]
        with pytest.raises(DiskFull):
            held.execute(text("INSERT INTO requests (key, at) VALUES (:key, '2026-11-24')"), rows)
    assert "no space left on the disk" in problems(app)["database"]
    app.store.engine.dispose()  # a new connection, as after an operator has made space
    maintenance.check_overdue(app)
    assert problems(app) == {}
    with app.store.read() as tx:
        (told,) = tx.connection.execute(text("SELECT payload FROM outbox_messages")).scalars()
    assert "There is no space left on the disk of the database" in told
    maintenance.check_overdue(app)
    with app.store.read() as tx:
        assert tx.message_archive.count_by_state()["waiting"] == 1


def test_a_database_that_takes_no_changes_is_said(store: Store) -> None:
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON" if store.is_sqlite else "SET TRANSACTION READ ONLY")
        with pytest.raises(DatabaseReadOnly):
            connection.exec_driver_sql("DELETE FROM links")
        connection.invalidate()
    assert store.trouble.startswith("The database is read-only")
    with store.begin() as tx:
        tx.links.delete(1)
    assert store.trouble == ""


def test_another_name_of_a_database_is_no_second_lock(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "other.db"
    link.symlink_to(file)
    held = lock_database(f"sqlite:///{file}")
    assert held
    with pytest.raises(CannotStart, match="Another Hypercare process uses the database"):
        lock_database(f"sqlite:///{link}")
    held.close()
    os.link(file, tmp_path / "hard.db")
    with pytest.raises(CannotStart, match="has a second name, a hard link"):
        lock_database(f"sqlite:///{file}")


def test_a_restored_backup_gives_no_number_and_no_id_twice(file: Path, tmp_path: Path) -> None:
    assert "checked the copy" in hypercare(tmp_path, "db", "backup", "monday.db").stdout
    with closing(sqlite3.connect(file)) as later, later:
        later.execute("UPDATE phases SET last_number = 7")
    done = hypercare(tmp_path, "db", "restore", "monday.db")
    assert done.returncode == 0, done.stderr
    assert "The previous database was saved as" in done.stdout
    assert "The next ticket of PAY will be PAY-1001" in done.stdout
    (aside,) = (path for path in tmp_path.glob("bot.db.before-*") if path.suffix not in ("-wal", "-shm"))
    with closing(sqlite3.connect(aside)) as before:
        assert before.execute("SELECT last_number FROM phases").fetchone() == (7,)
    with closing(open_store(f"sqlite:///{file}")) as restored, restored.begin() as tx:
        assert tx.phases.next_ticket_number(1) == 1001
        assert tx.restores.last_message_id() >= 1_000_000
    assert hypercare(tmp_path, "db", "check").returncode == 0


@pytest.mark.parametrize("content", [b"", b"no database at all" * 500, None])
def test_what_is_no_sound_backup_is_refused_and_nothing_is_touched(
    file: Path, tmp_path: Path, content: bytes | None
) -> None:
    bad = tmp_path / "bad.db"
    bad.write_bytes(file.read_bytes() if content is None else content)
    if content is None:
        damage(bad)
    before = file.read_bytes()
    done = hypercare(tmp_path, "db", "restore", "bad.db")
    assert (done.returncode, "no sound backup" in done.stderr) == (1, True), done
    assert file.read_bytes() == before


def test_the_start_notices_that_slack_is_ahead_of_the_database(store: Store) -> None:
    app = AppContext(features=FEATURES, store=store, now=lambda: NOW)
    phases.apply_settings(app, PHASE)
    restores.follow(app, 0)
    assert app.restores == []
    restores.follow(app, 41)
    restores.follow(app, 41)
    assert len(app.restores) == 1
    with store.begin() as tx:
        assert tx.restores.last_message_id() > 1_000_041
        assert tx.phases.next_ticket_number(1) == 1001
        (told,) = tx.connection.execute(text("SELECT payload FROM outbox_messages")).scalars()
    assert "new tickets are numbered from PAY-1001" in str(told)


@pytest.mark.parametrize(("last", "count", "then"), [
    (0, 0, 1000), (17, 17, 1000), (500, 500, 1000), (501, 501, 2000), (1200, 1200, 3000),
    (64_010, 90, 65_000),  # not the first restore
])  # fmt: skip
def test_numbers_go_on_at_a_thousand_that_was_not_reached(last: int, count: int, then: int) -> None:
    assert number_after_restore(last, count) == then


def test_a_new_database_is_set_up_by_the_restore_of_an_empty_one(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'empty.db'}")) as made:
        migrate(made)
    assert "Restored empty.db." in hypercare(tmp_path, "db", "restore", "empty.db").stdout


@pytest.mark.shape("sqlite")
def test_a_card_that_the_backup_does_not_know_answers_clearly(slack: BotWorkspace, tmp_path: Path) -> None:
    """The second ticket was reported after the backup; the third gets a number of its own, and so has its card."""
    maria, jo, database = slack.person("maria"), slack.person("jo"), {"database": slack.settings.database}
    maria.reports("Slow page")
    known = slack.triage.expects("Slow page")
    slack.quiet()
    assert hypercare(tmp_path, "db", "backup", "monday.db", **database).returncode == 0
    slack.control.post("clock", advance=3600)
    maria.reports("Lost payslip")
    lost = slack.triage.expects("Lost payslip")
    slack.quiet()
    slack.stop_bot()
    restored = hypercare(tmp_path, "db", "restore", "monday.db", **database)
    assert "The next ticket of PAY will be PAY-1001" in restored.stdout, restored.stderr
    slack.start_bot()
    maria.reports("Wrong sum")
    slack.triage.expects("PAY-1001")
    jo.presses(lost, "Acknowledge")
    eventually(lambda: any("its buttons no longer work" in said for said in jo.whispers("hypercare-desk")), "an answer")
    jo.presses(known, "Acknowledge")
    slack.triage.expects("Jo")
    with slack.application.store.read() as tx:
        assert [ticket.owner for ticket in tx.tickets.list_open([1])].count(slack.user_id("jo")) == 1


@pytest.mark.parametrize(("process", "said"), [
    (ProcessState(), "there is no link to Slack"),
    (ProcessState(connected=True, rejected="token_revoked"), "does not accept the bot token (token_revoked)"),
    (ProcessState(connected=True, clock_offsets={"Slack": timedelta(seconds=-180)}), "180 s behind the Slack clock"),
    (ProcessState(connected=True, clock_offsets={"database": timedelta(minutes=2)}), "120 s ahead of the database"),
])  # fmt: skip
def test_what_a_process_lacks_makes_it_not_ready(app: AppContext, process: ProcessState, said: str) -> None:
    assert said in str(readiness_problems(app.store, process, NOW, timedelta(minutes=15)))


def test_a_revoked_token_is_told_and_ends_when_slack_accepts_it_again(slack: BotWorkspace) -> None:
    application = slack.application
    assert application._state().rejected == ""
    slack.fails("chat.postMessage", error="token_revoked", times=2)
    slack.person("maria").reports("Slow page")
    eventually(lambda: application._state().rejected == "token_revoked", "the rejected token")
    slack.triage.expects("Slow page")
    assert application._state().rejected == ""
