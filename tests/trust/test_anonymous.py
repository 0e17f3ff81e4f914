"""An anonymous report does not tell who wrote it: two worlds that differ only in that stay equal, whatever happens.

In one world Maria wrote it, in the other Tom. Everything that can be read comes from the tables, so what is compared is
every row of every table but the seal, and every answer. The actions are the doors of the registry.
"""

import asyncio
import random
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
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

from bot import cli
from bot.app.application import Application
from bot.services.intake import duplicates, intake
from bot.services.operations import timers
from bot.services.tickets import aliases, work
from bot.settings.settings import Settings
from bot.shared_clock import SharedClock
from bot.views.form import InvalidForm
from bot.workers.message_sender import MessageSender
from domain.address import is_alias
from domain.delivery.message import MessageKind, OutboxMessage
from domain.errors import Refused, Repeated
from domain.phases.permissions import Person
from domain.tickets.ticket import Intake, Report, Severity
from handlers.errors import answer
from tests.trust import anonymous_world, outlets, stages, world
from tests.trust.doors import DOORS, Door
from tests.trust.faults import Fuse
from tests.trust.stages import Make, Rows
from tests.trust.world import ANN, JO, LENA, MARIA, RAVI, TICKETS, TOM, World

OTHERS, SUSPECTS = (ANN, JO, LENA), (MARIA, TOM)
SEAL = "sealed_identities"
FILE = {"id": "F0SECRET01", "name": "{id}-salaries.png", "size": 9, "user": "{id}", "mode": "hosted",
        "permalink": "https://w.slack.com/files/{id}/F0SECRET01/{id}-salaries.png"}  # fmt: skip
LOT = random.Random(0)


@dataclass(frozen=True, slots=True)
class Step:
    """A door that is used with what belongs to the anonymous ticket, by who wrote it where `person` is None."""

    door: Door
    person: Person | None

    @property
    def label(self) -> str:
        return f"{self.door.label} by {self.person.id if self.person else 'the reporter'}"


def every_step() -> Iterator[Step]:
    """Yield each door with a lead and the person of its scenario, and what can be done with a ticket with everybody."""
    for door in DOORS:
        people = [None, *OTHERS] if door.about in TICKETS else [LENA]
        own = [] if door.person in (*SUSPECTS, *people) else [door.person]
        yield from (Step(door, person) for person in (*people, *own))


EVERY_STEP = [*every_step()]
WORKED = [next(step for step in EVERY_STEP if step.label == label) for label in (
    "action acknowledge by U0JO000", "event message answer by the reporter", "view escalate by U0LENA0",
    "view reply by U0JO000", "view resolve by U0JO000", "action reopen by the reporter")]  # fmt: skip
# What shows that an outlet has something to tell of the ticket.
SHOWN = {
    **dict.fromkeys(("GET /api/v1/tickets", "GET /api/v1/tickets/{name}", "export tickets csv", "export tickets jsonl",
                     "export tickets parquet", "export events csv", "export comments csv", "model article",
                     "model summary", "tracker jira", "tracker servicenow", "sender hooks"),
                    "PAY-7"),
    "GET /api/v1/tickets/{name}/events": "escalated", "sender mails": "eva@customer.example", "sender teams": "PAY-7",
    "command outbox list": "reporter:7", "command fishbone": "The queue", "command exit export": "escalated",
}  # fmt: skip


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Make, Make]:
    folder: Path = tmp_path_factory.mktemp("anonymous")
    with pytest.MonkeyPatch.context() as patched:
        _draw_alike(patched)
        made = []
        for person in SUSPECTS:
            LOT.seed(0)
            made.append(anonymous_world.sqlite(folder / f"{person.id}.db", person))
        return made[0], made[1]


class Run:
    """Runs commands on the database of a world, at its time."""

    def __init__(self, patch: pytest.MonkeyPatch, printed: pytest.CaptureFixture[str]) -> None:
        self._patch, self._printed = patch, printed

    def on(self, made: World) -> Callable[..., str]:
        self._patch.setenv("HYPERCARE_DATABASE", made.app.store.engine.url.render_as_string(hide_password=False))
        self._patch.setattr(SharedClock, "__call__", lambda _clock: made.app.now())
        return self._run

    def _run(self, *words: str) -> str:
        self._printed.readouterr()
        status = cli.main(words)
        said = self._printed.readouterr()
        assert status == 0, said.err
        return said.out


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


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
    monkeypatch.setattr(secrets, "token_urlsafe", lambda size=32: LOT.randbytes(size).hex())
    monkeypatch.setattr(secrets, "randbits", LOT.getrandbits)
    monkeypatch.setattr(secrets, "SystemRandom", lambda: LOT)


