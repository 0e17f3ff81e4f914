"""The connection to Slack is refreshed, cut and refused without losing requests."""

import pytest

from tests.support.bot import BotWorkspace
from tests.support.control import eventually

pytestmark = pytest.mark.shape("socket")  # HTTP mode has no line


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "abort", "too_many_websockets"])
def test_every_command_is_answered_while_the_line_changes(slack: BotWorkspace, reason: str) -> None:
    """Ten commands and four reports, with the line gone or going before each of four of them."""
    maria = slack.person("maria")
    for n in range(4):
        slack.control.post("disconnect", reason=reason)
        for _ in range(2):
            eventually(lambda: "report" in str(maria.types("/hypercare help")), "an answer")
        eventually(lambda: slack.control.get("state")["ready"], "a line")
        maria.reports(f"Problem {n}")
    slack.control.post("clock", advance=20)
    slack.quiet()
    assert len(slack.triage.messages()) == 4


def test_an_answer_goes_back_by_the_line_that_the_question_came_by(slack: BotWorkspace) -> None:
    """The question is on its way while Slack asks for a new line; Slack waits for the answer on the old one."""
    maria = slack.person("maria")
    for _ in range(5):
        slack.control.post("disconnect", reason="refresh_requested")
        assert "What would you like" in str(maria.types("/hypercare"))


def test_slack_refuses_a_line_for_a_while(slack: BotWorkspace) -> None:
    slack.fails("apps.connections.open", times=2, error="internal_error")
    slack.control.post("disconnect", reason="abort")
    maria = slack.person("maria")
    eventually(lambda: slack.control.get("state")["ready"], "a line")
    assert "What would you like" in str(maria.types("/hypercare"))
    assert len(slack.calls("apps.connections.open")) >= 4


def test_a_frame_that_cannot_be_read_leaves_the_line_as_it_is(slack: BotWorkspace) -> None:
    async def send(frame: str) -> None:
        assert slack.box.world.sockets
        for connection in slack.box.world.sockets._connections:
            await connection.ws.send_str(frame)

    for frame in ("[]", "7", "null", "{", "[" * 900, '{"envelope_id": "e1", "payload": 7}', '{"envelope_id": "e2"}'):
        slack.loop.run(send(frame))
    assert "What would you like" in str(slack.person("maria").types("/hypercare"))
    assert len(slack.calls("apps.connections.open")) == 1
