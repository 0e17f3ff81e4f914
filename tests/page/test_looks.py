"""What the page looks like: both themes are readable, and a phone never scrolls sideways."""

import pytest
from playwright.sync_api import expect

from tests.page.conftest import Opens
from tests.page.window import Window
from tests.support.bot import BotWorkspace

PHONE = {"viewport": {"width": 375, "height": 720}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}

# The contrast of each text with the nearest painted background behind it, as WCAG defines it. A busy button shows none.
CONTRASTS = """() => {
  const channels = (color) => {
    const c = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    c.fillStyle = color; c.fillRect(0, 0, 1, 1);
    return [...c.getImageData(0, 0, 1, 1).data];
  };
  const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const painted = channels(getComputedStyle(one).backgroundColor);
      if (painted[3] === 255) return painted;
    }
    return [255, 255, 255];
  };
  const own = (node) => [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
  return [...document.querySelectorAll('#main *, #overlays *')]
    .filter((node) => own(node) && node.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
    .filter((node) => !node.closest('.avatar, :disabled, [aria-hidden=true], [aria-busy]'))
    .map((node) => {
      const [a, b] = [light(channels(getComputedStyle(node).color)), light(behind(node))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.textContent.slice(0, 40)];
    });
}"""
SIDEWAYS = """() => [document.scrollingElement, ...document.querySelectorAll(
  '#main, #thread, #inspector, .message, .home, .dialog, .dialog-body, .topbar')]
  .filter((node) => node.checkVisibility() && node.scrollWidth > node.clientWidth + 1)
  .map((node) => `${node.tagName}.${node.className} ${node.scrollWidth} > ${node.clientWidth}`)"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_is_readable_in_both_themes(theme: str, slack: BotWorkspace, window: Opens) -> None:
    slack.person("maria").reports("The till prints nothing", "high", happened="Since this morning")
    jo = window("jo", "hypercare-desk", color_scheme=theme)
    card = jo.message("The till prints nothing")
    expect(card).to_be_visible()
    assert _brightness(jo) == theme
    _readable(jo)
    jo.presses(card, "Resolve")
    expect(jo.modal).to_be_visible()
    _readable(jo)


def test_the_theme_can_be_chosen_and_stays(window: Opens) -> None:
    maria = window("maria", color_scheme="light")
    button = maria.page.get_by_role("button", name="Theme: ")
    button.click()
    button.click()
    expect(button).to_have_attribute("aria-label", "Theme: dark")
    assert _brightness(maria) == "dark"
    maria.page.reload()
    expect(maria.composer).to_be_visible()
    assert _brightness(maria) == "dark"


def test_a_phone_goes_the_whole_way_without_scrolling_sideways(slack: BotWorkspace, window: Opens) -> None:
    slack.person("tom").reports(f"A long word: {'Lohnsteuerbescheinigung' * 5}", "low", happened="x" * 300)
    maria = window("maria", **PHONE)
    _fits(maria)
    maria.says("/hypercare report The till prints nothing")
    maria.presses(maria.modal, "More details")
    expect(maria.field("environment")).to_be_visible()
    _fits(maria)
    maria.fills(severity="high")
    maria.submitted()

    _opens_from_drawer(maria, "@hypercare")
    slack.person("jo").presses(slack.triage.expects("The till prints nothing"), "Acknowledge")
    maria.opens_thread(maria.message("Thank you"))
    expect(maria.reply("is looking")).to_be_visible()
    _fits(maria)
    maria.page.get_by_role("button", name="Close thread").click()
    _opens_from_drawer(maria, "app-home")
    expect(maria.home).to_contain_text("The till prints nothing")
    _fits(maria)


def test_the_desk_fits_on_a_phone_too(slack: BotWorkspace, window: Opens) -> None:
    slack.person("tom").reports(f"A long word: {'Lohnsteuerbescheinigung' * 5}", "low", happened="x" * 300)
    jo = window("jo", "hypercare-desk", **PHONE)
    card = jo.message("A long word")
    expect(card).to_be_visible()
    _fits(jo)
    jo.presses(card, "Show everything")
    expect(jo.modal).to_contain_text("Timeline")
    _fits(jo)
    jo.page.get_by_test_id("modal-close").click()
    jo.page.get_by_test_id("inspector").click()
    expect(jo.page.get_by_test_id("inspector-panel")).to_contain_text("chat.postMessage")
    _fits(jo)


def _opens_from_drawer(one: Window, place: str) -> None:
    one.page.get_by_role("button", name="Channels and people").click()
    _fits(one)
    one.opens(place)


def _fits(one: Window) -> None:
    assert one.page.evaluate(SIDEWAYS) == []


def _readable(one: Window) -> None:
    found = one.page.evaluate(CONTRASTS)
    assert len(found) > 10
    assert [(round(ratio, 2), text) for ratio, text in found if ratio < 4.5] == []


def _brightness(one: Window) -> str:
    color = one.main.evaluate("(node) => getComputedStyle(node).backgroundColor")
    parts = [int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(",")]
    return "dark" if sum(parts) < 3 * 128 else "light"
