"""Every door is broken once at each of its commits, and what comes of it in the end is what comes of it undisturbed.

The commits are not listed: each door is played once and counted, then played again for each of them and each fault.
"""

import logging
import random
import secrets
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from zlib import crc32

import pytest
import structlog

from bot.app.application import Application
from bot.context import AppContext
from bot.services.connectors.outgoing import plan_retry
from bot.services.delivery.outbox import report_dead
from bot.services.followup import deferral
from bot.services.home import homes
from bot.services.intake import csv_import, duplicates, file_imports
from bot.services.oncall import escalations, storms
from bot.services.operations import maintenance, timers
from bot.services.phases import phases
from bot.services.rehearsal import rehearsals
from bot.services.reporting import readings
from bot.services.signals import integrations as signal_integrations
from bot.services.signals import targets
from bot.services.signals import tickets as alerts
from bot.services.signals.receiving import receive
from bot.settings.settings import Settings
from bot.views.form import InvalidForm
from bot.workers.outcome import undelivered
from domain.connectors.merging import REFUSED
from domain.connectors.settings import Connection
from domain.delivery.message import Failure, FailureKind, MessagePriority
from domain.errors import Refused, Repeated
from domain.gateways.call import GatewayCall, Outcome
from domain.gateways.settings import GatewaySettings, GatewayTarget
from domain.gateways.traffic import add_up
from domain.phases.settings import PhaseSettings
from domain.signals.alert import Alert, Delivery
from domain.tickets.ticket import Deferral
from handlers.errors import RequestFailed, answer
from storage.connectors.issue_links import COMMENT, FILE
from storage.delivery.queue import SentMessage
from storage.store import StoreFailure
from tests.trust import doors, stages, ways_in, workers, world
from tests.trust.doors import DOORS, Door
from tests.trust.faults import Fault, Fuse, Killed
from tests.trust.stages import Make, Rows
from tests.trust.world import HELP, JO, LENA, PAY, RAVI, TICKETS, World

ROOT = Path(__file__).parents[2]
TRIES_OF_A_MESSAGE = {"outbox_messages.attempts", "outbox_messages.uncertain"}
TRIES = 4  # Slack delivers an event four times in all
SHARE = 24  # of so many doors one is played on PostgreSQL too; with --all-shapes all of them
DOOR_KINDS = ("command", "action", "view", "event", "step")
REPORTS = "summary,severity,reporter\nThe till is down,high,U0MARIA\nThe door is stuck,low,U0TOM00\n"
LOT = random.Random(0)
Use = Callable[[World], object]  # what is tried again after a fault


@dataclass(frozen=True, slots=True)
class Play:
    """A door to be used: `begin` prepares the world, and returns what uses it."""

    kind: str
    label: str
    begin: Callable[[World], Use]


@pytest.fixture(autouse=True)
def _without_log_lines() -> Iterator[None]:
    usual = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**usual)


