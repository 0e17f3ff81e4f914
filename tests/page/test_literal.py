"""Whatever people write is shown as they wrote it: it is never markup, never a mention, never a program."""

import pytest
from playwright.sync_api import expect

from tests.page.conftest import Opens

NASTY = (
    "<script>document.title='owned'</script> & &amp; <b>bold</b>",
    "<!channel> <!here> <@U0000> <https://example.com|click>",
    '<img src="https://example.com/x.png" onerror="document.title=1">',
    "*stars* _lines_ ~tildes~ `ticks` :tada:",
)


@pytest.mark.parametrize("words", NASTY)
def test_a_report_shows_what_was_typed(words: str, window: Opens) -> None:
    maria, jo = window("maria"), window("jo", "hypercare-desk")
    maria.says("/hypercare report")
    maria.fills(summary=words, severity="low", happened=f"Story: {words}")
    maria.submitted()

    card = jo.message("PAY-1")
    expect(card).to_contain_text(f"Low · {words}")
    expect(card).to_contain_text(f"Story: {words}")
    jo.presses(card, "Show everything")
    expect(jo.modal).to_contain_text(words)
    maria.opens("@hypercare")
    expect(maria.message("Thank you")).to_contain_text(words)
    maria.opens("app-home")
    expect(maria.home).to_contain_text(words)
    for one in (maria, jo):
        expect(one.page.locator("body script, #app img:not([src^='/'])")).to_have_count(0)
        expect(one.page).not_to_have_title("owned")


@pytest.mark.parametrize("words", NASTY[:3])
def test_a_message_shows_what_was_typed(words: str, window: Opens) -> None:
    maria, jo = window("maria"), window("jo", "payroll-help")
    maria.says(words)
    for one in (maria, jo):
        said = one.main.get_by_test_id("message").last
        expect(said).to_contain_text(words)
        expect(said.locator("script, b:not(.author), img, a:not(.stamp)")).to_have_count(0)
