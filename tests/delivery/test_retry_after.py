"""Retry-After is kept for every call to Slack, by whatever part of the bot it is made."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.transport.pauses import CallPauses
from tests.support.bot import BotWorkspace
from tests.support.days import passes

METHODS: dict[str, dict[str, Any]] = {
    "users.info": {"user": "U1"},
    "users.list": {},
    "usergroups.users.list": {"usergroup": "S1"},
    "conversations.members": {"channel": "C1"},
    "conversations.open": {"users": "U1"},
    "views.publish": {"user_id": "U1", "view": {}},
    "views.open": {"trigger_id": "1", "view": {}},
    "reactions.add": {"channel": "C1", "name": "eyes", "timestamp": "1.1"},
    "chat.postMessage": {"channel": "C1", "text": "x"},
    "chat.postEphemeral": {"channel": "C1", "text": "x", "user": "U1"},
    "dnd.teamInfo": {"users": "U1"},
    "auth.teams.list": {},
}


@pytest.mark.parametrize("given", [30, "30", None, "soon", -1, ""])
def test_a_pause_lasts_as_long_as_slack_says_or_else_half_a_minute(given: object) -> None:
    now = [datetime(2026, 3, 2, tzinfo=UTC)]
    pauses = CallPauses(lambda: now[0])
    assert pauses.note("users.info", {}, given) == 30
    assert pauses.remaining("users.info", {"user": "U1"}) == 30
    assert pauses.remaining("users.list", {}) == 0
    now[0] += timedelta(seconds=29, milliseconds=1)
    assert pauses.remaining("users.info", {}) == 1
    now[0] += timedelta(seconds=1)
    assert pauses.remaining("users.info", {}) == 0


def test_a_pause_of_messages_is_for_one_channel() -> None:
    pauses = CallPauses(lambda: datetime(2026, 3, 2, tzinfo=UTC))
    pauses.note("chat.postMessage", {"channel": "C1"}, 5)
    assert pauses.remaining("chat.postMessage", {"channel": "C1"}) == 5
    assert pauses.remaining("chat.postMessage", {"channel": "C2"}) == 0
    assert pauses.remaining("chat.update", {"channel": "C1"}) == 0


def test_no_method_is_called_again_before_its_time(slack: BotWorkspace) -> None:
    aio, sync = slack.application._clients.slack, slack.application._clients.web_client(3)
    slack.quiet()
    for method, arguments in METHODS.items():
        slack.fails(method, status=429, retry_after=60, times=1)
        before = len(slack.calls(method))
        first = slack.loop.run(aio.call(method, arguments))
        again = slack.loop.run(aio.call(method, arguments))
        with pytest.raises(SlackApiError) as refused:
            sync.api_call(method, json=arguments)
        assert first == {"ok": False, "error": "ratelimited", "retry_after": 60}, method
        assert again["error"] == "ratelimited", method
        assert 50 < again["retry_after"] <= 60, method
        assert refused.value.response["error"] == "ratelimited", method
        assert len(slack.calls(method)) == before + 1, method
    passes(slack, minutes=2)
    assert slack.loop.run(aio.call("auth.teams.list", {}))["ok"]
