"""The main job as two people see it, each in a browser window of their own."""

import pytest
from playwright.sync_api import expect

from tests.page.conftest import Opens

SUMMARY = "The payslip page stays empty"


@pytest.mark.core
def test_two_people_take_a_report_from_the_composer_to_confirmed_without_reloading(window: Opens) -> None:
    maria, jo = window("maria"), window("jo", "hypercare-desk")

    maria.composer.press_sequentially("/hyp")
    expect(maria.completion).to_contain_text("/hypercare")
    maria.composer.press("Tab")
    expect(maria.composer).to_have_text("/hypercare ")
    maria.composer.press_sequentially("report")
    maria.page.get_by_test_id("send").click()
    expect(maria.modal).to_contain_text("Report a problem")

    maria.fills(summary="\u200b", severity="high", happened="I open May and see nothing")
    maria.presses(maria.modal, "More details")
    expect(maria.field("environment")).to_be_visible()
    expect(maria.blank("happened")).to_have_value("I open May and see nothing")
    maria.fills(environment="Firefox")
    maria.submits()
    expect(maria.error("summary")).to_have_text("The summary is empty. Say in a few words what's wrong.")
    expect(maria.blank("environment")).to_have_value("Firefox")
    maria.fills(summary=SUMMARY)
    maria.submitted()

    card = jo.message(SUMMARY)
    expect(card).to_contain_text("Received · unassigned")
    jo.presses(card, "Acknowledge")
    expect(card).to_contain_text("Acknowledged · owner @Jo Adler")

    maria.opens("@hypercare")
    thanks = maria.message("Thank you. Your report is PAY-1")
    maria.opens_thread(thanks)
    expect(maria.reply("@Jo Adler is looking into PAY-1")).to_be_visible()

    jo.presses(card, "Resolve")
    expect(jo.modal).to_contain_text("Resolve")
    jo.fills(fix="root_cause", test="Tried", explanation="We restarted the renderer", workaround="Use the PDF")
    jo.submitted()
    expect(card).to_contain_text("Resolved")

    question = maria.reply("Is this fixed?")
    expect(question).to_contain_text("We restarted the renderer")
    expect(question).to_contain_text("Use the PDF")
    expect(maria.message("Is this fixed?")).to_contain_text("Replied to a thread")
    maria.presses(question, "Yes, fixed")
    expect(maria.reply("is confirmed fixed. Thank you")).to_be_visible()
    expect(card).to_contain_text("Confirmed fixed")
    jo.opens_thread(card)
    expect(jo.reply("The reporter confirmed that PAY-1 is fixed")).to_be_visible()
    assert (maria.loads, jo.loads) == (1, 1)


def test_what_the_team_and_the_reporter_write_crosses_over(window: Opens) -> None:
    maria, jo = window("maria"), window("jo", "hypercare-desk")
    maria.says(f"/hypercare report {SUMMARY}")
    expect(maria.blank("summary")).to_have_value(SUMMARY)
    maria.fills(severity="medium")
    maria.submitted()

    jo.presses(jo.message(SUMMARY), "Reply")
    jo.modal.locator("textarea").fill("Which browser is it?")
    jo.submitted()

    maria.opens("@hypercare")
    maria.opens_thread(maria.message("Thank you"))
    expect(maria.reply("Which browser is it?")).to_be_visible()
    maria.page.get_by_test_id("thread-composer").fill("Firefox, since this morning")
    maria.page.get_by_test_id("thread-send").click()
    jo.opens_thread(jo.message(SUMMARY))
    expect(jo.reply("Firefox, since this morning")).to_be_visible()


def test_a_message_becomes_a_ticket_from_its_menu(window: Opens) -> None:
    tom, jo = window("tom"), window("jo", "hypercare-desk")
    tom.says("The printer on floor 2 prints nothing\nsince the update")
    said = tom.message("The printer on floor 2")
    said.hover()
    said.get_by_test_id("message-toolbar").get_by_role("button", name="More actions").click()
    tom.picks("Report to hypercare")

    expect(tom.modal).to_contain_text("From a message in #payroll-help")
    expect(tom.blank("summary")).to_have_value("The printer on floor 2 prints nothing")
    expect(tom.blank("happened")).to_have_value("The printer on floor 2 prints nothing\nsince the update")
    tom.fills(severity="low")
    tom.submitted()

    tom.opens_thread(said)
    expect(tom.reply("PAY-1")).to_be_visible()
    card = jo.message("The printer on floor 2")
    jo.presses(card, "Acknowledge")
    expect(tom.reply("@Jo Adler is looking into PAY-1")).to_be_visible()
