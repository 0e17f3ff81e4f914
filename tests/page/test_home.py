"""The App Home in the page, as a reporter and as a lead, and changing between people in one window."""

import re

from playwright.sync_api import expect

from tests.page.conftest import Opens
from tests.support.bot import BotWorkspace


def test_a_reporter_sees_their_own_reports_and_reports_from_there(slack: BotWorkspace, window: Opens) -> None:
    slack.person("tom").reports("Nobody but Tom sees this", "low")
    slack.person("maria").reports("The till prints nothing", "high")
    maria = window("maria")
    maria.opens("app-home")
    expect(maria.home).to_contain_text("Your reports")
    expect(maria.home).to_contain_text("The till prints nothing")
    expect(maria.home).not_to_contain_text("Nobody but Tom")
    expect(maria.home).not_to_contain_text("Open tickets")

    maria.presses(maria.home, "Report problem")
    maria.fills(summary="And now the drawer is stuck", severity="low")
    maria.submitted()
    expect(maria.home).to_contain_text("And now the drawer is stuck")


def test_a_lead_sees_the_open_desk_and_every_ticket_whole(slack: BotWorkspace, window: Opens) -> None:
    slack.person("tom").reports("Logo is too small", "low")
    slack.person("maria").reports("Nobody can log in", "critical")
    lena = window("lena")
    lena.opens("app-home")
    expect(lena.home).to_contain_text("Open tickets (2)")
    tickets = lena.home.locator(".section").filter(has=lena.page.get_by_role("button", name=re.compile("^Show PAY-")))
    expect(tickets).to_contain_text(["Nobody can log in", "Logo is too small"] * 2)

    tickets.first.get_by_role("button").click()
    expect(lena.modal).to_contain_text("Timeline")
    expect(lena.modal).to_contain_text("Maria Keller reported it")
    lena.page.get_by_test_id("modal-close").click()
    expect(lena.modal).to_have_count(0)


def test_one_window_changes_the_person_in_one_click(slack: BotWorkspace, window: Opens) -> None:
    slack.person("maria").reports("Only Maria and the team know")
    one = window("maria", "@hypercare")
    expect(one.message("Only Maria and the team know")).to_be_visible()
    one.page.get_by_test_id("person-switcher").click()
    one.page.locator("[data-person=tom]").click()
    expect(one.page.get_by_test_id("person-switcher")).to_contain_text("Tom Brandt")
    expect(one.main).not_to_contain_text("Only Maria and the team know")
    one.opens("@hypercare")
    expect(one.page.get_by_test_id("composer")).to_be_visible()
    expect(one.main).not_to_contain_text("Only Maria and the team know")
    assert one.loads == 1
