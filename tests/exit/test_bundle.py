"""The evidence of an exit: what another program calculates from the events alone, and that it finds any change."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import Phase as HPhase
from hypothesis import strategies as st
from scipy import stats
from sqlalchemy import ColumnElement, Table, insert, select, update
from statsmodels.stats.proportion import proportion_confint

from bot import sign_off_verifier
from bot.database import open_store
from bot.services.exit import bundle, decisions
from bot.services.followup import verification, waiting
from bot.services.phases import phases
from bot.services.tickets import work
from bot.sign_off_verifier import EvidenceError, verify
from domain.errors import Refused
from domain.exit.readiness import Gate, Measure
from domain.exit.record import RecordKind
from domain.tickets.event import EventKind
from domain.tickets.ticket import Severity
from storage.exit.tables import exit_records, exit_seals
from storage.store import Store
from storage.tickets.tables import events
from tests.exit.test_sign_off import ANN, JO, LENA, MONDAY, PAY, Phase
from tests.support import ready
from tests.support.command import hypercare
from tests.support.ready import sqlite

NEEDED = {"bundle", "definitions", "ticket", "event", "seal", "record", "readings", "figures", "end"}


def evidence(phase: Phase) -> bytes:
    return "".join(f"{line}\n" for line in bundle.export(phase.app, "PAY")).encode()


def signed(store: Store) -> Phase:
    """Two weeks after which the exit is signed, with a waiver."""
    phase = Phase(store)
    phase.calms_down()
    decisions.decide(phase.app, LENA, "PAY", (RecordKind.WAIVED, f"gate:{Gate.OWNERS}"), "Wishes stay", "waive")
    phase.mornings(5)
    phase.sign(JO)
    phase.sign(ANN)
    return phase


@pytest.fixture(scope="module")
def exited(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phase]:
    folder = tmp_path_factory.mktemp("evidence")
    with ready.database(request, ready.kind_of_today(), folder) as url, closing(open_store(url)) as store:
        yield signed(store)


@pytest.fixture(scope="module")
def sealed(exited: Phase) -> bytes:
    return evidence(exited)


def entries(content: bytes) -> list[dict[str, object]]:
    return [json.loads(line.partition(b" ")[2]) for line in content.splitlines()]


def chained(found: list[dict[str, object]]) -> bytes:
    """What a forger writes: the lines, with hashes that fit."""
    before, lines = "0" * 64, []
    for entry in found:
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
        before = sha256((before + text).encode()).hexdigest()
        lines.append(f"{before} {text}\n")
    return "".join(lines).encode()


def alone(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Python without any package and path of ours."""
    return subprocess.run([sys.executable, "-I", "-S", *arguments], capture_output=True, text=True, check=False)


def test_one_file_without_our_code_verifies_a_signed_exit(store: Store, tmp_path: Path) -> None:
    phase = signed(store)
    file, program = tmp_path / "pay.jsonl", tmp_path / "verifier.py"
    file.write_bytes(evidence(phase))
    program.write_bytes(Path(sign_off_verifier.__file__).read_bytes())
    posted = phase.posts().partition("Seal of events and decisions: `")[2][:64]
    run = subprocess.run(
        [sys.executable, "-I", "-S", program, file, posted], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "The exit is signed off." in run.stdout
    assert "Waivers: waived gate:owners" in run.stdout
    other = alone(program, file, "0" * 64)
    assert other.returncode == 1
    assert "NOT VERIFIED: the decisions have the seal" in other.stdout


def test_the_file_names_no_one_and_has_no_words_of_reports(sealed: bytes) -> None:
    assert {str(one["entry"]) for one in entries(sealed)} == NEEDED
    assert b"U0" not in sealed
    assert b"Sum 150 is wrong" not in sealed
    assert b"Wishes stay" in sealed, "a waiver is printed with its reason"


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_found(sealed: bytes, data: st.DataObject) -> None:
    place, bit = data.draw(st.integers(0, len(sealed) - 1)), data.draw(st.integers(0, 7))
    changed = bytearray(sealed)
    changed[place] ^= 1 << bit
    with pytest.raises((EvidenceError, ValueError)):
        verify(bytes(changed))


def test_every_byte_of_an_event_is_covered(sealed: bytes) -> None:
    """Each byte of one event, whatever it becomes."""
    number = next(n for n, one in enumerate(entries(sealed)) if one["entry"] == "event")
    lines = sealed.splitlines(keepends=True)
    random, found = Random(1), 0
    for place in range(len(lines[number]) - 1):
        changed = bytearray(lines[number])
        changed[place] = random.choice([n for n in range(256) if n != changed[place]])
        with pytest.raises((EvidenceError, ValueError)):
            verify(b"".join([*lines[:number], bytes(changed), *lines[number + 1 :]]))
        found += 1
    assert found > 150


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_removed_moved_or_repeated_line_is_found(sealed: bytes, data: st.DataObject) -> None:
    lines = sealed.splitlines(keepends=True)
    one, other = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=2, max_size=2, unique=True))
    swapped = list(lines)
    swapped[one], swapped[other] = lines[other], lines[one]
    for changed in (swapped, [*lines[:one], *lines[one + 1 :]], [*lines[:one], lines[one], *lines[one:]], lines[:one]):
        with pytest.raises(EvidenceError):
            verify(b"".join(changed))