@pytest.fixture(autouse=True)
def _drawn_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn by lot is the same in each play, and after what was undone; another process draws anew."""
    monkeypatch.setattr(secrets, "token_hex", lambda size=32: LOT.randbytes(size).hex())
    monkeypatch.setattr(secrets, "randbits", LOT.getrandbits)
    monkeypatch.setattr(secrets, "SystemRandom", lambda: LOT)


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.sqlite(tmp_path_factory.mktemp("world") / "world.db")


@pytest.fixture(scope="module")
def started(on_sqlite: Make, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """The world in which a process has started already."""
    with on_sqlite(Fuse()) as made:
        return stages.kept(restarted(made), tmp_path_factory.mktemp("started") / "world.db")


@pytest.fixture(scope="module")
def on_postgresql(postgres_server: str) -> Make:
    return stages.postgresql(postgres_server)


def test_each_play_has_a_name_of_its_own() -> None:
    labels = [play.label for play in PLAYS]
    assert sorted(labels) == sorted(set(labels))


@pytest.mark.long
@pytest.mark.parametrize("kind", [*DOOR_KINDS, "timer", "work", "way", "result"])
def test_a_fault_at_any_commit_loses_nothing(on_sqlite: Make, started: Make, kind: str) -> None:
    for play in PLAYS:
        if play.kind == kind:
            disturb(on_sqlite, play, started if kind in DOOR_KINDS else None)


@pytest.mark.long
def test_a_fault_at_any_commit_of_a_worker_loses_nothing(on_sqlite: Make) -> None:
    """Every transaction of each worker is begun by a scenario, or by what follows a fault."""
    for play in PLAYS:
        if play.kind == "worker":
            disturb(on_sqlite, play)
    for begin in workers.TRACKERS.values():
        with on_sqlite(Fuse()) as made:
            begin(made)(made)
    for ends in (workers.ends_before, workers.ends_after):
        with on_sqlite(Fuse()) as made:
            use, now = workers.TRACKERS["issue"](made), made
            for part in (COMMENT, FILE):
                ends.append(f"_keep_part {part}")
                with pytest.raises(Killed):
                    use(now)
                now = restarted(now)
            use(now)  # it finds both in Jira once
    assert workers.unplayed() == []


@pytest.mark.long
def test_a_fault_at_any_commit_loses_nothing_on_postgresql(request: pytest.FixtureRequest, on_postgresql: Make) -> None:
    for play in PLAYS:
        if request.config.getoption("--all-shapes") or crc32(play.label.encode()) % SHARE == 0:
            disturb(on_postgresql, play)


def test_every_way_in_is_played(tmp_path: Path) -> None:
    """Ways in are the routes of all servers, and mails."""
    transports = (ROOT / "bot" / "transport").glob("*.py")
    listening = {file.stem for file in transports if ".create_server(" in file.read_text(encoding="utf-8")}
    assert listening == {"http", "monitor", "lmtp"}, "a new server: add its ways in to tests/trust/ways_in.py"
    made = Application(Settings(bot_token="xoxb-1", app_token="xapp-1", database=f"sqlite:///{tmp_path / 'bot.db'}"))
    found = ways_in.routes_of(made)
    made._release()
    assert ways_in.missing(found) == []
    assert set(ways_in.PLAYED.values()) <= {play.label for play in PLAYS}


def test_a_route_that_reads_changes_nothing(on_sqlite: Make) -> None:
    """So there is nothing that a fault could lose."""
    for way, begin in ways_in.READS.items():
        fuse = Fuse()
        with on_sqlite(fuse) as made:
            use = begin(made)
            fuse.is_armed = True
            use(made)
        assert fuse.seen == [], way


def test_a_key_is_kept_only_with_an_effect(on_sqlite: Make) -> None:
    with on_sqlite(Fuse()) as made:
        for _delivery in range(2):
            with made.app.transaction("nothing was found"):
                pass
        with made.app.transaction("something was found") as tx:
            tx.audit.log(LENA.id, "something", "PAY", made.app.now())
        with pytest.raises(Repeated), made.app.transaction("something was found"):
            pass


def disturb(make: Make, play: Play, started: Make | None = None) -> None:
    """Play a door undisturbed, then once for each of its commits and each fault, and compare the ends.

    Where its preparation changes nothing, it is played in the world in which a process has started already.
    """
    if started and not _changes_nothing(started, play):
        started = None
    fuse = Fuse()
    usual = run(make, play, fuse, started)
    assert usual or play.kind != "way", f"{play.label}: it changes nothing, so its scenario shows nothing"
    wrong = list[str]()
    for number, name in enumerate(fuse.seen, start=1):
        for fault in Fault:
            broken = Fuse(at=number, fault=fault)
            differ = _difference(play, usual, run(make, play, broken, started))
            assert broken.at is None, f"{play.label}: it never comes to {name}, so nothing {fault}"
            if differ:
                by_lot = stages.difference(usual, run(make, play, Fuse(), started))
                differ = [one for one in differ if one not in by_lot]
            wrong += [f"{name} {fault}: {', '.join(differ)}"] if differ else []
    assert not wrong, f"{play.label}\n" + "\n".join(wrong)


def _difference(play: Play, model: Rows, found: Rows) -> list[str]:
    """Return where the ends differ; how often a message to another system was tried is no difference."""
    differ = stages.difference(model, found)
    ignored = TRIES_OF_A_MESSAGE | workers.LATER.get(play.label, set()) if play.kind == "worker" else set()
    return [one for one in differ if one not in ignored]


def _changes_nothing(started: Make, play: Play) -> bool:
    """Return whether what prepares the world leaves it as it is, so that a start before it is the same as after it."""
    fuse = Fuse()
    with started(fuse) as made:
        at = made.app.now()
        LOT.seed(0)
        play.begin(made)
        return fuse.effects == 0 and made.app.now() == at and not made.later


def run(make: Make, play: Play, fuse: Fuse, started: Make | None = None) -> Rows:
    """Play a door until it is through, and what follows in the background; return what is in the database then.

    A start sets timers of its own, so the process starts once in each play: before, or after it was killed.
    """
    is_killed = fuse.at is not None and fuse.fault is Fault.KILLED
    with (make if is_killed or not started else started)(fuse) as first:
        LOT.seed(0)
        use = play.begin(first)
        if is_killed:
            made = first
        elif started:
            made = world.on(first.app, first.ids, first.names)
        else:
            made = restarted(first)
        stages.recount(made.app.store)
        fuse.is_armed = True
        made = until_through(play, use, made)
        fuse.is_armed = False
        if not fuse.seen:
            return {}  # it only reads
        if made.later:  # else there is nothing to compare, and reading all of the world's words takes long
            duplicates.propose_recurrences(made.app, made.later)
        homes.publish_changed(made.app, None)
        return stages.rows(made.app.store)


def until_through(play: Play, use: Use, made: World) -> World:
    """Use a door, again after each failure, as Slack delivers again and people press again."""
    processes = 1
    for delivery in range(TRIES):
        LOT.seed(processes)
        try:
            use(made)
        except (Refused, InvalidForm, Repeated) as no:
            if delivery == 0:
                raise AssertionError(f"{play.label}: the scenario is refused: {no}") from no
            return made
        except RequestFailed as failed:
            if not failed.again:
                raise AssertionError(f"{play.label}: {failed.text}") from None
        except StoreFailure:
            pass
        except Killed:
            made, processes = restarted(made), processes + 1
        else:
            return made
        stages.recount(made.app.store)
    raise AssertionError(f"{play.label}: it is not through after {TRIES} deliveries")


def restarted(killed: World) -> World:
    """Begin a new process on the same database; what the old one was to do in memory is forgotten."""
    made = world.on(killed.app, killed.ids, killed.names)
    made.app.store.fuse.is_armed = False  # type: ignore[attr-defined]
    timers.set_up(made.app)
    newest = max(made.ids[name] for name in TICKETS)  # of the world, whose tickets were compared before
    made.later.extend(ticket for ticket in duplicates.list_unchecked(made.app) if ticket.id > newest)
    return made


def _asked(door: Door, made: World) -> Use:
    request = door.request(made)
    return lambda now: answer(door.handler, now.app, request)


def _until_none_is_due(now: World) -> None:
    while timers.run_due(now.app):
        pass


def _timer(kind: str, prepare: Callable[[World], object], made: World) -> Use:
    prepare(made)
    world.only_timer(made, kind)
    return _until_none_is_due


def _is_set(_made: World) -> None:
    """The world has such a timer."""


def _closed(made: World) -> None:
    world.only_timer(made, "pulse_close")
    timers.run_due(made.app)


def _storm(made: World) -> None:
    with made.app.transaction() as tx:
        phase = tx.phases.list_phases()[0]
        storms.post(tx, RAVI.id, phase, made.app.now())
        storms.schedule_rewrite(tx, RAVI.id, phase, made.app.now())


def _talk(made: World) -> None:
    doors.press(next(door for door in DOORS if door.label == "view pulse_talk"), made)


def _lasting(made: World) -> None:
    """An alert that has to fire for five minutes before it is a ticket."""
    _tell(made.app, "It lasts too long")


def _burst(made: World) -> None:
    """More alerts at once than may have a ticket each."""
    for number in range(4):
        _tell(made.app, f"Alert {number}")


def _missed(made: World) -> None:
    """Traffic by which an endpoint misses its target."""
    target = GatewayTarget(endpoint="*", availability=99.5)
    calls = [GatewayCall(None, "", "GET /pay", 503, Outcome.UNREACHABLE)] * 9
    with made.app.transaction() as tx:
        phase = tx.phases.list_phases()[0]
        phase = tx.phases.save(phase.model_copy(update={"gateways": GatewaySettings(targets=(target,))}))
        tx.gateway_traffic.add(phase.id, add_up([calls], made.app.now()), made.app.now())
        targets.plan_check(tx, phase, made.app.now())


def _refused_there(made: World) -> None:
    """A severity that a tracker refused, before the settings of the phase change."""
    with made.app.transaction() as tx:
        phase = tx.phases.get(made.ids["phase"])
        connection = Connection(system="jira", project="OPS")
        phase = tx.phases.save(phase.model_copy(update={"connections": (connection,)}))
        tx.issue_links.insert("jira", made.ids["new"], {"severity": f"{REFUSED} 1"})
        plan_retry(tx, phase, made.app)


def _over(made: World) -> None:
    """An alert that is over as soon as it has fired."""
    _tell(made.app, "The till is down")
    _tell(made.app, "The till is down", is_firing=False)


def _tell(app: AppContext, title: str, *, is_firing: bool = True) -> None:
    alert = Alert(source="kuma", key=title, occurrence="1", is_firing=is_firing, title=title)
    with app.transaction() as tx:
        alerts.take_in(app, tx, tx.phases.list_phases()[0], Delivery((alert,)))


def _without_date(made: World) -> None:
    deferral.defer(made.app, made.ids["new"], LENA, next(iter(Deferral)), "Who knows", None)


TIMER_KINDS: dict[str, Callable[[World], object]] = {
    **dict.fromkeys(("rehearsal", "session", "action_check", "agenda", "stand_up", "article_check",
                     "capacity", "clean_up", "coverage_check", "decision_due", "trigger_check",
                     "deferral_end", "digest", "exit_check",
                     "escalation",
                     "fix_check", "milestones", "priorities", "promise", "pulse", "pulse_close", "resumption",
                     "shift_change", "sla", "sla_refresh", "waiting", "weekly_note"), _is_set),
    "acknowledge": lambda made: escalations.acknowledge_all(made.app, RAVI),
    "alert_storm": _storm,
    "anonymous_report": _talk,
    "file_import": lambda made: file_imports.start(made.app, LENA, made.ids["import"], "started"),
    "deferral_review": _without_date,
    "gateway_targets": _missed,
    "tracker_retry": _refused_there,
    "signal_open": _lasting,
    "signal_recovery": _over,
    "signal_storm": _burst,
    "pulse_comments": _closed,
    "pulse_results": _closed,
}  # fmt: skip


def _import(made: World) -> Use:
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(REPORTS)
        file.flush()
        phase, found = csv_import.read_rows(made.app, Path(file.name), "PAY")
    return lambda now: [csv_import.import_row(now.app, phase, row) for row in found]


def _signal(_made: World) -> Use:
    body = {"event": "deployment", "label": "4.2"}
    return lambda now: readings.receive(now.app, "PAY", body, "signal:1")


def _alert(made: World) -> Use:
    secret = signal_integrations.rotate(made.app, "PAY", "kuma", LENA.id)
    body = b'{"heartbeat": {"status": 0}, "monitor": {"id": 1, "name": "Payroll"}}'
    return lambda now: receive(now.app, "PAY", "kuma", {"authorization": f"Bearer {secret}"}, body)


def _overdue(made: World) -> Use:
    world.move(made, made.app.now() + timedelta(days=1))
    return lambda now: maintenance.check_overdue(now.app)


def _similar(made: World) -> Use:
    """A report like one that was resolved, about which the team is asked after the commit."""
    door = next(door for door in DOORS if door.label == "view report")
    request = door.request(made)
    values = request.view["state"]["values"]
    values["summary"]["summary"]["value"] = f"{world.SIMILAR} today"
    return lambda now: answer(door.handler, now.app, request)


def _ruled(made: World) -> Use:
    """A report to which a rule applies that does all it can."""
    rule = {"name": "all", "when": ("opened",), "tell": (HELP, RAVI.id), "page": True, "assign": JO.id,
            "severity": "high", "module": "Payslip", "ask": "Which page?"}  # fmt: skip
    settings = PhaseSettings.model_validate(PAY.model_dump() | {"automation": {"rules": [rule]}})
    phases.apply_settings(made.app, settings)
    return _asked(next(door for door in DOORS if door.label == "view report"), made)


WORK: dict[str, Callable[[World], Use]] = {
    "import": _import, "signal": _signal, "alert": _alert, "overdue": _overdue, "similar report": _similar,
    "rule": _ruled,
    "settings": lambda _made: lambda now: phases.apply_settings(now.app, PAY.model_copy(update={"name": "Paid"})),
    "archive": lambda _made: lambda now: phases.archive(now.app, "HR"),
    "rehearsal": lambda made: lambda now: rehearsals.play(now.app, made.ids["rehearsal"]),
    "start": lambda _made: lambda now: timers.set_up(now.app),
}  # fmt: skip


RESULTS: dict[str, Failure | None] = {
    "arrived": None,
    "rate limit": Failure("ratelimited", kind=FailureKind.TEMPORARY, retry_after=30),
    "lost answer": Failure("timeout", kind=FailureKind.OUTAGE, maybe_sent=True),
    **{kind.value: Failure(kind.value, kind=kind) for kind in FailureKind},
}


def _result(failure: Failure | None, lane: str, made: World) -> Use:
    """What Slack answers to a message in that lane, as the dispatcher records it."""
    with made.app.store.begin() as tx:
        into = tx.outbox.find(f"{lane}:{made.ids['asked']}")
        assert into
        tx.outbox.post(into, {"text": "Which page?"}, at=made.app.now(), priority=MessagePriority.PAGE)
    with made.app.store.begin() as tx:
        (message,) = tx.queue.claim(made.app.now(), 1).messages
        tx.queue.settle(made.app.now())
    assert message.lane == into

    def use(now: World) -> None:
        with now.app.store.begin() as tx:
            if failure is None:
                tx.queue.mark_sent(SentMessage(message, into.channel, ts="2000000001.000001", at=now.app.now()))
            else:
                undelivered(tx, message, failure, now.app.now(), partial(report_dead, now.app))
            tx.queue.settle(now.app.now())

    return use


def _plays() -> Iterator[Play]:
    for name, failure in RESULTS.items():
        for lane in ("team", "reporter"):
            yield Play("result", f"result {name} in {lane}", partial(_result, failure, lane))
    for door in DOORS:
        yield Play("event" if door.kind == "shortcut" else door.kind, door.label, partial(_asked, door))
    for kind, prepare in TIMER_KINDS.items():
        yield Play("timer", f"timer {kind}", partial(_timer, kind, prepare))
    for name, begin in WORK.items():
        yield Play("work", f"work {name}", begin)
    for name, begin in workers.WORKERS.items():
        yield Play("worker", f"worker {name}", begin)
    for way, scenarios in ways_in.WAYS_IN.items():
        for name, begin in scenarios.items():
            yield Play("way", f"{way} {name}".strip(), begin)


PLAYS = tuple(_plays())
