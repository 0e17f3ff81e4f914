"""The page of the small Microsoft Teams beside the sandbox: a report, the talk about it and its fix."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.commands.sandbox import IN_TEAMS, with_teams
from bot.transport.teams import PATH
from connectors.teams.fake_page import FakeTeamsPage
from tests.support.bot import BotWorkspace
from tests.support.control import eventually


@pytest.fixture
def teams(slack: BotWorkspace) -> Iterator[FakeTeamsPage]:
    made = FakeTeamsPage(IN_TEAMS)
    slack.loop.run(made.start())
    slack.stop_bot()
    slack.settings = with_teams(slack.settings, made).model_copy(update={"monitor_port": 0})
    slack.start_bot()
    made.chats.bot_url = f"http://127.0.0.1:{slack.application.monitor.port}{PATH}"
    yield made
    slack.loop.run(made.stop())


@pytest.fixture
def chats(browser: Browser, teams: FakeTeamsPage) -> Iterator[list[Page]]:
    """The pages of Eva, who has no account in Slack, and of Sam of the team; none may complain."""
    complaints, context = list[str](), browser.new_context()
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    opened = [context.new_page() for _ in IN_TEAMS]
    for number, page in enumerate(opened):
        page.goto(f"{teams.url}/?who={number}")
    yield opened
    context.close()
    assert complaints == []


def writes(page: Page, text: str) -> None:
    page.get_by_label("Message").fill(text)
    page.locator("#write").get_by_role("button", name="Send").click()


def newest(page: Page, text: str) -> Locator:
    """The newest message of the bot with this text."""
    found = page.locator("article:not(.own)").filter(has_text=text).last
    expect(found).to_be_visible()
    return found


def test_a_report_is_made_worked_on_and_confirmed_on_the_page(
    slack: BotWorkspace, teams: FakeTeamsPage, chats: list[Page]
) -> None:
    eva, sam = chats
    writes(eva, "report")
    newest(eva, "What's wrong?").get_by_role("button", name="Report a problem").click()
    eva.get_by_label("Summary").fill("Totals are <b>wrong</b>")
    eva.get_by_label("Severity").select_option("high")
    eva.get_by_role("button", name="Report", exact=True).click()
    eva.get_by_role("link", name="Back to the chat").click()
    newest(eva, "Your report is PAY-1: Totals are <b>wrong</b>")
    card = slack.channel("hypercare-desk").expects("Totals are")
    writes(sam, "PAY-1")
    newest(sam, "No one has taken it yet").get_by_role("button", name="Acknowledge").click()
    newest(eva, "is looking into PAY-1")
    slack.person("sam").replies(card, ">> Which browser do you use?")
    newest(eva, "Which browser do you use?")
    writes(eva, "Firefox")
    card.expects_reply("Firefox")
    resolve = newest(sam, "looks into it")
    resolve.get_by_text("Resolve").click()
    resolve.get_by_label("What was done").fill("Cache emptied")
    resolve.get_by_label("How deep").select_option("symptom")
    resolve.get_by_label("How was it tested").fill("Tried it again")
    resolve.get_by_role("button", name="Send").click()
    newest(eva, "Cache emptied").get_by_role("button", name="Yes, fixed").click()
    newest(eva, "PAY-1 is confirmed fixed")
    expect(newest(eva, "Cache emptied").get_by_role("button")).to_have_count(0)
    eventually(lambda: teams.channels.words("ops")[1:], "two cards in the channel")
    eva.get_by_role("link", name="Channel ops").click()
    expect(eva.locator("article").filter(has_text="PAY-1: a high problem was reported")).to_be_visible()
    expect(eva.locator("article").filter(has_text="PAY-1 is resolved")).to_be_visible()
