"""What the page draws and does as Slack: several claims about one workspace, since a window costs the most."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Route, expect

from tests.page.conftest import Looks
from tests.sandbox.conftest import Box, until

FRIDAY = datetime(2026, 3, 6, 9, tzinfo=UTC)
LONG = "\n".join(f"Line {number} of a long section" for number in range(40))
NOTIFIED = """() => {
  window.noted = [];
  window.Notification = class {
    static permission = "granted";
    constructor(title, options) { window.noted.push(`${title}: ${options.body}`); }
  };
  Object.defineProperty(document, "hidden", { get: () => true });
}"""
# How far the words are from the right edge of their line, and from the left one.
EDGES = """(node) => {
  const words = document.createRange();
  words.selectNodeContents(node);
  const [inner, outer] = [words.getBoundingClientRect(), node.getBoundingClientRect()];
  return [outer.right - inner.right, inner.left - outer.left];
}"""
DROP = """(node) => {
  const data = new DataTransfer();
  data.items.add(new File(["a"], "notes.txt", { type: "text/plain" }));
  node.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
}"""


@pytest.fixture
def box() -> Iterator[Box]:
    made = Box(rate_limits=False, start=FRIDAY)
    yield made
    made.stop()


def text(words: str) -> dict[str, str]:
    return {"type": "plain_text", "text": words}


def test_messages_forms_and_the_clock_are_as_in_slack(box: Box, looks: Looks) -> None:
    maria = looks(box.sandbox.url, "maria")
    page, place = maria.page, {"channel": "payroll-help"}

    box.post("message", user="tom", text="שלום, התלוש ריק", **place)
    hebrew = maria.message("שלום").locator(".message-text, .rich-section").first
    right, left = hebrew.evaluate(EDGES)
    assert right < 2 < left

    folded = {"type": "section", "text": text(LONG)}
    video = {"type": "video", "title": text("How to"), "video_url": "https://v.example/embed", "alt_text": "How to",
             "thumbnail_url": "https://v.example/a.png", "title_url": "https://v.example/watch"}  # fmt: skip
    box.client.chat_postMessage(channel=box.channel("payroll-help"), text="Long", blocks=[folded])
    box.client.chat_postMessage(
        channel=box.channel("payroll-help"), text="Open", blocks=[{**folded, "expand": True}, video]
    )
    expect(maria.message("Line 39").last).to_be_visible()
    expect(maria.main.get_by_role("button", name="See more")).to_have_count(1)
    expect(maria.main.locator(".video-thumbnail")).to_have_attribute("href", "https://v.example/watch")

    box.post("typing", user="jo", **place)
    expect(maria.main.get_by_text("Jo Adler is typing…")).to_be_visible()

    page.get_by_test_id("clock").click()
    expect(page.get_by_role("menuitem", name="Tomorrow 09:00")).to_contain_text("a Saturday")
    page.keyboard.press("Escape")

    def mention_before_the_answer(route: Route) -> None:
        """What is unread was asked for before the message was written, and is told after it."""
        answer = route.fetch()
        box.post("message", user="tom", channel="general", text="@maria look at this")
        route.fulfill(response=answer)

    page.evaluate(NOTIFIED)
    page.route("**/sandbox/unread?*", mention_before_the_answer, times=1)
    box.post("message", user="tom", channel="general", text="Anyone there?")
    (noted,) = until(lambda: page.evaluate("window.noted"))
    assert noted == f"Tom Brandt · #general: <@{box.user('maria')}> look at this"


def test_a_file_of_the_wrong_type_is_refused_where_it_is_dropped(box: Box, looks: Looks) -> None:
    maria = looks(box.sandbox.url, "maria")
    field = {"type": "input", "block_id": "shot", "label": text("Screenshot"), "optional": True,
             "element": {"type": "file_input", "action_id": "shot", "filetypes": ["png"]}}  # fmt: skip
    view = {"type": "modal", "title": text("Form"), "submit": text("Send"), "blocks": [field]}
    box.client.views_open(trigger_id=box.trigger(), view=view)
    maria.field("shot").locator("input").evaluate(DROP)
    expect(maria.error("shot")).to_contain_text("notes.txt can't be used here. Choose a file of type png.")
