"""An anonymous report does not tell who wrote it: two worlds that differ only in that stay equal, whatever happens.

In one world Maria wrote it, in the other Tom. Everything that can be read comes from the tables, so what is compared is
every row of every table but the seal, and every answer. The actions are the doors of the registry.
"""

import asyncio
import random
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.contextvars import merge_contextvars
from structlog.testing import LogCapture

from bot.metrics import PrometheusMetrics
from bot.services.intake import duplicates, intake
from bot.services.operations import timers
from bot.services.reporting import phase_report
from bot.services.tickets import aliases
from bot.views.form import InvalidForm
from bot.workers.message_sender import MessageSender
from domain.address import is_alias
from domain.delivery.message import MessageKind, OutboxMessage
from domain.errors import Refused, Repeated
from domain.phases.permissions import Person
from domain.tickets.ticket import Intake, Report, Severity
from handlers.errors import answer
from storage.reporting.exports import VIEWS, Exports
from tests.trust import stages, world
from tests.trust.doors import DOORS, Door
from tests.trust.faults import Fuse
from tests.trust.stages import Make, Rows
from tests.trust.world import ANN, JO, LENA, MARIA, TICKETS, TOM, World

OTHERS = (ANN, JO, LENA)
SEAL = "sealed_identities"
FILE = {"id": "F0SECRET01", "name": "{id}-salaries.png", "size": 9, "user": "{id}", "mode": "hosted",
        "permalink": "https://w.slack.com/files/{id}/F0SECRET01/{id}-salaries.png"}  # fmt: skip
ABOUT = [door for door in DOORS if door.about in TICKETS]  # all that can be done with a ticket
LOT = random.Random(0)


@dataclass(frozen=True, slots=True)
class Step:
    """A door that is used with the anonymous ticket, by the one who wrote it where `person` is None."""

    door: Door
    person: Person | None

    @property
    def label(self) -> str:
        return f"{self.door.label} by {self.person.id if self.person else 'the reporter'}"


EVERY_STEP = [Step(door, person) for door in ABOUT for person in (None, *OTHERS)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Make, Make]:
    folder: Path = tmp_path_factory.mktemp("anonymous")
    with pytest.MonkeyPatch.context() as patched:
        _draw_alike(patched)
        made = []
        for person in (MARIA, TOM):
            LOT.seed(0)
            made.append(stages.sqlite(folder / f"{person.id}.db", person))
        return made[0], made[1]


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogCapture]:
    _draw_alike(monkeypatch)
    usual, captured = structlog.get_config(), LogCapture()
    structlog.configure(processors=[merge_contextvars, captured])
    yield captured
    structlog.configure(**usual)


def _draw_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn by lot is the same in both worlds."""
    monkeypatch.setattr(secrets, "token_hex", lambda size=32: LOT.randbytes(size).hex())
    monkeypatch.setattr(secrets, "randbits", LOT.getrandbits)
    monkeypatch.setattr(secrets, "SystemRandom", lambda: LOT)


@pytest.mark.long
def test_no_action_has_an_outcome_that_depends_on_who_it_was(pair: tuple[Make, Make], log: LogCapture) -> None:
    wrong = list[str]()
    with ExitStack() as opened:
        worlds = _open(opened, pair)
        usual = [_rows(made) for made in worlds]
        assert not stages.difference(*usual)
        for step in EVERY_STEP:
            answers = [_played(made, step) for made in worlds]
            now = usual if all(map(_is_refusal, answers)) else [_rows(made) for made in worlds]
            differ = stages.difference(*now) + (["the answer"] if answers[0] != answers[1] else [])
            wrong += [f"{step.label}: {', '.join(differ)}"] if differ else []
            if now != usual:
                opened.pop_all().close()
                worlds = _open(opened, pair)
    assert not wrong, "\n".join(wrong)
    assert log.entries
    assert not _named(log.entries)


@pytest.mark.long
@settings(max_examples=6, deadline=None, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(steps=st.lists(st.sampled_from(EVERY_STEP), min_size=2, max_size=8))
def test_a_legal_sequence_leaves_no_trace(pair: tuple[Make, Make], log: LogCapture, steps: list[Step]) -> None:
    with ExitStack() as opened:
        worlds = _open(opened, pair)
        for made in worlds:
            LOT.seed(0)
            for step in steps:
                _played(made, step)
            _days_pass(made)
        assert not stages.difference(*(_rows(made) for made in worlds)), [step.label for step in steps]
        ways = [outlets(made) for made in worlds]
        for name, text in ways[0].items():
            assert text == ways[1][name], name
        everything = repr([_rows(made) for made in worlds])
        assert FILE["id"] not in everything
        assert "salaries.png" not in everything
    assert not _named(log.entries)


@pytest.mark.parametrize("suspect", [MARIA, TOM])
def test_a_report_on_behalf_of_a_suspect_tells_nothing(pair: tuple[Make, Make], suspect: Person) -> None:
    """The lead files for the suspect, merges in both directions, and counts who is affected."""

    def reported(made: World) -> int:
        report = Report(summary="Managers ignore us", severity=Severity.LOW, happened="They do")
        return intake.open_ticket(made.app, report, person=suspect, phase_key="PAY", intake=Intake.COMMAND,
                                  filed_by=LENA.id).id  # fmt: skip

    with ExitStack() as opened:
        worlds = _open(opened, pair)
        for made in worlds:
            LOT.seed(0)
            secret, first = made.ids["anonymous"], reported(made)
            duplicates.add_affected(made.app, secret, ANN)
            duplicates.merge(made.app, first, secret, LENA)
            duplicates.unmerge(made.app, first, LENA)
            duplicates.merge(made.app, secret, first, LENA)
            _days_pass(made)
        assert not stages.difference(*(_rows(made) for made in worlds))


@pytest.mark.parametrize("error", ["user_disabled", "user_not_found", "cannot_dm_bot", "some_new_error"])
def test_a_reporter_who_has_left_is_not_missed(pair: tuple[Make, Make], error: str) -> None:
    """Their messages count as sent, so that no one can compare who has left with what can't be delivered."""

    class Gone:
        async def call(self, _method: str, _arguments: dict[str, Any]) -> dict[str, Any]:
            return {"ok": False, "error": error}

    with ExitStack() as opened:
        made, _ = _open(opened, pair)
        with made.app.store.read() as tx:
            lane = tx.outbox.find(f"reporter:{made.ids['anonymous']}")
        assert lane
        assert is_alias(lane.channel)
        queued = OutboxMessage(id=7, lane=lane, verb=MessageKind.POST, payload={"text": "Still there?"},
                               priority=1, created_at=made.app.now())  # fmt: skip
        sender = MessageSender(Gone(), "https://w.slack.com/", reveal=partial(aliases.reveal, made.app))
        channel, ts = asyncio.run(sender.deliver(queued))
        assert (channel, ts is not None) == (lane.channel, True)


