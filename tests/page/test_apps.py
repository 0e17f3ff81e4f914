"""Two apps in one workspace, and a group of people and an app, used by keyboard."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.page.conftest import Looks
from tests.sandbox.conftest import bolt, make_box, until
from tests.sandbox.test_other_apps import two_apps

__all__ = ("bolt", "make_box", "two_apps")


def test_two_apps_and_a_group_are_reached_by_keyboard(two_apps: Any, looks: Looks) -> None:
    box = two_apps
    maria = looks(box.sandbox.url, "maria", "general")
    page, keys = maria.page, maria.page.keyboard
    expect(page.get_by_test_id("connection")).to_have_text("2 apps connected")

    maria.composer.press_sequentially("/c")
    expect(maria.completion).to_contain_text("/coffee")
    keys.press("Tab")
    keys.press("Enter")
    expect(maria.modal).to_contain_text("Coffee")
    keys.type("Two cups")
    keys.press("Enter")
    expect(maria.modal).to_have_count(0)  # it gives the focus back
    maria.main.get_by_role("button", name="More", exact=True).press("Enter")
    expect(maria.message("There is more")).to_have_attribute("aria-label", re.compile("Coffee"))
    page.get_by_role("button", name="Shortcuts").press("Enter")
    expect(page.get_by_role("menu")).to_contain_text("Coffee shortcuts")
    keys.press("Escape")

    page.locator("[data-channel-name=app-home-coffee]").press("Enter")
    expect(maria.home).to_contain_text("Cups of")
    page.reload()
    expect(maria.home).to_contain_text("Cups of")

    page.get_by_role("button", name="New message").press("Enter")
    for name in ("to", "coff"):
        keys.type(name)
        keys.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("With Tom Brandt, Coffee")
    keys.press("Enter")
    expect(maria.main.get_by_role("heading", level=1)).to_have_text("Coffee, Tom Brandt")
    expect(maria.composer).to_be_focused()
    keys.type("Tea for three")
    keys.press("Enter")
    expect(maria.message("Tea for three")).to_be_visible()
    group = next(one for one in box.get("state")["channels"] if one["is_mpim"])
    assert {box.user(name) for name in ("maria", "tom", "coffee")} == set(group["members"])
    assert [one["text"] for one in box.messages(group["id"], user="tom")] == ["Tea for three"]

    maria.opens("random")
    page.get_by_role("button", name="members").press("Enter")
    page.get_by_role("menuitem", name="Add people or apps").press("Enter")
    keys.type("cof")
    keys.press("Enter")
    keys.press("Enter")
    expect(maria.message("has joined the channel")).to_contain_text("Coffee")

    page.get_by_role("button", name="New message").press("Enter")
    keys.type("jo adler")
    keys.press("Enter")
    keys.press("Enter")
    expect(maria.main.get_by_role("heading", level=1)).to_have_text("Jo Adler")
    until(lambda: [one for one in box.get("state")["channels"] if box.user("jo") in one["members"] and one["is_im"]])