def forged_event(found: list[dict[str, object]]) -> None:
    event = next(one for one in found if one["entry"] == "event" and one["sealed"]["kind"] == "opened")  # type: ignore[index]
    event["sealed"]["data"]["severity"] = "critical"  # type: ignore[index]


def removed_event(found: list[dict[str, object]]) -> None:
    del found[next(n for n, one in enumerate(found) if one["entry"] == "event")]
    found[-1]["lines"] = len(found) - 1


def forged_reason(found: list[dict[str, object]]) -> None:
    next(one for one in found if one.get("kind") == "waived")["reason"] = "All fine"


def forged_score(found: list[dict[str, object]]) -> None:
    next(one for one in found if one["entry"] == "figures")["score"] = 99.0


def forged_type(found: list[dict[str, object]]) -> None:
    """Defects that become wishes: no event says so, and figures do."""
    for one in found:
        if one["entry"] == "ticket":
            one["type"] = "feature_request"


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (forged_event, "was altered or removed"), (removed_event, "was altered or removed"),
        (forged_reason, "decision .* was altered"), (forged_score, "figure score is stated as 99.0"),
        (forged_type, "figure"),
    ],
)  # fmt: skip
def test_a_forger_who_writes_fitting_hashes_is_found(
    sealed: bytes, forge: Callable[[list[dict[str, object]]], None], said: str
) -> None:
    found = entries(sealed)
    assert verify(chained(found)), "the same again is no forgery"
    forge(found)
    with pytest.raises(EvidenceError, match=said):
        verify(chained(found))


