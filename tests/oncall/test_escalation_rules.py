"""The escalation's state machine, in examples and against a small model with random policies and answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.oncall import escalation as machine
from domain.oncall.escalation import Escalation, EscalationAction, EscalationState
from domain.oncall.settings import EscalationPolicy, EscalationStep

MONDAY = datetime(2026, 3, 2, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TWO = EscalationPolicy(
    name="two",
    steps=(EscalationStep(targets=("U0000A",), wait="5m"), EscalationStep(targets=("U0000B", "U0000C"), wait="10m")),
    repeat=1,
)


def begun(policy: EscalationPolicy = TWO) -> Escalation:
    return machine.start(1, policy, by="U0000M", at=MONDAY)


def runs(e: Escalation, until: int, since: int = 0) -> tuple[Escalation, list[tuple[int, EscalationAction]]]:
    """Advance it every minute of a period; return it with (minute, action)."""
    done = []
    for minute in range(since, until + 1):
        while True:
            e, action = machine.advance(e, MONDAY + minute * MINUTE)
            if action is None:
                break
            done.append((minute, action))
    return e, done


def test_without_an_answer_every_step_is_taken_until_it_is_exhausted() -> None:
    e, done = runs(begun(), 60)
    steps = [(m, EscalationAction.STEP) for m in (0, 5, 15, 20)]
    assert done == [*steps, (30, EscalationAction.EXHAUSTED)]
    assert e.state is EscalationState.EXHAUSTED
    assert machine.upcoming_step(e) is None


def test_without_a_repeat_limit_it_never_stops() -> None:
    _, done = runs(begun(TWO.model_copy(update={"repeat": None})), 300)
    assert [m for m, _ in done] == sorted([*range(0, 301, 15), *range(5, 301, 15)])


def test_a_silent_owner_is_asked_and_then_it_escalates_again() -> None:
    e, _ = runs(begun(), 3)
    e = machine.acknowledge(e, by="U0000A", at=MONDAY + 3 * MINUTE)
    e, done = runs(e, 43, since=4)
    assert done == [(33, EscalationAction.ASK), (43, EscalationAction.LAPSE), (43, EscalationAction.STEP)]
    assert (e.state, e.owner, e.round) == (EscalationState.ESCALATING, None, 0)


def test_activity_restarts_the_silence_and_a_pause_stops_it() -> None:
    e = machine.acknowledge(begun(), by="U0000A", at=MONDAY)
    e, _ = runs(e, 35)
    assert e.state is EscalationState.ASKED
    e = machine.acknowledge(e, by="U0000A", at=MONDAY + 36 * MINUTE)
    e, done = runs(e, 65, since=37)
    assert (e.state, done) == (EscalationState.OWNED, [])
    _, done = runs(machine.pause(e), 10_000, since=66)
    assert done == []


def test_the_next_step_is_taken_once_all_notified_people_have_declined() -> None:
    e, _ = runs(begun(), 5)
    e = machine.notify(e, ["U0000B", "U0000C"])
    e = machine.decline(e, by="U0000B", at=MONDAY + 6 * MINUTE)
    e, done = runs(e, 6, since=6)
    assert done == []
    e = machine.decline(e, by="U0000C", at=MONDAY + 7 * MINUTE)
    _, done = runs(e, 7, since=7)
    assert done == [(7, EscalationAction.STEP)]


def test_the_owner_may_give_it_back() -> None:
    e, _ = runs(begun(), 0)
    e = machine.decline(machine.acknowledge(e, by="U0000A", at=MONDAY), by="U0000A", at=MONDAY + MINUTE)
    e, done = runs(e, 1, since=1)
    assert done == [(1, EscalationAction.STEP)]
    assert e.declined == ("U0000A",)


def test_a_snooze_ends() -> None:
    e, _ = runs(begun(), 2)
    e = machine.snooze(e, by="U0000A", until=MONDAY + 20 * MINUTE)
    _, done = runs(e, 20, since=3)
    assert done == [(20, EscalationAction.SNOOZE_OVER), (20, EscalationAction.STEP)]


def test_an_ended_escalation_does_nothing() -> None:
    e, _ = runs(begun(), 2)
    _, done = runs(machine.end(e), 10_000, since=3)
    assert done == []


def test_after_a_long_outage_one_step_is_taken_and_not_all() -> None:
    _, done = runs(begun(TWO.model_copy(update={"repeat": None})), 200, since=180)
    assert [m for m, _ in done] == [180, 185, 195, 200]


class Model:
    """The same in plain numbers: minutes, a mode, and a list of (minute, action)."""

    def __init__(self, waits: list[int], repeat: int | None, silence: int, answer: int) -> None:
        self.waits, self.repeat, self.silence, self.answer = waits, repeat, silence, answer
        self.have, self.place, self.due, self.said = "", 0, 0, list[tuple[int, str]]()
        self.mode, self.refused = "up", set[str]()

    def look(self, now: int) -> None:
        while self.mode not in ("over", "rest", "exhausted") and self.due <= now:
            getattr(self, f"_{self.mode}")(now)

    def _up(self, now: int) -> None:
        count = len(self.waits)
        if self.repeat is not None and self.place >= count * (self.repeat + 1):
            self.said.append((now, "exhausted"))
            self.mode = "exhausted"
            return
        if self.place and self.place % count == 0:
            self.refused.clear()
        self.said.append((now, "step"))
        self.due = now + self.waits[self.place % count]
        self.place += 1

    def _mine(self, now: int) -> None:
        self.said.append((now, "ask"))
        self.mode, self.due = "asked", now + self.answer

    def _asked(self, now: int) -> None:
        self.said.append((now, "lapse"))
        self.mode, self.place, self.due = "up", 0, now
        self.refused.clear()

    def _quiet(self, now: int) -> None:
        self.said.append((now, "snooze_over"))
        self.mode, self.due = "up", now
        self.refused.clear()

    def does(self, what: str, now: int) -> None:
        if self.mode == "over":
            return
        if what == "hold":
            self.mode, self.due = ("mine", now + self.silence) if self.silence else ("rest", 0)
        elif what == "pass" and self.mode in ("mine", "asked", "rest"):
            self.mode, self.due = "up", now
            self.refused.add("U0000A")
        elif what == "pass":
            self.refused.add("U0000A")
            if self.mode == "up":
                self.due = now
        elif what == "snooze":
            self.mode, self.due = "quiet", now + 7
        elif what == "end":
            self.mode = "over"


def does(e: Escalation, what: str, at: datetime) -> Escalation:
    match what:
        case "hold":
            return machine.acknowledge(e, by="U0000A", at=at)
        case "pass":
            return machine.decline(e, by="U0000A", at=at)
        case "snooze":
            return machine.snooze(e, by="U0000A", until=at + 7 * MINUTE)
        case "end":
            return machine.end(e)
    return replace(e)  # what a restart reads back


ACTIONS = st.lists(st.tuples(st.integers(1, 15), st.sampled_from(["hold", "pass", "snooze", "away", "restart", "end"])),
                 max_size=12)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.sampled_from([None, 0, 1, 3]),
       st.sampled_from([0, 4, 11]), st.integers(1, 5), ACTIONS)  # fmt: skip
def test_it_acts_like_a_small_model_at_the_same_minutes(
    waits: list[int], repeat: int | None, silence: int, answer: int, actions: list[tuple[int, str]]
) -> None:
    steps = tuple(EscalationStep(targets=("U0000A",), wait=f"{w}m") for w in waits)
    said_silence = f"{silence}m" if silence else "none"
    policy = EscalationPolicy(name="p", steps=steps, repeat=repeat, silence=said_silence, answer=f"{answer}m")
    model, e, said, versions = Model(waits, repeat, silence, answer), begun(policy), list[tuple[int, str]](), [0]
    now = 0

    def looks(until: int, since: int) -> None:
        nonlocal e
        for minute in range(since, until + 1):
            model.look(minute)
            e, done = runs(e, minute, since=minute)
            e = machine.notify(e, ["U0000A"])
            said.extend((m, str(action)) for m, action in done)

    looks(0, 0)
    for pause, what in actions:
        if what == "away":  # nothing advances it meanwhile
            now += pause
            looks(now, now)
            continue
        looks(now + pause, now + 1)
        now += pause
        at = MONDAY + now * MINUTE
        model.does(what, now)
        if e.is_live:
            e = does(e, what, at)
        versions.append(e.version)
        looks(now, now)
    looks(now + 60, now + 1)
    assert said == model.said
    assert versions == sorted(versions)
