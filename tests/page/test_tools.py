"""The sandbox's own tools in the header: the clock, the inspector and the faults."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, expect

from tests.page.conftest import Opens
from tests.support.bot import BotWorkspace
from tests.support.control import eventually

DAY = 24 * 60  # minutes


def test_the_clock_menu_moves_the_time_that_the_bot_lives_in(slack: BotWorkspace, window: Opens) -> None:
    clock = window("maria").page.get_by_test_id("clock")
    before, shown = slack.box.clock.now(), _minutes(clock)
    clock.click()
    clock.page.get_by_role("menuitem", name="+1 hour").click()
    expect(clock).to_be_focused()
    eventually(lambda: (_minutes(clock) - shown) % DAY in (60, 61), "an hour later in the header")
    assert timedelta(hours=1) <= slack.application.context.now() - before < timedelta(hours=1, minutes=1)


def test_the_inspector_lists_calls_and_deliveries_as_they_happen(slack: BotWorkspace, window: Opens) -> None:
    maria = window("maria")
    maria.page.get_by_test_id("inspector").click()
    panel = maria.page.get_by_test_id("inspector-panel")
    expect(panel).to_be_visible()
    slack.person("maria").reports("The till prints nothing")
    expect(panel).to_contain_text("views.open")
    expect(panel).to_contain_text("message")

    slack.quiet()
    newest = panel.get_by_role("listitem").filter(has_text="chat.postMessage").first
    call = panel.locator(f"[data-row={newest.get_attribute('data-row')}]")  # as others come above it
    call.get_by_role("button").first.click()
    expect(call).to_contain_text("Arguments")
    expect(call).to_contain_text("The till prints nothing")
    slack.person("maria").reports("The scanner beeps")
    slack.quiet()
    expect(newest).not_to_have_attribute("data-row", str(call.get_attribute("data-row")))
    panel.get_by_label("Filter").fill("postMessage")
    expect(panel.get_by_role("listitem").filter(has_text="views.open")).to_have_count(0)
    expect(call).to_contain_text("Arguments")
    maria.page.get_by_role("button", name="Close inspector").click()
    expect(panel).to_be_hidden()


def test_a_fault_set_in_the_page_hits_the_bot_and_the_report_still_arrives(slack: BotWorkspace, window: Opens) -> None:
    maria, jo = window("maria"), window("jo", "hypercare-desk")
    maria.page.get_by_test_id("faults").click()
    panel = maria.page.get_by_role("dialog", name="Faults")
    panel.get_by_label("Method").select_option("chat.postMessage")
    panel.get_by_role("button", name="Reply lost").click()
    expect(panel).to_contain_text("chat.postMessage: reply lost, 1 more")
    maria.page.keyboard.press("Escape")
    expect(panel).to_have_count(0)

    maria.says("/hypercare report The till prints nothing")
    maria.fills(severity="high")
    maria.submitted()
    maria.opens("@hypercare")
    expect(maria.message("Thank you")).to_be_visible()
    slack.quiet()
    expect(jo.message("The till prints nothing")).to_have_count(1)
    maria.page.get_by_test_id("faults").click()
    expect(panel).to_contain_text("Nothing is wrong at the moment.")


def _minutes(clock: Locator) -> int:
    """What the clock in the header shows."""
    at = datetime.strptime((clock.text_content() or "")[-5:], "%H:%M").replace(tzinfo=UTC)
    return at.hour * 60 + at.minute
