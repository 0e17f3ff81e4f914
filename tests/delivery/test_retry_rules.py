"""When a message is retried, and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.slack_errors import slack_failure
from domain.delivery.message import MAX_PAUSE, Failure, FailureKind, Lane, MessageKind, OutboxMessage, next_attempt

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def message(attempts: int = 1) -> OutboxMessage:
    lane = Lane(id=1, name="team:1", channel="C1")
    return OutboxMessage(
        id=1, lane=lane, verb=MessageKind.POST, payload={}, priority=0, created_at=NOW, attempts=attempts
    )


def test_retry_after_is_honoured_in_full() -> None:
    assert next_attempt(message(), slack_failure("ratelimited", retry_after=77), NOW) == NOW + timedelta(seconds=77)


@pytest.mark.parametrize("reason", ["channel_not_found", "is_archived", "invalid_blocks", "msg_too_long", "no_text"])
def test_what_can_never_work_is_not_tried_again(reason: str) -> None:
    assert next_attempt(message(), slack_failure(reason), NOW) is None


@pytest.mark.parametrize("reason", ["internal_error", "service_unavailable", "ratelimited", "token_revoked"])
def test_what_may_work_later_is_tried_at_growing_intervals_for_ever(reason: str) -> None:
    waits = [next_attempt(message(attempts), slack_failure(reason), NOW) for attempts in (1, 2, 3, 40)]
    assert waits == [
        NOW + timedelta(seconds=2),
        NOW + timedelta(seconds=4),
        NOW + timedelta(seconds=8),
        NOW + MAX_PAUSE,
    ]


def test_an_unreadable_answer_is_given_up_after_the_last_attempt() -> None:
    unreadable = Failure("unreadable_answer", kind=FailureKind.UNREADABLE)
    assert next_attempt(message(11), unreadable, NOW) is not None
    assert next_attempt(message(12), unreadable, NOW) is None


def test_a_lost_answer_is_tried_again_for_ever() -> None:
    assert next_attempt(message(99), Failure("no_answer", kind=FailureKind.OUTAGE), NOW) == NOW + MAX_PAUSE
