"""The keyboard is enough: from the composer through the form and back."""

from playwright.sync_api import expect

from tests.page.conftest import Opens
from tests.page.window import Window
from tests.support.bot import BotWorkspace

TABS = 20  # a bound on the way through the form


def test_a_report_is_made_with_the_keyboard_alone(slack: BotWorkspace, window: Opens) -> None:
    maria = window("maria")
    keys = maria.page.keyboard
    expect(maria.composer).to_be_focused()
    keys.type("/hyp")
    expect(maria.completion).to_be_visible()
    keys.press("Enter")
    expect(maria.composer).to_have_text("/hypercare ")
    keys.type("report")
    keys.press("Enter")

    expect(maria.blank("summary")).to_be_focused()
    keys.type("The till prints nothing")
    _tabs_to(maria, "[data-block-id=severity] input")
    keys.press("Space")
    keys.press("ArrowDown")
    picked = maria.field("severity").locator("input:checked")
    severity = picked.get_attribute("value")
    _tabs_to(maria, "[data-action-id=more_details]")
    keys.press("Enter")
    expect(maria.field("environment")).to_be_visible()
    expect(maria.blank("summary")).to_have_value("The till prints nothing")
    _tabs_to(maria, "[data-block-id=environment] textarea")
    keys.type("Firefox")
    _tabs_to(maria, "[data-testid=modal-submit]")
    keys.press("Enter")
    expect(maria.modal).to_have_count(0)
    expect(maria.composer).to_be_focused()
    card = slack.triage.expects("The till prints nothing")
    assert severity
    assert f"{severity.capitalize()} · PAY-" in card.words


def test_the_focus_stays_in_the_form_and_escape_closes_only_what_is_on_top(slack: BotWorkspace, window: Opens) -> None:
    maria = window("maria")
    maria.page.keyboard.type("/hyp")
    expect(maria.completion).to_be_visible()
    maria.page.keyboard.press("Escape")
    expect(maria.completion).to_have_count(0)
    expect(maria.composer).to_have_text("/hyp")

    maria.page.keyboard.type("ercare report")
    maria.page.keyboard.press("Enter")
    expect(maria.blank("summary")).to_be_focused()
    for _ in range(TABS):
        maria.page.keyboard.press("Shift+Tab")
        assert maria.modal.evaluate("(node) => node.contains(document.activeElement)")
    maria.page.keyboard.press("Escape")
    expect(maria.modal).to_have_count(0)
    expect(maria.composer).to_be_focused()
    assert slack.triage.messages() == []


def test_a_thread_is_opened_and_left_with_the_keyboard(slack: BotWorkspace, window: Opens) -> None:
    slack.person("maria").reports("The till prints nothing")
    card = slack.triage.expects("The till prints nothing")
    slack.person("jo").says("Looking into it", "hypercare-desk", card.ts)
    jo = window("jo", "hypercare-desk")
    link = jo.message("The till prints nothing").get_by_test_id("thread-link")
    link.focus()
    jo.page.keyboard.press("Enter")
    expect(jo.page.get_by_test_id("thread-composer")).to_be_focused()
    jo.page.keyboard.type("It was the paper")
    jo.page.keyboard.press("Enter")
    expect(jo.reply("It was the paper")).to_be_visible()
    jo.page.keyboard.press("Escape")
    expect(jo.thread).to_be_hidden()
    expect(jo.composer).to_be_focused()


def _tabs_to(one: Window, selector: str) -> None:
    """Presses Tab until the focus is there."""
    for _ in range(TABS):
        one.page.keyboard.press("Tab")
        if one.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}")
