"""A tracker's answer of another shape, such as of a gateway in front of it, is an outage and changes nothing here."""

import inspect
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from connectors import calls
from connectors.registry import CALLS, KINDS, open_tracker
from connectors.tracker import Tracker, TrackerAccess, TrackerError
from domain.connectors.issue import Category, Issue, IssueChange, NewIssue, StatusWish
from domain.connectors.settings import Connection
from tests.connectors.test_servicenow import CODE, SEVERITIES
from tests.support.loop import Loop

ODD = ("<html>Down for maintenance</html>", "", "null", "7", '"ok"', "[]", '["x"]', "{}", '{"result": null}',
       '{"issues": null}', '{"status": "maintenance"}', '{"result": [7]}', '{"issues": ["x"], "total": 9}')  # fmt: skip
HOUR = timedelta(hours=1)
ISSUE = Issue(id="0123456789abcdef0123456789abcdef", key="OPS-1", link="", status="To Do", category=Category.OPEN)
CHANGE = IssueChange(status=StatusWish(category=Category.DONE), priority="1/2", assignee="someone")
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "create": (NewIssue(project="OPS", issue_type="Task", summary="Till", text="It is down", label="hypercare-PAY-1"),),
    "find": ("hypercare-PAY-1", HOUR), "find_account": ("eva@customer.example",), "read": ("OPS-1",),
    "update": (ISSUE, CHANGE), "transition": (ISSUE, CHANGE), "comment": (ISSUE, "It is down"),
    "attach": (ISSUE, "a.txt", b"x"), "content": ("1", 100), "changed": ("OPS", HOUR),
}  # fmt: skip
# An answer to these says nothing that is needed: it was done, or the bytes are what they are.
UNREAD = {("jira", "update"), ("jira", "transition"), ("jira", "content"), ("servicenow", "content")}
NO_ONE = ("jira", "find_account", "[]")


class Odd:
    """A server that answers everything with the same body."""

    def __init__(self) -> None:
        self.body, self.asked, self.loop = "", 0, Loop()

        async def answer(_request: web.Request) -> web.Response:
            self.asked += 1
            return web.Response(text=self.body, content_type="application/json")

        async def start() -> int:
            application = web.Application()
            application.router.add_route("*", "/{rest:.*}", answer)
            self._runner = web.AppRunner(application)
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
            return int(self._runner.addresses[0][1])

        self.url = f"http://127.0.0.1:{self.loop.run(start())}"

    def asks(self, kind: str, method: str) -> Any:
        """Have a new client call a method; return its answer, or the error."""

        async def ask() -> Any:
            tracker: Tracker = open_tracker(kind, TrackerAccess(self.url, "bot", "token"), lambda _url: None)
            given = {"connection": (Connection.model_validate(self.connection(kind)),)}
            more = {"public": False} if method == "comment" else {}
            try:
                return await getattr(tracker, method)(*(ARGUMENTS.get(method) or given["connection"]), **more)
            except TrackerError as error:
                return error
            finally:
                await tracker.close()

        return self.loop.run(ask())

    @staticmethod
    def connection(kind: str) -> dict[str, Any]:
        if kind == "servicenow":
            return {"system": kind, "project": "Payroll", "severities": SEVERITIES, "transition_fields": CODE}
        return {"system": kind, "project": "OPS"}

    def close(self) -> None:
        self.loop.run(self._runner.cleanup())
        self.loop.close()


@pytest.fixture(scope="module")
def odd() -> Iterator[Odd]:
    with closing(Odd()) as made:
        yield made


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_of_another_shape_is_an_outage(odd: Odd, kind: str, method: str) -> None:
    """It is neither an issue that is gone nor a list without issues, after which one would be made again."""
    assert inspect.iscoroutinefunction(getattr(Tracker, method))
    for odd.body in ODD:
        odd.asked = 0
        found = odd.asks(kind, method)
        assert odd.asked, f"{method} asks nothing"
        if (kind, method) not in UNREAD and (kind, method, odd.body) != NO_ONE:
            assert isinstance(found, TrackerError), (odd.body, found)
        if isinstance(found, TrackerError):
            assert not found.is_refusal, (odd.body, found)


@pytest.mark.parametrize(("kind", "body"), [
    ("jira", '{"issues": [{"id": "1"}], "nextPageToken": "again", "total": 1000000}'),
    ("servicenow", '{"result": [' + ", ".join(['{"sys_id": "1"}'] * 200) + "]}"),
])  # fmt: skip
def test_a_list_without_an_end_is_given_up(odd: Odd, kind: str, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MAX_FOUND", 500)
    odd.body = body
    for method in ("find", "changed") if kind == "jira" else ("changed",):
        found = odd.asks(kind, method)
        if method == "changed":
            assert isinstance(found, TrackerError)
            assert found.failure.reason == "too_many"
