"""Every door is sent what is malformed, incomplete, late, repeated and out of order, as Slack would deliver it.

The doors are those of doors.py, which has each entry of the handler tables. Slack's payload of each is made from its
scenario. What the adapters read is the same for all doors of a kind and spoilt once; what the handler of a door reads
is spoilt for every door. That a repeated delivery comes to the same end for every door is in test_commit_points.py.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import pytest

from domain.address import is_person
from tests.trust import stages
from tests.trust.doors import DOORS, Door
from tests.trust.faults import Fuse
from tests.trust.slack_side import Outcome, Payload, SlackSide, payload_of, slack_of
from tests.trust.stages import Make
from tests.trust.world import BOT, EVERY_MESSAGE, MARIA, TICKETS, World

Path = tuple[str | int, ...]
ODD: tuple[Any, ...] = (None, [], {}, "", 0, "9" * 400, [None], {"id": None}, True, "no such thing", "U0NOSUCH")
# Each delivery ends in exactly one of these lines.
ENDS = {"request_handled", "request_refused", "request_repeated", "request_unknown", "http_request_refused",
        "event_without_person", "late_message_gone",
        "step_without_run"}  # fmt: skip
OWN = {"command": ("text",), "action": ("view",), "view": ("view",), "event": ("event",), "shortcut": ("message",),
       "step": ("event",)}  # fmt: skip
IN_VIEW = ("private_metadata", "state")  # what handlers read of a form; the rest is the same for all
# `make fuzz` spoils every part of every door and tries every ticket; else each door has its share of both.
WHOLE = "HYPERCARE_FUZZ" in os.environ
MAX_PARTS, MAX_TICKETS = (1_000, len(TICKETS)) if WHOLE else (2, 1)
DEEP = 7  # parts of a payload below this many others are values that no handler reads apart


@dataclass(slots=True)
class Scene:
    """A world, Slack's side of it, and a fuse that undoes what is done."""

    world: World
    slack: SlackSide
    fuse: Fuse

    def deliver(self, payload: Payload) -> Outcome:
        """Deliver a payload whose effects are undone."""
        self.fuse.undoes, self.fuse.effects = True, 0
        try:
            return self.slack.deliver(payload)
        finally:
            self.fuse.undoes = False


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.sqlite(tmp_path_factory.mktemp("input") / "world.db")