def leaves(entry: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where each value of an entry stands."""
    if isinstance(entry, dict):
        for name, one in entry.items():
            yield from leaves(one, (*path, name))
    elif isinstance(entry, list):
        for number, one in enumerate(entry):
            yield from leaves(one, (*path, number))
    else:
        yield path


def other(value: object) -> object:
    """Another value of the same kind; a moment is another moment."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value * 1.1 + 1
    if value is None:
        return 0.5
    try:
        return (datetime.fromisoformat(str(value)) + timedelta(seconds=1)).isoformat()
    except ValueError:
        return f"{value}x"


def is_found(found: list[dict[str, object]], entry: dict[str, object], path: tuple[str | int, ...]) -> bool:
    """Whether the verifier finds another value there, although all hashes of lines fit; it is put back afterwards."""
    place: Any = entry
    for step in path[:-1]:
        place = place[step]
    before = place[path[-1]]
    place[path[-1]] = other(before)
    try:
        verify(chained(found))
    except (EvidenceError, ValueError, KeyError):
        return True
    finally:
        place[path[-1]] = before
    return False


def test_every_figure_is_calculated_again(sealed: bytes) -> None:
    """Each figure of the file, whatever it is, is found when it says another value."""
    found = entries(sealed)
    (stated,) = (one for one in found if one["entry"] == "figures")
    assert set(stated["gates"]) == {gate.value for gate in Gate}
    measured = {measure.value for measure in Measure} - {Measure.SATISFACTION, Measure.KNOWLEDGE}
    assert set(stated["measures"]) == measured, "no survey was asked, and there is no known issue"
    places = [path for path in leaves(stated) if path != ("entry",)]
    assert len(places) >= 3 * len(Gate) + len(measured) + len(("coverage", "score", "signed", "defects", "exposure"))
    assert [path for path in places if not is_found(found, stated, path)] == []
    for one in {*Measure} - measured:
        stated["measures"][one.value] = 0.9
        with pytest.raises(EvidenceError, match=f"{one.value} is stated, and not measurable"):
            verify(chained(found))
        del stated["measures"][one.value]


def test_every_kind_of_event_is_sealed_in_each_of_its_values(sealed: bytes) -> None:
    """The first event of each kind that happened, with each of its values, and one that becomes of each other kind."""
    found = entries(sealed)
    events_of: dict[str, dict[str, Any]] = {}
    for one in found:
        if one["entry"] == "event":
            events_of.setdefault(one["sealed"]["kind"], one)  # type: ignore[index]
    assert set(events_of) >= {"opened", "acknowledged", "resolved"}
    for kind, one in events_of.items():
        missed = [path for path in leaves(one["sealed"]) if not is_found(found, one["sealed"], path)]
        assert missed == [], kind
    sealed_event = events_of["resolved"]["sealed"]
    for kind in {*EventKind} - {EventKind.RESOLVED}:
        sealed_event["kind"] = kind.value
        with pytest.raises(EvidenceError, match="was altered or removed"):
            verify(chained(found))


@pytest.mark.parametrize("kind", ["seal", "record"])
def test_every_value_of_a_seal_and_of_a_decision_is_covered(sealed: bytes, kind: str) -> None:
    """Except who decided, who may be erased, and when a seal was made, of which decisions say the day."""
    found = entries(sealed)
    for one in (one for one in found if one["entry"] == kind):
        missed = [path for path in leaves(one) if path[0] != "entry" and not is_found(found, one, path)]
        assert missed == [("person",) if kind == "record" else ("at",)], one


@contextmanager
def altered(phase: Phase, table: Table, which: ColumnElement[bool], **values: object) -> Iterator[None]:
    """Rows of the database have other values for a while."""
    with phase.app.store.begin() as tx:
        (before,) = tx.connection.execute(select(table).where(which).limit(1)).mappings()
        key = [column == before[column.name] for column in table.primary_key]
        mine = update(table).where(*key)
        tx.connection.execute(mine.values(values))
    yield
    with phase.app.store.begin() as tx:
        tx.connection.execute(mine.values({name: before[name] for name in values}))


def test_what_is_altered_in_the_database_is_found(exited: Phase) -> None:
    with altered(exited, events, events.c.kind == "opened", at=MONDAY), pytest.raises(EvidenceError, match="event bef"):
        verify(evidence(exited))
    waiver, reason = exit_records.c.kind == "waived", "decision 2"
    with altered(exited, exit_records, waiver, reason="Fine"), pytest.raises(EvidenceError, match=reason):
        verify(evidence(exited))
    first = exit_seals.c.number == 1
    with altered(exited, exit_seals, first, hash="0" * 64), pytest.raises(EvidenceError, match="before seal 1"):
        verify(evidence(exited))
    assert "VERIFIED" in verify(evidence(exited))[0]


@pytest.mark.parametrize("seals_too", [False, True])
def test_an_event_that_is_added_to_what_was_sealed_is_found(store: Store, *, seals_too: bool) -> None:
    """Also by someone who dates the seals back with it, since decisions say when they were made."""
    phase = signed(store)
    assert "VERIFIED" in verify(evidence(phase))[0]
    with store.begin() as tx:
        which = select(events).where(events.c.kind == "resolved").order_by(events.c.id).limit(1)
        (found,) = tx.connection.execute(which).mappings()
        added = {"ticket_id": found["ticket_id"], "kind": "recurred", "actor": JO.id, "data": {}}
        tx.connection.execute(insert(events).values(added | {"at": found["at"] + timedelta(hours=30)}))
        if seals_too:
            tx.connection.execute(update(exit_seals).values(at=MONDAY))
    with pytest.raises(EvidenceError, match=r"event of ticket 1 .* was added after"):
        verify(evidence(phase))


def test_an_erased_person_leaves_the_evidence_verifiable(exited: Phase) -> None:
    with exited.app.store.begin() as tx:
        tx.people.erase(JO.id, "U0FORGOTTEN1")
    assert "VERIFIED" in verify(evidence(exited))[0]


ACTIONS = ("report", "high", "critical", "wish", "reopen", "ack", "wait", "severity", "withdraw", "assign", "night")


@settings(
    max_examples=10,
    deadline=None,
    phases=(HPhase.explicit, HPhase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 40), st.integers(0, 9)), min_size=8, max_size=30))