def test_each_promise_of_the_page_has_a_test() -> None:
    page = Path("docs/anonymity.md").read_text(encoding="utf-8")
    promises = page.split("## Promises")[1].split("## How a pulse is stored")[0]
    rows = [line for line in promises.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    named = [re.search(r"`(tests/[\w/]+\.py)::(test_\w+)` \|$", row) for row in rows]
    assert len(rows) > 15
    for row, found in zip(rows, named, strict=True):
        assert found, row
        assert f"def {found.group(2)}(" in Path(found.group(1)).read_text(encoding="utf-8"), row


def test_only_two_modules_read_a_seal() -> None:
    """To address a message and know the person again when they act, and to erase them."""
    reads = re.compile(r"aliases\.(find_identity|list_by_thread|list_aliases)\(")
    found = {str(path) for top in ("bot", "domain", "handlers", "storage") for path in Path(top).rglob("*.py")
             if reads.search(path.read_text(encoding="utf-8"))}  # fmt: skip
    assert found == {"bot/services/tickets/aliases.py", "bot/services/operations/erasure.py"}


def _open(opened: ExitStack, pair: tuple[Make, Make]) -> list[World]:
    return [opened.enter_context(make(Fuse())) for make in pair]


def _played(made: World, step: Step) -> str:
    """Use a door with the anonymous ticket; return what the person reads."""
    LOT.seed(1)
    person = step.person or made.anonymous
    target = (made.ids["anonymous"], made.names["anonymous"])
    try:
        request = step.door.request(made, person=person, target=target)
        payload = dict(request.payload)
        if is_alias(str(payload.get("channel"))):  # in their direct messages
            payload |= {"channel": f"D0{person.id[2:]}", "channel_type": "im", "files": _files(person)}
            request = replace(request, channel=payload["channel"])
        if payload:
            payload["user"] = person.id
        return repr(answer(step.door.handler, made.app, replace(request, payload=payload))).replace(person.id, "ME")
    except (Refused, InvalidForm, Repeated) as no:
        return f"{type(no).__name__}: {no}"


def _is_refusal(answered: str) -> bool:
    return answered.startswith(("Refused", "InvalidForm"))


def _files(person: Person) -> list[dict[str, Any]]:
    return [{key: str(value).format(id=person.id) for key, value in FILE.items()} | {"size": 9}]


def _days_pass(made: World) -> None:
    world.move(made, made.app.now() + timedelta(days=3))
    for _ in range(50):
        if not timers.run_due(made.app):
            return


def _rows(made: World) -> Rows:
    return {name: rows for name, rows in stages.rows(made.app.store).items() if name != SEAL}


def _named(lines: Sequence[Any]) -> list[Any]:
    return [line for line in lines if any(word in repr(line) for word in (MARIA.id, TOM.id))]


def outlets(made: World) -> dict[str, str]:
    """Return all that leaves the database by another way than a message: exports, the report, metrics."""
    with made.app.store.read() as tx:
        exports = Exports(tx.connection)
        found = {f"{name} {kind}": _export(exports, name, kind) for name in VIEWS for kind in ("csv", "json")}
    metrics = PrometheusMetrics(made.app.store, made.app.now).text().decode()
    own = ("_created", "hypercare_process_")  # of this process: its memory, and when its counters began
    found["metrics"] = "\n".join(line for line in metrics.splitlines() if not any(name in line for name in own))
    found["report"] = repr(phase_report.report(made.app, "PAY"))
    return found


def _export(exports: Exports, name: str, kind: str) -> str:
    batches = getattr(exports, kind)(VIEWS[name], "PAY", private=bool(VIEWS[name].private))
    return "".join("".join(batch) for batch in batches)
