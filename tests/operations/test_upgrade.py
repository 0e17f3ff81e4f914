"""From every released schema to this one, with what stands in it, and while a process of that release works on."""

from datetime import UTC, date, datetime

from alembic import command
from sqlalchemy import Connection, text

from bot.context import Desk
from bot.database import migrate
from bot.services.followup import deferral, verification, waiting
from bot.services.intake import intake
from bot.services.operations import timers, upgrades
from bot.services.phases import phases
from domain.tickets.closing import Solution
from domain.tickets.ticket import Deferral, Intake, Report, Severity
from storage.database.migrate import _config
from storage.database.schema import SchemaState, sentence, state
from storage.store import Store
from tests.conftest import Clock
from tests.support.deeds import JO, LENA, MARIA
from tests.support.deeds import PHASE as LOOP

PHASE = ("INSERT INTO phases (key, name, system, state, desk_channel, oncall_channel, digest_channel, "
         "private_channel, intake_channels, leads, responders, modules, timezone) VALUES "
         "('PAY', 'Pay', 'Pay', 'active', 'C1', 'C2', '', '', '[]', '[\"U1\"]', '[]', '[]', 'UTC')")  # fmt: skip
TICKET = ("INSERT INTO tickets (phase_id, number, reporter, intake, summary, severity, type, module, impact, happened, "
          "steps, expected, actual, environment, private, status, note, workaround, due, opened_at, changed_at) VALUES "
          "(1, 1, 'U2', 'command', 's', 'low', 'bug', '', '', '', '', '', '', '', :no, 'deferred', '', '', :due, :at, "
          ":at)")  # fmt: skip
LANE = "INSERT INTO lanes (name, channel, person) VALUES (:name, :channel, :person)"
LETTER = ("INSERT INTO letters (lane_id, verb, in_thread, payload, priority, state, uncertain, attempts, next_at, "
          "created_at) VALUES ((SELECT id FROM lanes WHERE name = :lane), 'post', :no, '{\"text\": \"hello\"}', 20, "
          "'waiting', :no, 0, :at, :at)")  # fmt: skip


def first_release(store: Store, at: datetime) -> None:
    """A database as 0.1.0 left it."""
    with store.engine.begin() as connection:
        command.upgrade(_config(connection), "0001")
    with store.engine.begin() as connection:
        connection.execute(text(PHASE))
        connection.execute(text(TICKET), {"no": False, "due": date(2026, 3, 4), "at": naive(at)})
        say(connection, "reporter:1", at, channel="D1", person="U2")


def say(connection: Connection, lane: str, at: datetime, channel: str, person: str | None = None) -> None:
    """A letter as the first release writes it."""
    connection.execute(text(LANE), {"name": lane, "channel": channel, "person": person})
    connection.execute(text(LETTER), {"lane": lane, "no": False, "at": naive(at)})


def naive(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def test_an_older_schema_is_refused_and_then_upgraded_with_everything_in_it(database_url: str, clock: Clock) -> None:
    store = Store(database_url)
    first_release(store, clock())
    found, revision = state(store)
    assert (found, revision) == (SchemaState.OLDER, "0001")
    assert "run `hypercare db upgrade`" in sentence(found, revision)
    migrate(store)
    with store.begin() as tx:
        (letter,) = tx.post.take(clock(), 5).letters
        assert (letter.lane.place, letter.payload) == ("U2", {"text": "hello"})
        (back,) = tx.timers.due(datetime(2026, 3, 5, tzinfo=UTC), 5)
        assert (back.kind, back.ticket_id, back.next_at) == ("return", 1, datetime(2026, 3, 4, 9, tzinfo=UTC))
    store.close()


def test_the_first_release_goes_on_writing_after_the_upgrade(database_url: str, clock: Clock) -> None:
    store = Store(database_url)
    first_release(store, clock())
    migrate(store)
    with store.engine.begin() as connection:
        say(connection, "desk:9", clock(), channel="C9")
    with store.begin() as tx:
        places = {letter.lane.place for letter in tx.post.take(clock(), 5).letters}
    assert places == {"U2", "C9"}
    store.close()


def test_a_newer_schema_is_refused(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    found, revision = state(store)
    assert found is SchemaState.NEWER
    assert "please update Hypercare" in sentence(found, revision)


def test_what_waited_before_the_upgrade_is_asked_for_from_then_on(store: Store, clock: Clock) -> None:
    desk = Desk(store=store, now=clock, bot_user="U0BOT00")
    phases.apply(desk, LOOP)
    asked, put_off, fixed, old = (
        intake.open_ticket(desk, Report(summary=words, severity=Severity.LOW), person=MARIA, intake=Intake.COMMAND).id
        for words in ("Which one?", "Later", "Done", "Long ago")
    )
    verification.resolve(desk, old, JO, Solution(explanation="Restarted"))
    clock.forward(days=20)
    waiting.ask(desk, asked, JO, "Which page?")
    deferral.defer(desk, put_off, LENA, Deferral.OTHER, "Nobody knows", None)
    verification.resolve(desk, fixed, JO, Solution(explanation="Restarted"))
    with store.begin() as tx:  # as a release before left them
        for kind, ticket in (("waiting", asked), ("review", put_off), ("verify", fixed), ("verify", old)):
            tx.timers.cancel(f"{kind}:{ticket}")
        upgrades.set_up(desk, tx)
    while timers.fire(desk):
        pass
    with store.read() as tx:
        set_anew = [tx.timers.find(f"{kind}:{ticket}") is not None for kind, ticket in (
            ("waiting", asked), ("review", put_off), ("verify", fixed), ("verify", old))]  # fmt: skip
    assert set_anew == [True, True, True, False]
