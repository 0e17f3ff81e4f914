"""Whatever people write is shown as they wrote it: it is never markup, never a mention, never a program."""

from playwright.sync_api import expect

from tests.page.conftest import Opens
from tests.page.window import Window
from tests.support.bot import BotWorkspace

NASTY = (
    "<script>document.title='owned'</script> & &amp; <b>bold</b>",
    "<!channel> <!here> <#C0000> <https://example.com|click>",
    '<img src="https://example.com/x.png" onerror="document.title=1">',
)
STARS = "*stars* _lines_ ~tildes~ `ticks` :tada:"


def test_a_report_shows_what_was_typed(slack: BotWorkspace, window: Opens) -> None:
    for words in NASTY:
        slack.person("maria").reports(words, "low", happened=f"Story: {words} {STARS}")
    maria, jo = window("maria", "@hypercare"), window("jo", "hypercare-desk")
    for number, words in enumerate(NASTY, 1):
        card = jo.message(f"Low · PAY-{number}")
        expect(card).to_contain_text(words)
        expect(card).to_contain_text(f"Story: {words} {STARS}")
        jo.presses(card, "Show everything")
        expect(jo.modal).to_contain_text(f"Story: {words} {STARS}")
        _unharmed(jo)
        jo.page.get_by_test_id("modal-close").click()
        expect(maria.message(f"PAY-{number}:")).to_contain_text(words)
    maria.opens("app-home")
    for words in NASTY:
        expect(maria.home).to_contain_text(words)
    _unharmed(maria)


def test_a_message_shows_what_was_typed(window: Opens) -> None:
    maria, jo = window("maria"), window("jo")
    for words in NASTY:
        maria.says(words)
        for one in (maria, jo):
            said = one.main.get_by_test_id("message").last
            expect(said).to_contain_text(words)
            expect(said.locator(".mention, b:not(.author)")).to_have_count(0)
            _unharmed(one)


def test_the_inspector_shows_what_was_typed(window: Opens) -> None:
    maria = window("maria")
    maria.page.get_by_test_id("inspector").click()
    maria.says(NASTY[0])
    row = maria.page.get_by_test_id("inspector-panel").get_by_role("listitem").filter(has_text="message").first
    row.get_by_role("button").first.click()
    expect(row).to_contain_text("document.title='owned'")
    _unharmed(maria)


def _unharmed(one: Window) -> None:
    """Nothing of it became an element, and nothing of it ran."""
    expect(one.page.locator("body script, body img[src^=http], body [onerror]")).to_have_count(0)
    assert "Sandbox workspace" in one.page.title()
