"""Small rules of the loop back: waiting times, answers, follow levels, macros, and what sounds broken."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.views.text import mention
from domain.conversations.following import FollowLevel, NewsKind
from domain.conversations.macros import expand
from domain.conversations.settings import PLACES, Macro
from domain.followup.verification import FixAnswer, answers, confirmed_by
from domain.followup.waiting import WaitingTimes, waiting_after
from domain.intake.chatter import says_still_broken
from domain.reporting.pitfalls import DEFAULT_THRESHOLDS, Pitfall, PitfallCheck
from domain.reporting.recurrence import failure_rate_ratio, fix_durability, fixes_of
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind
from domain.tickets.status import WaitingOn
from domain.tickets.ticket import Fix
from tests.tickets.test_transitions import ticket

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOURS = WorkCalendar.read("mon tue wed thu fri", "09:00-17:00", "UTC")
HOUR = timedelta(hours=1)


def event(kind: EventKind, hours: float, actor: str = "UJO", **data: str) -> Event:
    return Event(kind=kind, actor=actor, at=MONDAY + hours * HOUR, data=data)


def waiting_times(events: Sequence[Event], until: datetime) -> WaitingTimes:
    found = waiting_after(events, HOURS)
    assert found
    return found.until(until, HOURS)


LOG = [event(EventKind.OPENED, 0, "UMARIA", severity="high"), event(EventKind.ACKNOWLEDGED, 1),
       event(EventKind.WAITING, 3), event(EventKind.ANSWERED, 4, "UMARIA", to="acknowledged"),
       event(EventKind.RESOLVED, 6)]  # fmt: skip


def test_waiting_times_are_counted_for_each_side() -> None:
    found = waiting_times(LOG, MONDAY + 7 * HOUR)
    assert found
    assert (found.now, found.since) == (WaitingOn.REPORTER, MONDAY + 6 * HOUR)
    assert found.spent == {WaitingOn.TEAM: 5 * HOUR, WaitingOn.REPORTER: 2 * HOUR, WaitingOn.NO_ONE: timedelta(0)}


def test_an_unconfirmed_ticket_waits_on_no_one_until_it_is_reopened() -> None:
    given_up = [*LOG, event(EventKind.UNCONFIRMED, 100)]
    later = waiting_times([*given_up, event(EventKind.AFFECTED, 120)], MONDAY + 130 * HOUR)
    assert later.now is WaitingOn.NO_ONE
    again = waiting_times([*given_up, event(EventKind.REOPENED, 120, why="Again")], MONDAY + 130 * HOUR)
    assert again
    assert again.now is WaitingOn.TEAM


def test_silence_never_confirms_and_others_only_for_a_reporter_who_cannot_say() -> None:
    yes, pass_ = FixAnswer.YES, FixAnswer.CANNOT_CHECK
    assert confirmed_by("R", {}, over=True) is None
    assert confirmed_by("R", {"R": pass_}, over=True) is None
    assert confirmed_by("R", {"T": yes}, over=False) is None
    assert confirmed_by("R", {"T": yes, "R": pass_}, over=False) == "T"
    assert confirmed_by("R", {"T": yes}, over=True) == "T"
    assert confirmed_by("R", {"T": yes, "R": yes}, over=False) == "R"


def test_answers_count_for_the_fix_they_were_given_to() -> None:
    log = [event(EventKind.RESOLVED, 1), event(EventKind.WORKS_FOR_ME, 2, "T"), event(EventKind.RESOLVED, 5),
           event(EventKind.CANNOT_CHECK, 6, "R")]  # fmt: skip
    assert answers(log) == {"R": FixAnswer.CANNOT_CHECK}


@pytest.mark.parametrize(
    ("wants", "hears"),
    [
        (FollowLevel.ALL, [True, True, True]),
        (FollowLevel.CHANGES, [False, True, True]),
        (FollowLevel.RESOLUTION, [False, False, True]),
        (FollowLevel.NOTHING, [False, False, False]),
    ],
)
def test_followers_hear_what_they_want(wants: FollowLevel, hears: list[bool]) -> None:
    assert [wants.takes(news) for news in NewsKind] == hears


def test_every_place_of_a_macro_is_filled() -> None:
    text = " ".join(f"{{{name}}}" for name in PLACES)
    said = expand(Macro(name="all", text=text), ticket(owner="UJO"), "URAVI", mention)
    assert "{" not in said
    assert "<@URAVI>" in said
    with pytest.raises(ValueError, match="there is no value for tikcet"):
        Macro(name="wrong", text="{ticket} {tikcet}")


BROKEN = [
    "still broken",
    "It is still not working",
    "same error again",
    "doesn't work",
    "it happened again",
    "Not fixed, sorry",
    "The page is still empty",
    "no change",
    "The error is back",
    "I still cannot log in",
]
FINE = ["Thanks!", "thank you so much, works now", "works", "Great, I will tell the others",
        "ok thanks, that fixed it", "I'll check with Tom and come back to you", "I am back at my desk",
        "When is the next release?"]  # fmt: skip


@pytest.mark.parametrize("words", BROKEN)
def test_what_sounds_broken_is_asked_about(words: str) -> None:
    assert says_still_broken(words)


@pytest.mark.parametrize("words", FINE)
def test_thanks_do_not_open_it_again(words: str) -> None:
    assert not says_still_broken(words)


def test_fixes_that_did_not_last_are_told_apart_by_kind() -> None:
    """The Kaplan-Meier vector of F13, as days after a fix of a symptom; whatever stays is still watched."""
    now = MONDAY + timedelta(days=60)
    vector = [(1, 1), (2, 1), (3, 1), (4, 0), (5, 1), (8, 0), (9, 1), (12, 0)]
    found = []
    for days, failed in vector:
        at = now - timedelta(days=30) if failed else now - timedelta(days=days)
        resolved = Event(kind=EventKind.RESOLVED, actor="UJO", at=at, data={"fix": "symptom"})
        again = Event(kind=EventKind.REOPENED, actor="U", at=at + timedelta(days=days), data={"from": "resolved"})
        found += fixes_of([resolved, again] if failed else [resolved])
    found += [one for _ in range(40) for one in fixes_of([event(EventKind.RESOLVED, 1, fix="root_cause")])]
    kinds = fix_durability(found, now)
    assert (kinds[Fix.SYMPTOM].n, kinds[Fix.SYMPTOM].failed) == (8, 5)
    assert kinds[Fix.SYMPTOM].expected == pytest.approx(1 - 0.234, abs=0.001)
    assert (kinds[Fix.ROOT_CAUSE].n, kinds[Fix.ROOT_CAUSE].failed, kinds[Fix.ROOT_CAUSE].expected) == (40, 0, 0)
    assert failure_rate_ratio(kinds, Fix.SYMPTOM, Fix.ROOT_CAUSE) is None, "five failures are too few to compare"


def test_what_came_back_after_the_window_was_another_fault() -> None:
    late = event(EventKind.RECURRED, 24 * 20)
    found = fix_durability(fixes_of([event(EventKind.RESOLVED, 0, fix="symptom"), late]), MONDAY + timedelta(days=30))
    assert found[Fix.SYMPTOM].failed == 0


def test_a_pitfall_is_over_its_threshold_and_not_at_it() -> None:
    assert set(DEFAULT_THRESHOLDS) == set(Pitfall)
    for value, over in ((None, False), (10, False), (10.1, True)):
        assert PitfallCheck(pitfall=Pitfall.OVERLOAD, value=value, threshold=10).is_exceeded is over