def test_figures_of_random_weeks_agree(
    request: pytest.FixtureRequest, tmp_path: Path, steps: list[tuple[str, int, int]]
) -> None:
    """Whatever a team does, the other program calculates the same gates, measures and score."""
    with ready.database(request, ready.kind_of_today(), tmp_path) as url, closing(open_store(url)) as store:
        phase = Phase(store)
        apply_calendar(phase)
        happens(phase, steps)
        assert "VERIFIED" in verify(evidence(phase))[0]


def apply_calendar(phase: Phase) -> None:
    """Another team has other hours, and a holiday."""
    sla = {"work_hours": "08:00-16:30", "holidays": [date(2026, 3, 5)],
           "calendars": [{"team": [LENA.id], "hours": "12:00-20:00", "days": "mon tue wed thu"}]}  # fmt: skip
    phases.apply_settings(phase.app, type(PAY)(**{**PAY.model_dump(), "timezone": "Europe/Berlin", "sla": sla}))


def happens(phase: Phase, steps: list[tuple[str, int, int]]) -> None:
    made, hours = [phase.report(1), phase.report(2, Severity.HIGH, fixed=False)], 3.0
    for what, pause, which in steps:
        hours += pause / 3 + 0.01
        one = made[which % len(made)]
        try:
            if what in ("report", "high", "critical", "wish"):
                severity = {"high": Severity.HIGH, "critical": Severity.CRITICAL}.get(what, Severity.LOW)
                made.append(phase.report(hours, severity, fixed=which % 2 == 0))
            elif what == "night":
                phase.morning((MONDAY + timedelta(hours=hours)).date())
                hours = max(hours, (phase.now - MONDAY) / timedelta(hours=1))  # time does not go back
            else:
                phase.now = MONDAY + timedelta(hours=hours)
                acts(phase, what, one)
        except Refused:
            continue
    phase.now = max(phase.now, MONDAY + timedelta(hours=hours + 1))


def acts(phase: Phase, what: str, ticket: int) -> None:
    if what == "reopen":
        verification.reopen(phase.app, ticket, LENA, "Again")
    elif what == "ack":
        work.acknowledge(phase.app, ticket, LENA)
    elif what == "severity":
        work.weigh(phase.app, ticket, LENA, Severity.CRITICAL, "Worse", {})
    elif what == "assign":
        work.assign(phase.app, ticket, LENA, LENA.id)
    elif what == "wait":
        waiting.ask_reporter(phase.app, ticket, JO, "Which one?")
    else:
        work.close(phase.app, ticket, LENA, "Nothing to fix")


@pytest.mark.parametrize(("good", "n", "population"), [(8, 10, None), (0, 10, None), (45, 50, None), (24, 30, 40)])
def test_bounds_of_shares_agree_with_statsmodels(good: int, n: int, population: int | None) -> None:
    many = n if population is None else n * (population - 1) / (population - n)
    low, high = proportion_confint(good / n * many, many, method="wilson")
    assert sign_off_verifier.wilson(good, n, population) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize(("count", "days"), [(0, 10), (1, 14), (3, 7), (40, 14)])
def test_bounds_of_rates_agree_with_scipy(count: int, days: float) -> None:
    expected = stats.chi2.ppf(0.95, 2 * count + 2) / 2 / days
    assert sign_off_verifier._upper_rate(count, days) == pytest.approx(expected, rel=1e-9)


def test_an_empty_phase_has_evidence_too(store: Store) -> None:
    phase = Phase(store)
    phase.now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert "The exit is not signed off." in verify(evidence(phase))
    with pytest.raises(Refused, match="There is no phase NOPE"):
        next(bundle.export(phase.app, "nope"))


def test_the_command_exports_and_verifies(tmp_path: Path) -> None:
    store = open_store(sqlite(tmp_path / "bot.db"))
    Phase(store).report(5)
    store.close()
    wrote = hypercare(tmp_path, "exit", "export", "pay", "--out", "pay.jsonl")
    assert wrote.returncode == 0, wrote.stderr
    assert "Wrote the evidence of PAY to pay.jsonl" in wrote.stdout
    assert "VERIFIED: phase PAY" in hypercare(tmp_path, "exit", "verify", "pay.jsonl").stdout
    other = hypercare(tmp_path, "exit", "verify", "pay.jsonl", "--seal", "1" * 64)
    assert (other.returncode, "NOT VERIFIED: the decisions have the seal" in other.stderr) == (1, True)
    assert "cannot be read" in hypercare(tmp_path, "exit", "verify", "none").stderr
    assert not [*tmp_path.glob("*.part")]
