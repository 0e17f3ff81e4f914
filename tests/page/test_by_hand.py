"""Forwards, tombstones, people of another company and files, made with the keyboard as a person makes them."""

from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, expect

from tests.page.conftest import Looks
from tests.page.window import Window
from tests.sandbox.conftest import Box, until


@pytest.fixture
def box() -> Iterator[Box]:
    made = Box(rate_limits=False)
    yield made
    made.stop()


def chooses(window: Window, message: Locator, label: str) -> None:
    """An entry of the message's menu."""
    message.focus()
    message.get_by_role("button", name="More actions").press("Enter")
    walks_to(window, label)


def walks_to(window: Window, label: str) -> None:
    """An entry of the open menu: its first letter leads from one that begins with it to the next."""
    for _ in range(10):
        if window.page.locator(":focus").get_attribute("data-label") == label:
            break
        window.page.keyboard.press(label[0])
    window.page.keyboard.press("Enter")


def test_what_real_workspaces_have_is_made_by_hand(box: Box, looks: Looks) -> None:
    window = looks(box.sandbox.url, "maria")
    page, keys = window.page, window.page.keyboard
    window.composer.press_sequentially("My payslip is empty, IBAN DE12")
    keys.press("Enter")
    said = window.message("My payslip")
    expect(said).to_be_visible()
    ts = str(said.get_attribute("data-ts"))
    box.post("message", user="jo", channel="payroll-help", text="Which month?", thread_ts=ts)

    chooses(window, said, "Forward message…")
    page.get_by_label("Forward to").press("g")  # the first channel with that letter
    page.get_by_label("Add a message").press_sequentially("Look at this")
    page.get_by_role("button", name="Forward").press("Enter")
    [forwarded] = until(lambda: box.messages("general"))
    assert (forwarded["text"], forwarded["attachments"][0]["text"]) == (
        "Look at this",
        "My payslip is empty, IBAN DE12",
    )

    chooses(window, said, "Delete message…")
    keys.press("Enter")
    expect(window.message("This message was deleted.")).to_be_visible()
    assert "DE12" not in str(box.messages("payroll-help"))

    page.locator("input[type=file]").first.set_input_files(
        [{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"a fact"}]
    )
    window.composer.press("Enter")
    link = window.message("notes.txt").get_by_role("link", name="notes.txt")
    with page.context.expect_page() as opened:
        link.press("Enter")
    opened.value.close()
    address = urljoin(page.url, str(link.get_attribute("href"))).split("?")[0]
    assert page.request.get(f"{address}?as={box.user('tom')}").text() == "a fact"

    page.get_by_test_id("person-switcher").press("Enter")
    walks_to(window, "Add a person…")
    keys.type("Uma Rossi")
    page.get_by_label("A guest from another company").press("Space")
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(page.get_by_test_id("person-switcher")).to_contain_text("Uma Rossi")
    window.composer.press_sequentially("Hello from outside")
    keys.press("Enter")
    expect(window.message("Hello from outside")).to_contain_text("Guest")
    seen = box.client.users_info(user=box.user("uma.rossi"))["user"]
    assert seen["team_id"] != box.sandbox.team_id