@pytest.fixture
def scene(make: Make, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    fuse = Fuse()
    with make(fuse) as made, slack_of(made, monkeypatch) as slack:
        slack.message = {**SAID, "ts": "2000000000.000001"}
        yield Scene(made, slack, fuse)


@pytest.mark.long
@pytest.mark.parametrize("kind", OWN)
def test_what_is_malformed_or_missing_has_one_clear_end(scene: Scene, kind: str) -> None:
    wrong, spoilt = list[str](), set[Path]()
    for door in (door for door in DOORS if door.kind == kind):
        payload = payload_of(door, scene.world)
        common = [path for path in parts(payload) if not is_of_handler(door, path) and path not in spoilt]
        own = [path for path in parts(payload) if is_of_handler(door, path)]
        spoilt.update(common)
        for number, path in enumerate((*common, *share(own, door.label))):
            for case, bad in spoilings(payload, path, drawn(door.label, path) + number):
                problem = complaint(door, scene.deliver(bad), scene.fuse)
                wrong += [f"{door.label} {'/'.join(map(str, path))} {case}: {problem}"] if problem else []
    assert not wrong, "\n".join(wrong)


def spoilings(payload: Payload, path: Path, number: int) -> list[tuple[str, Payload]]:
    """Return the payload without that part, and with an odd one; by turns if not everything is tried."""
    odd = ODD[number // 2 % len(ODD)]
    both = [("missing", without(payload, path)), (f"{odd!r:.20}", changed(payload, path, odd))]
    return both if WHOLE else [both[number % 2]]


def share(paths: list[Path], label: str) -> list[Path]:
    """Return some of the parts that a handler reads, others for each door."""
    return sorted(paths, key=lambda path: drawn(label, path))[:MAX_PARTS]


def drawn(*about: object) -> int:
    return crc32(repr(about).encode())


@pytest.mark.long
def test_what_comes_when_its_ticket_has_moved_on_has_one_clear_end(scene: Scene) -> None:
    wrong = list[str]()
    for door in DOORS:
        if door.about not in TICKETS or door.kind == "event":
            continue
        for number in range(MAX_TICKETS):
            name = TICKETS[(drawn(door.label) + number) % len(TICKETS)]
            target = scene.world.ids[name], scene.world.names[name]
            outcome = scene.deliver(payload_of(door, scene.world, target))
            problem = complaint(door, outcome, scene.fuse)
            wrong += [f"{door.label} on {name}: {problem}"] if problem else []
    assert not wrong, "\n".join(wrong)


def test_a_form_that_opens_too_late_is_answered_all_the_same(scene: Scene) -> None:
    """Where Slack opens no form and nothing else can be answered, a direct message says so."""
    scene.slack.refuses = dict.fromkeys(("views.open", "views.push"), "expired_trigger_id")
    wrong, asked = list[str](), 0
    for door in DOORS:
        if door.kind not in ("command", "action", "shortcut") or (drawn(door.label) % 3 and not WHOLE):
            continue
        outcome = scene.deliver(payload_of(door, scene.world))
        tried = any(name in scene.slack.refuses for name, _ in outcome.calls)
        said = outcome.answer or any(name == "respond" for name, _ in outcome.calls) or scene.fuse.effects
        asked += tried
        wrong += [door.label] if tried and not said else []
    assert asked > 15
    assert not wrong, "\n".join(wrong)


def test_an_answer_that_comes_too_late_is_logged_once(scene: Scene) -> None:
    scene.slack.refuses = {"respond": "expired_url"}
    door = next(door for door in DOORS if door.label == "action known")
    outcome = scene.deliver(payload_of(door, scene.world))
    assert [line["event"] for line in outcome.lines if line["log_level"] == "warning"] == ["answer_not_delivered"]


@pytest.mark.parametrize("label", ["command ack", "action acknowledge", "view resolve", "event app_mention",
                                   "event message answer", "event reaction_added acknowledges"])  # fmt: skip
def test_what_is_delivered_again_is_recognised(scene: Scene, label: str) -> None:
    door = next(door for door in DOORS if door.label == label)
    payload = payload_of(door, scene.world)
    scene.slack.message = payload.get("event")
    assert scene.slack.deliver(payload).status == 200
    scene.fuse.effects = 0
    again = scene.slack.deliver(payload, retry=1)
    assert (again.status, scene.fuse.effects) == (200, 0)
    assert complaint(door, again, scene.fuse) == ""


SAID = {"type": "message", "user": MARIA.id, "channel": EVERY_MESSAGE, "text": "My IBAN on floor three is wrong"}


@pytest.mark.parametrize("way", ["message", "app_mention"])
@pytest.mark.parametrize("sign", ["delivered again", "late"])
def test_a_message_that_was_changed_before_its_event_came_is_as_it_stands(scene: Scene, way: str, sign: str) -> None:
    at = scene.world.app.now().timestamp() - (60 if sign == "late" else 0)
    said = {**SAID, "type": way, "ts": f"{at:.6f}", "text": f"<@{BOT}> {SAID['text']}"}
    retry = int(sign == "delivered again")
    body = {"type": "event_callback", "event_id": "Ev1", "event_time": 1, "event": said}
    edit = {"type": "message", "subtype": "message_changed", "channel": EVERY_MESSAGE, "previous_message": said,
            "message": {**said, "text": "It is wrong on floor three"}}  # fmt: skip
    assert scene.slack.deliver({**body, "event_id": "Ev0", "event": edit}).events("error") == []
    scene.slack.message = None  # it was deleted
    assert "late_message_gone" in scene.slack.deliver(body, retry).events()
    assert newest(scene.world) != 13
    scene.slack.message = {**said, "type": "message", "text": f"<@{BOT}> It is wrong on floor three"}
    assert "request_handled" in scene.slack.deliver(body, retry).events()
    with scene.world.app.store.read() as tx:
        ticket = tx.tickets.get_ticket(newest(scene.world))
    assert "IBAN" not in str(ticket.report)
    assert "floor three" in ticket.report.summary


def newest(world: World) -> int:
    with world.app.store.read() as tx:
        return max(ticket.id for ticket in tx.tickets.list_open([1, 2, 3]))


def parts(value: Any, at: Path = ()) -> Iterator[Path]:
    """Yield the place of each part of a payload, of lists the first one. The blocks of a form are one part."""
    inside: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inside = [*value.items()]
    elif isinstance(value, list):
        inside = [*enumerate(value[:1])]
    for key, part in inside:
        yield (*at, key)
        if len(at) < DEEP and (*at, key) != ("view", "blocks"):
            yield from parts(part, (*at, key))


def is_of_handler(door: Door, path: Path) -> bool:
    """Return whether the handler of the door reads this part, and no adapter."""
    if door.kind == "action" and path[:1] == ("actions",):
        return path[2:] == ("value",)
    if path[:1] == ("view",):
        return len(path) > 1 and path[1] in IN_VIEW and path[-1] != "type"
    return path[0] in OWN[door.kind]


def without(payload: Any, path: Path) -> Any:
    """Return a copy without that part."""
    key, rest = path[0], path[1:]
    if rest:
        return changed(payload, (key,), without(payload[key], rest))
    if isinstance(payload, list):
        return [one for number, one in enumerate(payload) if number != key]
    return {name: one for name, one in payload.items() if name != key}


def changed(payload: Any, path: Path, part: Any) -> Any:
    """Return a copy in which that part is another."""
    key, rest = path[0], path[1:]
    now = changed(payload[key], rest, part) if rest else part
    if isinstance(payload, list):
        return [now if number == key else one for number, one in enumerate(payload)]
    return {**payload, key: now}


def complaint(door: Door, outcome: Outcome, fuse: Fuse) -> str:
    """Return what is wrong with the end of a delivery; empty when it is clear, logged once and answered.

    A step of a workflow is answered by what is queued, and the fuse counts that.
    """
    ends = [event for event in outcome.events() if event in ENDS]
    if errors := [line for line in outcome.lines if line["log_level"] == "error"]:
        return f"{errors[0]['event']} {errors[0].get('error')} {errors[0].get('where', '')}"
    if outcome.status not in (200, 400):
        return f"status {outcome.status}"
    if len(ends) != 1 and not is_link(outcome):
        return f"it ended in {ends}"
    answered = fuse.effects > 0 if door.kind == "step" else outcome.is_answered
    if door.kind != "event" and ends in (["request_refused"], ["request_unknown"]) and not answered:
        return "it was refused without an answer"
    strangers = [args for name, args in outcome.calls if name == "chat.postEphemeral" and not is_person(args["user"])]
    return f"no person was answered: {strangers}" if strangers else ""


def is_link(outcome: Outcome) -> bool:
    """Return whether nothing was asked for: a link was followed, or an event is of a kind that no handler knows."""
    return outcome.status == 200 and not outcome.lines and not outcome.calls
