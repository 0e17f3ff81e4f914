"""Every screen in both themes as axe-core, a judge that is not ours, sees it; and how far the keyboard has to go."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.judges.node import packages
from tests.page.conftest import Looks
from tests.page.test_typing import form, plain
from tests.page.window import Window
from tests.sandbox.conftest import Box

Body = dict[str, Any]
AXE = """async ([where, rules]) => {
  // The other theme's colours come in by transitions, and what inherits a colour follows a frame later.
  for (let calm = 0; calm < 3; calm = document.getAnimations().length ? 0 : calm + 1)
    await new Promise(requestAnimationFrame);
  const found = await window.axe.run(where, {
    resultTypes: ["violations"], ...(rules && { runOnly: { type: "rule", values: rules } }) });
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}"""


@pytest.fixture
def box() -> Iterator[Box]:
    made = Box(rate_limits=False)
    yield made
    made.stop()


def blocks() -> list[Body]:
    """One of each block that only shows something."""
    rows = [["Module", "Open"], ["Pay run", "3"]]
    cells = [[{"type": "raw_text", "text": text} for text in row] for row in rows]
    points = [{"label": name, "value": value} for name, value in (("Mon", 3), ("Tue", 5))]
    line = {"type": "line", "series": [{"name": "Open", "data": points}], "axis_config": {"categories": ["Mon", "Tue"]}}
    return [
        {"type": "header", "text": plain("A header")},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Bold* <https://a.example|a link> :tada: `code`"},
         "accessory": {"type": "overflow", "action_id": "more", "options": [{"text": plain("Show"), "value": "x"}]}},
        {"type": "section", "fields": [plain("One"), plain("Two")]},
        {"type": "divider"},
        {"type": "context", "elements": [plain("Small print")]},
        {"type": "image", "image_url": "https://a.example/a.png", "alt_text": "A picture"},
        {"type": "markdown", "text": "# Title\n\n- [x](https://a.example)\n- two\n\n| A | B |\n|---|--:|\n| 1 | 2 |"},
        {"type": "data_table", "caption": "Open by module", "rows": cells},
        {"type": "data_visualization", "title": "Open", "chart": line},
        {"type": "actions", "elements": [
            {"type": "button", "action_id": "go", "text": plain("Go"), "style": "primary"},
            {"type": "button", "action_id": "stop", "text": plain("Stop"), "style": "danger",
             "confirm": {name: plain(name) for name in ("title", "text", "confirm", "deny")}},
            {"type": "datepicker", "action_id": "day"}]},
    ]  # fmt: skip


def fill(box: Box) -> None:
    post = box.client.chat_postMessage
    channel = box.channel("payroll-help")
    post(channel=channel, text="Everything", blocks=blocks())
    rows = [[{"type": "raw_text", "text": text} for text in row] for row in (["Name", "Net"], ["Ann", "3"])]
    post(channel=channel, text="Table", blocks=[{"type": "table", "rows": rows}])
    alert = {"fields": [["State", "down"]], "title": "Disk full", "description": "On *db1*", "footer": "Monitor"}
    box.post("app_message", channel="payroll-help", text="Alert", **alert)
    said = box.post("message", user="tom", channel="payroll-help", text="Hello @maria > see `this`")["ts"]
    box.post("message", user="jo", channel="payroll-help", text="An answer", thread_ts=said)
    box.post("reaction", user="jo", channel="payroll-help", ts=said, name="eyes")
    box.post("forward", user="jo", channel="payroll-help", from_channel="payroll-help", ts=said, text="Look")
    box.post("message", user="tom", channel="payroll-help", text="A file", files=[{"name": "a.log", "content": "x"}])
    box.client.chat_postEphemeral(channel=channel, user=box.user("maria"), text="Only for you")
    box.client.views_publish(user_id=box.user("maria"), view={"type": "home", "blocks": blocks()[:5]})


def screens(box: Box, window: Window) -> dict[str, Callable[[], Any]]:
    page = window.page

    def modal() -> None:
        view = {"type": "modal", "title": plain("Form"), "submit": plain("Send"), "blocks": form(1)}
        box.client.views_open(trigger_id=box.trigger(), view=view)
        expect(window.modal).to_be_visible()

    def message_menu() -> None:
        window.message("Hello").first.hover()
        page.get_by_role("button", name="More actions").first.click()

    return {
        "thread": lambda: window.opens_thread(window.message("Hello").first),
        "message menu": message_menu,
        "forward": lambda: window.picks("Forward message"),
        "emoji": lambda: page.locator("#main").get_by_role("button", name="Emoji").click(),
        "confirm": lambda: window.presses(window.main, "Stop"),
        "switcher": lambda: page.keyboard.press("Control+k"),
        "clock": lambda: page.get_by_test_id("clock").click(),
        "faults": lambda: page.get_by_test_id("faults").click(),
        "people": lambda: page.get_by_test_id("person-switcher").click(),
        "add a person": lambda: window.picks("Add a person"),
        "new message": lambda: page.get_by_role("button", name="New message").click(),
        "shortcuts": lambda: page.locator("#main").get_by_role("button", name="Shortcuts").click(),
        "inspector": lambda: page.get_by_test_id("inspector").click(),
        "home": lambda: window.opens("app-home"),
        "threads": lambda: window.opens("threads"),
        "modal": modal,
        "list of a select": lambda: page.locator("[data-action-id=a_users_select]").get_by_role("combobox").click(),
    }


# What else a screen changes; all others are menus and dialogs above it.
PLACES = {"thread": "#thread", "inspector": "#inspector", "home": "#main", "threads": "#main"}
STAY = ("message menu", "people", "modal", "thread", "inspector")


def wrong(page: Page, where: str) -> list[str]:
    """What axe finds there in the light theme, and what of the colours is unreadable in the dark one."""
    page.emulate_media(color_scheme="light")
    found = page.evaluate(AXE, [where, None])
    page.emulate_media(color_scheme="dark")
    return [*found, *(f"dark {one}" for one in page.evaluate(AXE, [where, ["color-contrast"]]))]


def test_axe_finds_nothing_on_any_screen(box: Box, looks: Looks) -> None:
    source = (packages() / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
    fill(box)
    window = looks(box.sandbox.url, "maria")
    expect(window.message("A file")).to_be_visible()
    window.page.evaluate(source + ";0")
    found = {"channel": wrong(window.page, "body")}
    for name, show in screens(box, window).items():
        show()
        found[name] = wrong(window.page, PLACES.get(name, "#overlays"))
        if name not in STAY:
            window.page.keyboard.press("Escape")
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_the_list_of_messages_is_one_stop_of_the_tab_key(box: Box, looks: Looks) -> None:
    for n in range(30):
        box.post("message", user="tom", channel="payroll-help", text=f"Number {n} https://a.example")
    window = looks(box.sandbox.url, "maria")
    keys, page = window.page.keyboard, window.page
    expect(window.message("Number 29")).to_be_visible()
    page.locator(".jump-button").focus()
    presses = 0
    while not page.evaluate("() => document.activeElement.matches('[data-testid=composer]')"):
        keys.press("Tab")
        presses += 1
        assert presses < 25, page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")

    page.get_by_test_id("message").last.focus()
    for key, number in (("ArrowUp", 28), ("Home", 0), ("ArrowDown", 1), ("End", 29)):
        keys.press(key)
        assert f"Number {number} " in page.evaluate("() => document.activeElement.textContent")
        assert page.get_by_test_id("message-toolbar").count() == 1
