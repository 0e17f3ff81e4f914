"""No reporter waits in silence: they read how their ticket stands when the team has not written for too long."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.phases.phase import Phase
from domain.sla.clocks import REPORTER_UPDATES, SlaTarget, ticket_states
from domain.sla.silence import silence_after, status_due
from domain.sla.targets import policy_for
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Severity
from domain.tickets.types import TicketType
from tests.support.bot import BotWorkspace
from tests.support.days import passes, to_monday

K, HOUR, DAY = EventKind, timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PHASE = Phase(key="PAY", name="Payday", system="", triage_channel="C000001", oncall_channel="C000002",
              leads=("U0000LENA",))  # fmt: skip
POLICY = policy_for(PHASE, "", TicketType.BUG)
TEAM = {
    "idle": [],
    "normal": [K.ACKNOWLEDGED, K.STATUS, K.REPLIED, K.SEVERITY, K.ASSIGNED, K.AFFECTED],
    "busy": [K.ACKNOWLEDGED, K.STATUS, K.REPLIED, K.UPDATED, K.PROMISED, K.WAITING, K.ANSWERED, K.DEFERRED,
             K.RETURNED, K.RESOLVED, K.REOPENED, K.SEVERITY],
}  # fmt: skip


def event(kind: EventKind, at: datetime, **data: str) -> Event:
    return Event(kind=kind, actor="U0000JO", at=at, data=data)


def due_after(events: Sequence[Event]) -> datetime | None:
    state = [after for _, after in ticket_states(events)][-1]
    return status_due(silence_after(events), POLICY(state.severity, state.owner), state.status)


def two_weeks(done: Sequence[Event]) -> list[Event]:
    """What happens in two weeks: what people do, and between it what the bot tells the reporter when it is due."""
    log, ahead, end = [done[0]], list(done[1:]), MONDAY + 14 * DAY
    while True:
        due = due_after(log)
        following = ahead[0].at if ahead else end
        if due is not None and due < following:
            log.append(event(K.STATUS_TOLD, max(due, log[-1].at)))
        elif ahead:
            log.append(ahead.pop(0))
        else:
            return log


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    kinds = TEAM[draw(st.sampled_from(sorted(TEAM)))]
    severities = st.sampled_from(list(Severity))
    at = MONDAY + draw(st.integers(0, 72)) * HOUR
    done = [event(K.OPENED, at, severity=draw(severities).value)]
    steps = st.lists(st.tuples(st.integers(1, 4000), st.sampled_from(kinds)), max_size=12) if kinds else st.just([])
    for minutes, kind in draw(steps):
        at += timedelta(minutes=minutes)
        if at >= MONDAY + 14 * DAY:
            break
        data = {K.STATUS: {"to": "investigating"}, K.ANSWERED: {"to": "investigating"},
                K.SEVERITY: {"to": draw(severities).value}, K.ASSIGNED: {"owner": "U0000JO"}}  # fmt: skip
        done.append(event(kind, at, **data.get(kind, {})))
    return done


@settings(max_examples=200, deadline=None)
@given(histories())
def test_in_two_weeks_no_reporter_is_left_alone_and_none_is_flooded(done: list[Event]) -> None:
    log = two_weeks(done)
    told = [one.at for one in log if one.kind is K.STATUS_TOLD]
    assert len({at.date() for at in told}) == len(told), "the bot wrote twice on one day"
    ends = [*log[1:], event(K.AFFECTED, MONDAY + 14 * DAY)]
    heard, automatic, runs = MONDAY, list[datetime](), False
    for (one, state), following in zip(ticket_states(log), ends, strict=True):
        automatic += [one.at] * (one.kind is K.STATUS_TOLD)
        if one.kind in {*REPORTER_UPDATES, K.STATUS_TOLD} or not runs:
            heard = one.at
        runs, policy = state.status.sla_runs, POLICY(state.severity, state.owner)
        if not runs:
            continue
        # The receipt says that the reply comes within the acknowledge target.
        is_promised = state.status is Status.RECEIVED and not automatic
        latest = policy.calendar.add(heard, policy.targets[SlaTarget.ACKNOWLEDGE if is_promised else SlaTarget.UPDATE])
        if automatic:  # at most once a working day
            always = policy.calendar.is_always_open
            last = automatic[-1]
            latest = max(latest, last + DAY if always else policy.calendar.nth_working_day(last, 1)[0])
        # A severity that was raised may have made it late already; then it is said at once.
        assert following.at <= max(latest, one.at), "silent for longer than the severity allows"


def test_a_raised_severity_shortens_the_wait() -> None:
    opened = event(K.OPENED, MONDAY, severity="low")
    taken = event(K.ACKNOWLEDGED, MONDAY)
    assert due_after([opened, taken]) == MONDAY + 4 * DAY + 8 * HOUR
    raised = event(K.SEVERITY, MONDAY + HOUR, to="high")
    assert due_after([opened, taken, raised]) == MONDAY + 4 * HOUR


def test_the_reply_that_the_receipt_promises_comes_even_if_no_one_takes_the_ticket() -> None:
    opened = event(K.OPENED, MONDAY, severity="low")
    assert due_after([opened]) == MONDAY + 8 * HOUR
    told = event(K.STATUS_TOLD, MONDAY + 8 * HOUR)
    assert due_after([opened, told]) == MONDAY + 7 * DAY + 8 * HOUR, "the update target, in working time"


def test_nothing_is_told_while_it_is_the_reporters_turn_or_over() -> None:
    opened = event(K.OPENED, MONDAY, severity="high")
    for kind in (K.WAITING, K.DEFERRED, K.RESOLVED, K.WITHDRAWN, K.MERGED):
        assert due_after([opened, event(kind, MONDAY + HOUR)]) is None
    asked, answer = event(K.WAITING, MONDAY + HOUR), event(K.ANSWERED, MONDAY + 3 * HOUR, to="acknowledged")
    assert due_after([opened, asked, answer]) == MONDAY + 7 * HOUR


@pytest.mark.core
def test_the_reporter_of_a_ticket_that_no_one_takes_reads_where_it_stands(slack: BotWorkspace) -> None:
    to_monday(slack)
    maria, lena = slack.person("maria"), slack.user_id("lena")
    maria.reports("The export is empty", "high")
    thread = maria.dm.expects("Thank you")
    passes(slack, hours=1, minutes=1)
    told = thread.expects_reply("still unassigned")
    assert "We've asked the leads to assign it. We'll write here again by" in told.words
    card = slack.triage.expects("The export is empty")
    for hours in (7, 20, 24):  # later that day, and the next two days
        passes(slack, hours=hours)
    slack.quiet()
    mine = [one.words for one in thread.thread() if "still unassigned" in one.words]
    assert len(mine) == 3
    assert "It should have been resolved by" in mine[-1]
    assert card.expects_reply("its reporter is waiting for news").raw["text"].startswith(f"<@{lena}>")
    slack.person("jo").presses(card, "Acknowledge")
    thread.expects_reply("is looking into")


def test_an_owner_who_does_not_write_is_asked_and_the_reporter_knows(slack: BotWorkspace) -> None:
    to_monday(slack)
    maria = slack.person("maria")
    maria.reports("The export is empty", "high")
    card = slack.triage.expects("The export is empty")
    slack.person("jo").presses(card, "Acknowledge")
    thread = maria.dm.expects("Thank you")
    thread.expects_reply("is looking into")
    passes(slack, hours=4, minutes=1)
    told = thread.expects_reply("There's no news yet, so we've asked Jo Adler for an update")
    assert f"<@{slack.user_id('jo')}>" in told.raw["text"]
    assert any("missed its update target" in one.words for one in card.thread())
    slack.person("jo").replies(card, ">> The file server was full")
    thread.expects_reply("file server was full")
    passes(slack, hours=1)
    assert len([one for one in thread.thread() if "no news yet" in one.words]) == 1
