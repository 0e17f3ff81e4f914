"""Whatever comes in place of an answer of Slack: no caller takes it for one, nothing ends, is lost or is said twice."""

import inspect
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from structlog.testing import LogCapture

from bot.transport.answers import EXPECTED
from bot.transport.pauses import CallPauses
from bot.transport.slack import AioSlackClient
from bot.transport.web_client import CheckedWebClient, NotSlack
from bot.workers.message_sender import Unanswered
from sandbox.faults import Fault
from tests.support.bot import BotWorkspace
from tests.support.captured import captured_lines
from tests.support.control import eventually

ROOT = Path(__file__).parents[2]
NO_CALLS = {"bot/transport/answers.py", "bot/transport/slack.py"}  # which name methods and call none of them
UNREADABLE = (
    "",
    "<html>Down for maintenance</html>",
    "null",
    "7",
    '"ok"',
    "[]",
    '["x"]',
    "{}",
    '{"ok": false}',
    '{"ok": false, "error": {}}',
    '{"ok": 0, "error": "Service Unavailable"}',
)
OK = {"ok": True}
FAILURES = {"background_failed", "poller_failed", "dispatcher_failed", "delivery_failed", "message_dead",
            "request_failed", "user_groups_not_refreshed", "result_not_saved", "timer_batch_failed"}  # fmt: skip


def called_methods() -> set[str]:
    """Return the methods of Slack's Web API that the sources name, as the SDK knows them."""
    functions = inspect.getmembers(WebClient, inspect.isfunction)
    asked = {name: re.search(r'api_call\(\s*"([\w.]+)"', inspect.getsource(function)) for name, function in functions}
    known = {name: found[1] for name, found in asked.items() if found}
    files = [file for floor in ("bot", "handlers") for file in (ROOT / floor).rglob("*.py")]
    texts = [file.read_text() for file in files if str(file.relative_to(ROOT)) not in NO_CALLS]
    quoted = {name for text in texts for name in re.findall(r'"([a-zA-Z]+(?:\.[a-zA-Z]+)+)"', text)}
    through_sdk = {known[name] for text in texts for name in re.findall(r"client\.(\w+)", text) if name in known}
    return (quoted & {*known.values()}) | through_sdk


def test_every_method_that_is_called_says_what_its_answer_holds() -> None:
    assert called_methods() == {*EXPECTED} - {"api.test"}


def odd_answers(method: str) -> Iterator[Any]:
    """Everything that is no answer to this method."""
    given = EXPECTED[method]
    yield from ("<html>", "7", "[]") if given else UNREADABLE
    yield OK | {"response_metadata": 7}
    if any(not check(None) for check in given.values()):
        yield OK
    for name in given:
        rest = dict.fromkeys(given, "1") | OK
        yield from (rest | {name: odd} for odd in ([None], [{"id": 7}], {"id": 7}))


@pytest.mark.shape("socket", "sqlite")
def test_no_caller_takes_something_else_for_an_answer(slack: BotWorkspace) -> None:
    """Each method by the client of the workers and by that of the handlers and commands."""
    slack.stop_bot()
    threads, taken = CheckedWebClient(slack.box.bot_token, base_url=slack.box.api_url, timeout=10), list[str]()

    async def client() -> AioSlackClient:
        return AioSlackClient(slack.box.bot_token, slack.box.api_url, CallPauses(slack.box.clock.now))

    async def ask(method: str) -> Any:
        with suppress(Unanswered):
            return await workers.call(method, {})

    workers = slack.loop.run(client())
    for method in EXPECTED:
        for body in odd_answers(method):
            slack.box.world.faults.waiting[:] = [Fault(method, times=2, body=body)]
            if slack.loop.run(ask(method)) is not None:
                taken.append(f"{method} took {body} from the client of the workers")
            try:
                threads.api_call(method)
                taken.append(f"{method} took {body} from the client of threads")
            except NotSlack:
                pass
            assert slack.box.world.faults.waiting == []
    slack.loop.run(workers.close())
    slack.start_bot()
    assert taken == []


@pytest.fixture
def lines() -> Iterator[LogCapture]:
    with captured_lines() as captured:
        yield captured


def broken(method: str) -> dict[str, Any]:
    return OK | {name: [None] for name in EXPECTED[method]}


@pytest.mark.shape("socket", "sqlite")
@pytest.mark.parametrize("body", [OK, broken], ids=["nothing", "other parts"])
def test_a_day_on_which_every_method_is_answered_by_something_else_twice(
    slack: BotWorkspace, lines: LogCapture, body: Any
) -> None:
    """Every form opens at the third attempt, and at the end all is as without."""
    maria, jo, lena = slack.person("maria"), slack.person("jo"), slack.person("lena")
    slack.quiet()
    for method in EXPECTED:
        slack.fails(method, times=2, body=body(method) if callable(body) else body)
    slack.control.post("disconnect", reason="abort")
    slack.application.context.refresh_groups()
    eventually(lambda: slack.calls("apps.connections.open")[3:], "attempts")
    eventually(lambda: slack.control.get("state")["ready"], "a connection")
    for _ in range(2):
        assert "Slack has a fault right now" in maria.types("/hypercare report")["text"]
    maria.reports("The till is down", "critical")
    maria.says("@hypercare Nothing prints", "payroll-help")
    for _ in range(6):
        slack.control.post("clock", advance=60)
    card, thanks = slack.triage.expects("The till is down"), maria.dm.expects("Thank you. Your report is *PAY-1*")
    jo.types("/hypercare ack PAY-1")
    lena.reacts(card, "eyes")
    maria.replies(thanks, "It is worse now")
    for _ in range(6):
        slack.control.post("clock", advance=60)
    card.expects_reply("It is worse now")
    thanks.expects_reply("is looking")
    slack.quiet()
    assert [one for one in lines.entries if one["event"] in FAILURES] == []
    threads, chats = [*card.thread()], [*maria.dm.messages()]
    assert [one.words for one in (*threads, *chats) if "unreadable" in one.words or "Error" in one.words] == []
    found = [(slack.triage.messages(), "The till is down"), (slack.triage.messages(), "Nothing prints"),
             (chats, "Thank you. Your report is *PAY-1*"), (threads, "It is worse now")]  # fmt: skip
    assert [sum(words in one.words for one in place) for place, words in found] == [1] * len(found)
