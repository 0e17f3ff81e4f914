"""The connection to Slack is refreshed, cut and refused without losing requests."""

from typing import Any

import pytest

from bot.transport import socket
from tests.support.bot import BotWorkspace
from tests.support.control import eventually

pytestmark = pytest.mark.shape("socket")  # HTTP mode has no connection of its own


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "abort", "too_many_websockets"])
def test_every_command_is_answered_while_the_connection_changes(slack: BotWorkspace, reason: str) -> None:
    """Ten commands and four reports, with the connection gone or going before each of four of them."""
    maria = slack.person("maria")
    for n in range(4):
        slack.control.post("disconnect", reason=reason)
        for _ in range(2):
            eventually(lambda: "report" in str(maria.types("/hypercare help")), "an answer")
        eventually(lambda: slack.control.get("state")["ready"], "a connection")
        maria.reports(f"Problem {n}")
    slack.control.post("clock", advance=20)
    slack.quiet()
    assert len(slack.triage.messages()) == 4


def test_an_answer_goes_back_by_the_connection_that_the_question_came_by(slack: BotWorkspace) -> None:
    """The question is on its way while Slack asks for a new connection; Slack waits for the answer on the old one."""
    maria = slack.person("maria")
    for _ in range(5):
        slack.control.post("disconnect", reason="refresh_requested")
        assert "What would you like" in str(maria.types("/hypercare"))


def test_slack_refuses_a_connection_for_a_while(slack: BotWorkspace) -> None:
    slack.fails("apps.connections.open", times=2, error="internal_error")
    slack.control.post("disconnect", reason="abort")
    maria = slack.person("maria")
    eventually(lambda: slack.control.get("state")["ready"], "a connection")
    assert "What would you like" in str(maria.types("/hypercare"))
    assert len(slack.calls("apps.connections.open")) >= 4


@pytest.mark.shape("socket", "sqlite")
@pytest.mark.parametrize("answer", [
    {"status": 500}, {"status": 503}, {"status": 403, "body": "<html>"}, {"status": 200, "body": "<html>"},
    {"status": 429, "retry_after": 1}, {"body": "[]"}, {"body": "7"}, {"body": {"ok": True}},
    {"body": {"ok": True, "url": 5}}, {"body": {"ok": True, "url": "no address"}},
    {"body": {"ok": True, "url": "ws://127.0.0.1:1/"}}, {"body": {"ok": True, "url": "http://127.0.0.1:99999999/"}},
    {"drop_reply": True},
], ids=str)  # fmt: skip
def test_whatever_slack_or_a_proxy_answers_a_new_connection_is_opened_at_last(
    slack: BotWorkspace, answer: dict[str, Any]
) -> None:
    slack.fails("apps.connections.open", times=2, **answer)
    slack.control.post("disconnect", reason="abort")
    eventually(lambda: len(slack.calls("apps.connections.open")) >= 2, "an attempt")
    slack.control.post("clock", advance=60)
    eventually(lambda: slack.control.get("state")["ready"], "a connection")
    assert "What would you like" in str(slack.person("maria").types("/hypercare"))


@pytest.mark.shape("socket", "sqlite")
def test_an_error_that_no_one_thought_of_does_not_end_the_attempts(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors, ask = [RuntimeError()], socket.SocketModeConnection._ask_address

    async def fail_once(connection: socket.SocketModeConnection) -> str:
        if errors:
            raise errors.pop()
        return await ask(connection)

    monkeypatch.setattr(socket, "RETRY_SECONDS", (0.0, 0.1))
    monkeypatch.setattr(socket.SocketModeConnection, "_ask_address", fail_once)
    slack.control.post("disconnect", reason="abort")
    eventually(lambda: slack.control.get("state")["ready"] and not errors, "a connection")
    assert "What would you like" in str(slack.person("maria").types("/hypercare"))


def test_a_frame_that_cannot_be_read_leaves_the_connection_as_it_is(slack: BotWorkspace) -> None:
    async def send(frame: str) -> None:
        assert slack.box.world.sockets
        for connection in slack.box.world.sockets._connections:
            await connection.ws.send_str(frame)

    for frame in ("[]", "7", "null", "{", "[" * 900, '{"envelope_id": "e1", "payload": 7}', '{"envelope_id": "e2"}'):
        slack.loop.run(send(frame))
    assert "What would you like" in str(slack.person("maria").types("/hypercare"))
    assert len(slack.calls("apps.connections.open")) == 1
