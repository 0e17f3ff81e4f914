"""Long conversations and storms: what is read, what is drawn, and that the reader keeps their place."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Request, Route, expect

from sandbox.model import Message
from tests.page.conftest import Looks
from tests.sandbox.conftest import Box

MOST_DRAWN = 200  # messages in the window, whatever the history holds


@pytest.fixture
def box() -> Iterator[Box]:
    made = Box(rate_limits=False)
    yield made
    made.stop()


def say(box: Box, first: int, last: int) -> None:
    async def post() -> None:
        workspace = box.sandbox.world.workspace
        channel, tom = workspace.channel("payroll-help").id, workspace.user("tom").id
        for number in range(first, last):
            workspace.post(Message("", channel, tom, f"Number {number}."))

    box.loop.run(post())


def asked(requests: list[Request], path: str) -> list[str]:
    return [one.url for one in requests if f"/sandbox/{path}" in one.url]


def test_a_long_channel_is_read_by_pages_and_drawn_in_a_window(box: Box, looks: Looks) -> None:
    say(box, 0, 400)
    for number in range(50):
        box.post("channels", name=f"more-{number}", members=["maria", "tom"])
    window = looks(box.sandbox.url, "maria", "general")
    page = window.page
    requests: list[Any] = []
    page.on("request", lambda one: requests.append(one))  # noqa: PLW0108 - Playwright takes no method of a list
    page.reload()
    expect(window.composer).to_be_visible()
    window.opens("payroll-help")
    expect(window.message("Number 399.")).to_be_visible()
    assert [len(asked(requests, path)) for path in ("state", "messages")] == [1, 2]
    assert page.get_by_test_id("message").count() <= 100

    # Up to the beginning by keyboard: what was passed is not kept, and the focus goes along.
    page.get_by_test_id("message").last.focus()
    for _ in range(300):
        page.keyboard.press("PageUp")
        if "Number 0." in page.evaluate("() => document.activeElement.textContent"):
            break
    assert "Number 0." in page.evaluate("() => document.activeElement.textContent")
    assert page.get_by_test_id("message").count() <= MOST_DRAWN

    # A storm below changes nothing of what is read above; End shows it.
    requests.clear()
    with page.expect_request(lambda one: "/sandbox/unread" in one.url):
        say(box, 400, 700)
    assert "Number 0." in page.evaluate("() => document.activeElement.textContent")
    page.keyboard.press("End")
    expect(window.message("Number 699.")).to_be_visible()
    assert page.get_by_test_id("message").count() <= MOST_DRAWN
    assert len(asked(requests, "unread")) < 30

    # A storm while the newest message has the focus: what is new is shown, and the focus goes along.
    say(box, 700, 1000)
    expect(window.message("Number 999.")).to_be_visible()
    assert page.get_by_test_id("message").count() <= MOST_DRAWN
    assert page.evaluate("() => document.activeElement.dataset.testid") == "message"


def test_a_link_to_an_old_message_and_a_search_lead_there(box: Box, looks: Looks) -> None:
    old = box.post("message", user="tom", channel="payroll-help", text="The blue printer")["ts"]
    say(box, 0, 400)
    window = looks(box.sandbox.url, "maria", "general")
    window.page.goto(f"{box.sandbox.url}/archives/{box.channel('payroll-help')}/p{old.replace('.', '')}")
    expect(window.message("The blue printer")).to_be_visible()
    expect(window.message("Number 399.")).to_have_count(0)
    window.page.keyboard.press("Control+k")
    window.page.keyboard.type("number 398")
    window.page.get_by_role("option", name="Number 398.").click()
    expect(window.message("Number 398.")).to_be_visible()


def test_a_reply_to_an_own_message_marks_the_threads(box: Box, looks: Looks) -> None:
    window = looks(box.sandbox.url, "maria", "general")
    said = box.post("message", user="maria", channel="payroll-help", text="The payslip page stays empty")["ts"]
    box.post("message", user="jo", channel="payroll-help", text="Which browser?", thread_ts=said)
    threads = window.page.locator("[data-channel-name=threads]")
    expect(threads).to_contain_text("1")
    window.opens("threads")
    expect(window.main).to_contain_text("Which browser?")
    window.page.get_by_role("button", name="Open thread").click()
    expect(window.reply("Which browser?")).to_be_visible()
    expect(threads).not_to_contain_text("1")

    def answers_late(route: Route) -> None:
        """Something is said after the page has read the workspace, and before it has the answer."""
        answer = route.fetch()
        box.post("message", user="jo", channel="payroll-help", text="It was Firefox", thread_ts=said)
        route.fulfill(response=answer)

    window.page.route("**/sandbox/state*", answers_late, times=1)
    window.page.goto(f"{box.sandbox.url}/?as=maria&channel=general")
    expect(threads).to_contain_text("1")
