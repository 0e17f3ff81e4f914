"""Rich text by keyboard: what is typed and marked arrives as rich_text, and comes back into the editor whole."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import Looks
from tests.sandbox.conftest import Box, until

Body = dict[str, Any]


@pytest.fixture
def box() -> Iterator[Box]:
    made = Box(rate_limits=False)
    yield made
    made.stop()


def leaf(text: str, *styles: str) -> Body:
    return {"type": "text", "text": text} | ({"style": dict.fromkeys(styles, True)} if styles else {})


def section(*leaves: Body) -> Body:
    return {"type": "rich_text_section", "elements": list(leaves)}


def bullets(*items: Body) -> Body:
    return {"type": "rich_text_list", "style": "bullet", "indent": 0, "border": 0, "elements": list(items)}


def typed(page: Page, *keys: str) -> None:
    """Keys with a plus or of more than one sign are pressed, all else is typed sign by sign."""
    for one in keys:
        if one in ("Enter", "Tab", "Escape", "ArrowUp", "End") or (len(one) > 1 and "+" in one):
            page.keyboard.press(one)
        else:
            page.keyboard.type(one)


def last(box: Box) -> Body:
    return until(lambda: box.messages("payroll-help"))[-1]


def test_marks_lists_and_mentions_are_written_by_keyboard_and_sent_as_blocks(box: Box, looks: Looks) -> None:
    page = looks(box.sandbox.url, "maria").page
    typed(page, "Hi @jo")
    expect(page.get_by_test_id("completion").filter(visible=True)).to_be_visible()
    typed(page, "Tab", "see ", "Control+b", "this", "Control+b", " :tada: https://a.example/b.", "Shift+Enter")
    typed(page, "- one", "Shift+Enter", "two", "Shift+Enter", "Shift+Enter", "> said", "Shift+Enter", "Shift+Enter")
    typed(page, "run ", "Control+Shift+c", "x < y", "Control+Shift+c", " & done", "Enter")

    said = last(box)
    jo = box.user("jo")
    assert said["blocks"][0]["elements"] == [
        section(leaf("Hi "), {"type": "user", "user_id": jo}, leaf(" see "), leaf("this", "bold"), leaf(" "),
                {"type": "emoji", "name": "tada"}, leaf(" "), {"type": "link", "url": "https://a.example/b"},
                leaf(".")),
        bullets(section(leaf("one")), section(leaf("two"))),
        {"type": "rich_text_quote", "elements": [leaf("said")]},
        section(leaf("run "), leaf("x < y", "code"), leaf(" & done")),
    ]  # fmt: skip
    assert said["text"] == (
        f"Hi <@{jo}> see *this* :tada: <https://a.example/b>.\n• one\n• two\n&gt; said\nrun `x &lt; y` &amp; done"
    )
    expect(page.get_by_test_id("composer")).to_have_text("")

    # It comes back whole to be edited, and an edit keeps what it does not touch.
    typed(page, "ArrowUp")
    expect(page.get_by_test_id("edit")).to_be_focused()
    typed(page, "Control+End", "!", "Enter")
    edited = until(lambda: (one := last(box)).get("edited") and one)
    assert edited["blocks"][0]["elements"][:3] == said["blocks"][0]["elements"][:3]
    assert edited["blocks"][0]["elements"][3]["elements"][-1] == leaf(" & done!")
    expect(page.get_by_test_id("composer")).to_be_focused()


def test_a_draft_a_link_a_table_and_me(box: Box, looks: Looks) -> None:
    page = looks(box.sandbox.url, "maria").page
    composer = page.get_by_test_id("composer")
    typed(page, "/me looks around", "Enter")
    assert until(lambda: box.messages("payroll-help")[-1:])[0]["subtype"] == "me_message"
    expect(page.locator(".me-message")).to_have_text("looks around")

    typed(page, "Control+b", "half", "Control+b", " written")
    page.reload()
    expect(composer.locator("b")).to_have_text("half")
    composer.click()
    typed(page, "Control+End", " ", "Control+Shift+u")
    page.keyboard.type("the page")
    page.keyboard.press("Tab")
    page.keyboard.type("a.example/b")
    page.keyboard.press("Enter")
    expect(composer).to_be_focused()
    typed(page, "Enter")
    elements = until(lambda: len(said := box.messages("payroll-help")) == 2 and said)[-1]["blocks"][0]["elements"]
    assert elements[0]["elements"][-1] == {"type": "link", "url": "https://a.example/b", "text": "the page"}

    page.evaluate("""() => {
      const data = new DataTransfer();
      data.setData("text/html", "<table><tr><td>Name</td><td>Net</td></tr><tr><td>Ann</td><td></td></tr></table>");
      document.activeElement.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }""")
    expect(page.get_by_text("Table of 2 × 2 cells")).to_be_visible()
    typed(page, "Enter")
    table = until(lambda: len(said := box.messages("payroll-help")) == 3 and said)[-1]["attachments"][0]["blocks"][0]
    assert [[cell["text"] for cell in row] for row in table["rows"]] == [["Name", "Net"], ["Ann", " "]]
    expect(page.get_by_role("cell", name="Ann")).to_be_visible()


def test_a_rich_text_field_gives_the_app_rich_text(box: Box, looks: Looks) -> None:
    page = looks(box.sandbox.url, "maria").page
    given = {"type": "rich_text", "elements": [section(leaf("Given", "italic"))]}
    block = {"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "Words"}}
    block["element"] = {"type": "rich_text_input", "action_id": "words", "initial_value": given}
    texts = {name: {"type": "plain_text", "text": name} for name in ("title", "submit")}
    view = {"type": "modal", "blocks": [block]} | texts
    opened = box.client.views_open(trigger_id=box.trigger(), view=view)["view"]["id"]
    expect(page.get_by_role("textbox", name="Words")).to_be_focused()
    typed(page, "Control+End", " ", "Control+i", "now", "Control+Enter")
    until(lambda: box.sandbox.world.views.find(opened).state["b"]["words"]["rich_text_value"] is not None)
    value = until(lambda: box.sandbox.world.views.find(opened).state["b"]["words"]["rich_text_value"])
    assert value["elements"][0]["elements"][0]["style"] == {"italic": True}


def test_a_half_typed_form_outlives_a_restart_of_the_sandbox(box: Box, looks: Looks) -> None:
    window = looks(box.sandbox.url, "maria")
    port = int(box.sandbox.url.rpartition(":")[2])
    block = {"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "Words"}}
    block["element"] = {"type": "plain_text_input", "action_id": "words"}
    texts = {name: {"type": "plain_text", "text": name} for name in ("title", "submit")}
    box.client.views_open(trigger_id=box.trigger(), view={"type": "modal", "blocks": [block]} | texts)
    expect(window.blank("b")).to_be_focused()
    window.page.keyboard.type("Half a sent")
    box.loop.run(box.sandbox.stop())
    again = Box(rate_limits=False, port=port)
    try:
        expect(window.modal).to_contain_text("The sandbox was restarted", timeout=20_000)
        window.page.keyboard.type("ence")
        expect(window.blank("b")).to_have_value("Half a sentence")
        expect(window.page.get_by_test_id("modal-submit")).to_be_disabled()
        window.page.get_by_test_id("modal-close").click()
        expect(window.modal).to_have_count(0)
        expect(window.composer).to_be_visible()
    finally:
        window.page.close()
        again.stop()
    # While the sandbox was away, the browser could not reach it.
    window.complaints[:] = [one for one in window.complaints if "ERR_" not in one]