@pytest.mark.long
def test_no_action_has_an_outcome_that_depends_on_who_it_was(pair: tuple[Make, Make], log: LogCapture) -> None:
    wrong = list[str]()
    with ExitStack() as opened:
        worlds = _open(opened, pair)
        assert not stages.difference(*(_rows(made) for made in worlds))
        for step in EVERY_STEP:
            before = [_effects(made) for made in worlds]
            answers = [_played(made, step) for made in worlds]
            differ = ["the answer"] if answers[0] != answers[1] else []
            if before != [_effects(made) for made in worlds]:
                differ += stages.difference(*(_rows(made) for made in worlds))
                opened.pop_all().close()
                worlds = _open(opened, pair)
            wrong += [f"{step.label}: {', '.join(differ)}"] if differ else []
    assert not wrong, "\n".join(wrong)
    assert log.entries
    assert not _named(log.entries)


@pytest.mark.long
@settings(max_examples=4, deadline=None, phases=[Phase.generate],
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
        everything = repr([_rows(made) for made in worlds])
        assert FILE["id"] not in everything
        assert "salaries.png" not in everything
    assert not _named(log.entries)


@pytest.mark.long
def test_no_outlet_tells_who_it_was(pair: tuple[Make, Make], log: LogCapture, run: Run, tmp_path: Path) -> None:
    """Whatever leaves the bot is read, after the team has worked and days have passed: it shows the ticket alike."""
    with ExitStack() as opened:
        shown = list[dict[str, str]]()
        for made in _open(opened, pair):
            LOT.seed(0)
            for step in WORKED:
                assert not _played(made, step).startswith(("Refused", "InvalidForm")), step.label
            _days_pass(made)
            LOT.seed(0)
            by = outlets.Reader(made, run.on(made), tmp_path / made.anonymous.id)
            by.folder.mkdir()
            shown.append({name: show(by) for name, show in outlets.READ.items()} | outlets.sent(made))
    assert [one for one in shown[0] if shown[0][one] != shown[1][one]] == []
    assert [one for one, text in SHOWN.items() if text not in shown[0][one]] == []
    assert not _named(log.entries)


def test_every_outlet_is_read(tmp_path: Path) -> None:
    made = Application(Settings(bot_token="xoxb-1", app_token="xapp-1", database=f"sqlite:///{tmp_path / 'bot.db'}"))
    lines = outlets.missing(made)
    made._release()
    assert lines == []


def test_every_door_is_used_with_what_belongs_to_the_ticket() -> None:
    about = {door.about for door in DOORS}
    assert about <= {*anonymous_world.BELONGS, *anonymous_world.AS_IT_IS}, "add it to tests/trust/anonymous_world.py"
    assert {*anonymous_world.BELONGS, *anonymous_world.AS_IT_IS} - {*TICKETS} <= about


@pytest.mark.parametrize("suspect", SUSPECTS)
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


def test_who_works_on_their_own_anonymous_report_is_not_called_its_reporter(pair: tuple[Make, Make]) -> None:
    """Beside the name of the owner, "The reporter acknowledged it" would tell that both are one person."""
    with ExitStack() as opened:
        made, _ = _open(opened, pair)
        app, report = made.app, Report(summary="The till lies", severity=Severity.LOW, happened="It does")
        ticket = intake.open_ticket(app, report, person=JO, phase_key="PAY", intake=Intake.COMMAND, anonymous=True)
        work.acknowledge(app, ticket.id, JO)
        work.reply(app, ticket.id, JO, "I look into it", "a reply")
        work.assign(app, ticket.id, LENA, RAVI.id)
        said = [row for row in stages.rows(app.store)["outbox_messages"] if ticket.name in str(row)]
    assert [row for row in said if "look into it" in str(row)]
    assert not [row for row in said if re.search(r"[Tt]he reporter (acknowledged|replied|wrote|assigned|is)", str(row))]


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
    thing = anonymous_world.BELONGS.get(step.door.about, step.door.about)
    target = (made.ids[thing], made.names.get(thing, "")) if thing else None
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


def _effects(made: World) -> int:
    return made.app.store.fuse.effects  # type: ignore[attr-defined, no-any-return]


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
