"""`make pictures`: takes the pictures of README and docs anew, from the sandbox's story and a real browser."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect, sync_playwright

from tests.page.conftest import SWITCHES, find_browser
from tests.page.window import Window

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
SETTLE = 2_500  # milliseconds in which a page draws what it was told; an App Home comes after the commit
# The same letters and emoji on every machine.
FONTS = {"Liberation Sans": "fonts-liberation", "Noto Color Emoji": "fonts-noto-color-emoji"}  # and their packages
FONT = "body, body *:not(.emoji, pre, pre *, code) { font-family: 'Liberation Sans', Arial, sans-serif !important; }"
CHARTS = ["data_visualization", "data_table", "table"]
Open = Callable[..., Window]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"only these: {', '.join([*PICTURES, *BESIDE, *BEFORE])}")
    asked = parser.parse_args().names
    _require_fonts()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(SWITCHES))
        if any(one not in BEFORE for one in asked or PICTURES):
            _take_story(browser, Path(folder), asked or [*PICTURES, *BESIDE])
        for name in (one for one in BEFORE if one in (asked or BEFORE)):
            with _sandbox(Path(folder) / name) as said:
                BEFORE[name](_opener(browser, said["url"]), FOLDER / f"{name}.png")
            print(name, flush=True)  # noqa: T201
        browser.close()
    return 0


def _take_story(browser: Browser, folder: Path, names: Sequence[str]) -> None:
    """Take what the story shows when it has been played."""
    with _sandbox(folder, "--story") as said:
        for name in (one for one in names if one in PICTURES):
            PICTURES[name](_opener(browser, said["url"]), FOLDER / f"{name}.png")
            print(name, flush=True)  # noqa: T201
        if "report" in names:
            _report(browser, folder)
        if "digest-mail" in names:
            _digest_mail(browser, said["mail"])
        if "teams" in names:
            _teams(browser, said["teams"])


def _require_fonts() -> None:
    """Without one of them a picture would show other letters, or a box in the place of an emoji."""
    known = subprocess.run(["fc-list", ":", "family"], check=True, capture_output=True, text=True).stdout
    if missing := [package for font, package in FONTS.items() if font not in known]:
        sys.exit(f"Install these fonts first: apt-get install {' '.join(missing)}")


@contextmanager
def _sandbox(folder: Path, *more: str) -> Iterator[dict[str, str]]:
    """A sandbox; its address, and those of what is beside it."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "bot", "sandbox", *more, "--mail", "--teams", "--no-open", "--port", "0",
               "--data", str(folder)]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def _opener(browser: Browser, url: str) -> Open:
    def opened(person: str, channel: str = "payroll-help", width: int = 1280, height: int = 860) -> Window:
        context = browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True, locale="en-GB",
                                      timezone_id="Europe/Berlin")  # fmt: skip
        return Window(context, url, person, channel)

    return opened


def _take(window: Window, path: Path, part: Locator | None = None) -> None:
    window.page.add_style_tag(content=FONT)
    window.page.mouse.move(0, 0)  # a message under the pointer shows its tools
    window.page.wait_for_timeout(SETTLE)
    (part or window.page).screenshot(path=path)
    window.page.context.close()


def _page(opened: Open, path: Path) -> None:
    lena = opened("lena", "hypercare-desk")
    card = lena.message("Year-to-date totals").last
    card.scroll_into_view_if_needed()
    lena.opens_thread(card)
    lena.page.wait_for_timeout(SETTLE)
    card.scroll_into_view_if_needed()
    _take(lena, path)


def _home(person: str, height: int) -> Callable[[Open, Path], None]:
    def taken(opened: Open, path: Path) -> None:
        window = opened(person, height=height)
        window.opens("app-home")
        _take(window, path)

    return taken


def _channel(person: str, channel: str, width: int, height: int) -> Callable[[Open, Path], None]:
    def taken(opened: Open, path: Path) -> None:
        _take(opened(person, channel, width, height), path)

    return taken


def _message(person: str, place: str, words: str) -> Callable[[Open, Path], None]:
    """One message, the newest that says this."""

    def taken(opened: Open, path: Path) -> None:
        window = opened(person, height=1400)
        window.opens(place)
        message = window.message(words).last
        expect(message).to_be_visible()
        message.scroll_into_view_if_needed()
        _take(window, path, message)

    return taken


def _command(person: str, command: str, width: int, height: int) -> Callable[[Open, Path], None]:
    def taken(opened: Open, path: Path) -> None:
        window = opened(person, "hypercare-desk", width, height)
        _types(window, command)
        _take(window, path)

    return taken


def _answer(command: str) -> Callable[[Open, Path], None]:
    """The whole answer to a command of the lead."""

    def taken(opened: Open, path: Path) -> None:
        window = opened("lena", "hypercare-desk", 1180, 2600)
        _types(window, command)
        window.page.wait_for_timeout(SETTLE)
        _take(window, path, window.main.locator("[data-testid=message].ephemeral").last)

    return taken


def _types(window: Window, command: str) -> None:
    window.composer.fill(command)
    window.page.keyboard.press("Escape")
    window.page.get_by_test_id("send").click()


def _step(refused: list[str]) -> Callable[[Open, Path], None]:
    """The digest of a workspace that refuses these kinds of blocks."""

    def taken(opened: Open, path: Path) -> None:
        window = opened("lena", "hypercare-digest", 900, 2400)
        asking, here = window.page.request, window.page.url.partition("/?")[0]
        asking.delete(f"{here}/sandbox/faults")
        if refused:
            asking.post(f"{here}/sandbox/faults", data={"method": "*", "times": -1, "refuse": refused})
        newest = window.main.get_by_test_id("message").last
        before = str(newest.get_attribute("data-ts"))
        where = {"user": "lena", "channel": "hypercare-digest", "command": "/hypercare"}
        asking.post(f"{here}/sandbox/command", data={**where, "text": "digest now"})
        posted = window.main.locator("[data-testid=message][data-ts]:not(.ephemeral)").last
        expect(posted).not_to_have_attribute("data-ts", before)
        _take(window, path, posted)

    return taken


def _gateway(command: str, width: int, height: int) -> Callable[[Open, Path], None]:
    """What the team reads after an hour of a gateway's log, in which an endpoint was away for a quarter of it."""

    def taken(opened: Open, path: Path) -> None:
        lena = opened("lena", "hypercare-desk", width, height)
        asking, here = lena.page.request, lena.page.url.partition("/?")[0]
        secret = _secret(lena, "gateway")
        for step in range(12):
            state = "firing" if step in (6, 7, 8) else "resolved"
            asking.post(f"{here}/sandbox/signal", data={"kind": "gateway", "secret": secret, "state": state})
            if step == 8:
                words = "Opening a payslip takes half a minute"
                where = {"user": "maria", "channel": "payroll-help", "command": "/hypercare"}
                asking.post(f"{here}/sandbox/command", data={**where, "text": f"report {words}"})
                values = {"summary": words, "severity": "high", "happened": "/v2/payslips answers 504 or is very slow."}
                asking.post(f"{here}/sandbox/submit", data={"user": "maria", "values": values})
            now = datetime.fromisoformat(asking.get(f"{here}/sandbox/clock").json()["now"])
            asking.post(f"{here}/sandbox/clock", data={"to": (now + timedelta(minutes=5)).isoformat()})
        _types(lena, command)
        answer = lena.main.locator("[data-testid=message].ephemeral").last
        _take(lena, path, answer)

    return taken


def _alert(name: str) -> Callable[[Open, Path], None]:
    """The card of an alert that Alertmanager sends."""

    def taken(opened: Open, path: Path) -> None:
        lena = opened("lena", "hypercare-desk", height=1400)
        asking, here = lena.page.request, lena.page.url.partition("/?")[0]
        secret = _secret(lena, "alertmanager")
        asking.post(f"{here}/sandbox/signal", data={"kind": "alertmanager", "secret": secret, "name": name})
        card = lena.message(name).last
        expect(card).to_contain_text("1 is firing")
        card.scroll_into_view_if_needed()
        _take(lena, path, card)

    return taken


def _secret(lead: Window, kind: str) -> str:
    """A new secret of a door, which is opened if it is not yet open."""
    for verb in ("add", "rotate"):
        _types(lead, f"/hypercare signals {verb} {kind}")
    said = lead.message("The previous secret works for another day").last
    expect(said).to_be_visible()
    return str(re.findall(r"Bearer (\w+)", said.inner_text())[-1])


def _report(browser: Browser, folder: Path) -> None:
    """The report of the phase, written by the command of the bot."""
    out, database = folder / "report.html", f"sqlite:///{folder / 'hypercare.db'}"
    subprocess.run([sys.executable, "-m", "bot", "report", "PAY", "--out", str(out)], cwd=ROOT, check=True,
                   env={**os.environ, "HYPERCARE_DATABASE": database})  # fmt: skip
    page = browser.new_page(viewport={"width": 1000, "height": 1330})
    page.goto(out.as_uri())
    page.add_style_tag(content=FONT)
    page.screenshot(path=FOLDER / "report.png")
    aspects = page.locator("table", has=page.get_by_text("The seven aspects of success"))
    aspects.scroll_into_view_if_needed()
    aspects.screenshot(path=FOLDER / "impact.png")


def _digest_mail(browser: Browser, mailbox: str) -> None:
    """The newest digest by mail with new tickets, as a mail program shows it."""
    page = browser.new_page(viewport={"width": 680, "height": 900})
    page.goto(mailbox)
    mails = page.locator("article", has_text=re.compile(r"New: [1-9]")).filter(has_text="Unsubscribe")
    page.goto(mailbox + str(mails.get_by_role("link", name="With pictures").first.get_attribute("href")))
    page.add_style_tag(content=FONT)
    page.screenshot(path=FOLDER / "digest-mail.png", full_page=True)


def _teams(browser: Browser, address: str) -> None:
    """A report in Microsoft Teams up to its fix, as its reporter reads it."""
    eva, sam = (browser.new_page(viewport={"width": 760, "height": 700}) for _ in range(2))
    for number, page in enumerate((eva, sam)):
        page.goto(f"{address}/?who={number}")
    name = "Your report is"
    eva.get_by_label("Message").fill("The time sheet of June can't be opened")
    eva.get_by_role("button", name="Send").click()
    said = eva.locator("article", has_text=name)
    expect(said).to_be_visible()
    ticket = re.findall(r"\w+-\d+", said.inner_text())[0]
    sam.get_by_label("Message").fill(ticket)
    sam.get_by_role("button", name="Send").click()
    sam.get_by_role("button", name="Acknowledge").click()
    expect(eva.get_by_text("is looking into")).to_be_visible()
    resolve = sam.locator("article", has_text="looks into it")
    resolve.get_by_text("Resolve").click()
    resolve.get_by_label("What was done").fill("The sheet was locked by an export that hung. It is open again.")
    resolve.get_by_label("How deep").select_option("symptom")
    resolve.get_by_role("button", name="Send").click()
    expect(eva.get_by_role("button", name="Yes, fixed")).to_be_visible()
    eva.add_style_tag(content=FONT)
    eva.screenshot(path=FOLDER / "teams.png", full_page=True)


def _canvas(opened: Open, path: Path) -> None:
    """The page of the phase."""
    window = opened("lena", "hypercare-digest", height=1500)
    window.page.get_by_role("button", name="Canvas").click()
    _take(window, path, window.page.get_by_test_id("canvas"))


def _war_room(opened: Open, path: Path) -> None:
    """The war room of the story, which is archived by now."""
    window = opened("ravi", "hypercare-desk", 1180, 760)
    here = window.page.url.partition("/?")[0]
    channels = window.page.request.get(f"{here}/sandbox/state").json()["channels"]
    window.opens(next(one["name"] for one in channels if one["name"].endswith("-war-room")))
    _take(window, path)


def _problem(opened: Open, path: Path) -> None:
    """The whys and the fishbone of the story's problem."""
    window = opened("ravi", "hypercare-desk", 1180, 1100)
    _types(window, "/hypercare problems")
    answer = window.main.locator("[data-testid=message].ephemeral").last
    answer.get_by_role("button", name="Open P1").click()
    _take(window, path, window.modal)


def _rehearsal(opened: Open, path: Path) -> None:
    """The verdict of a rehearsal, a quarter of an hour after everyone but one has answered."""
    lena = opened("lena", height=1400)
    asking, here = lena.page.request, lena.page.url.partition("/?")[0]
    where = {"user": "lena", "channel": "hypercare-desk", "command": "/hypercare", "text": "rehearse"}
    asking.post(f"{here}/sandbox/command", data=where)
    asking.post(f"{here}/sandbox/submit", data={"user": "lena", "values": {}})
    asking.post(f"{here}/sandbox/close", data={"user": "lena", "all": True})
    for person in ("lena", "sam"):
        window = lena if person == "lena" else opened(person)
        window.opens("@hypercare")
        asked = window.message("This is how a page of").last
        asked.get_by_role("button", name="Answer the rehearsal").click()
        expect(window.message("Thanks, a page of").last).to_be_visible(timeout=60_000)
    for _ in range(16):
        now = datetime.fromisoformat(asking.get(f"{here}/sandbox/clock").json()["now"])
        asking.post(f"{here}/sandbox/clock", data={"to": (now + timedelta(minutes=1)).isoformat()})
    verdict = lena.message("Nothing of the rehearsal is kept").last
    expect(verdict).to_be_visible(timeout=60_000)
    verdict.scroll_into_view_if_needed()
    _take(lena, path, verdict)


PICTURES: dict[str, Callable[[Open, Path], None]] = {
    "page": _page,
    "home-lead": _home("lena", 860),
    "home-reporter": _home("maria", 820),
    "home-oncall": _home("sam", 800),
    "digest": _channel("lena", "hypercare-digest", 1180, 1780),
    "digest-rich": _step([]),
    "digest-plain": _step(CHARTS),
    "digest-text": _step([*CHARTS, "section"]),
    "oncall": _channel("sam", "hypercare-oncall", 1280, 800),
    "note": _message("maria", "payroll-help", "Thank you to everybody"),
    "pulse": _message("ann", "hypercare-digest", "people answered"),
    "api": _gateway("/hypercare api", 1180, 2400),
    "alert-card": _alert("Payroll database is slow"),
    "gateway-card": _message("lena", "hypercare-desk", "Opening a payslip takes half a minute"),
    "api-audit": _command("lena", "/hypercare api audit", 1180, 1000),
    "trends": _command("lena", "/hypercare trends", 1180, 980),
    "phase-page": _canvas,
    "war-room": _war_room,
    "stand-up": _message("lena", "hypercare-digest", "2 of 2 answered"),
    "decisions": _answer("/hypercare decisions"),
    "problem": _problem,
    "actions": _answer("/hypercare actions"),
    "sessions": _answer("/hypercare sessions"),
    "contacts": _answer("/hypercare contacts"),
    "rules": _answer("/hypercare rules"),
    "exit": _answer("/hypercare exit"),
    "post-mortem": _answer("/hypercare postmortem"),
}
BESIDE = ("report", "digest-mail", "teams")  # what isn't seen in the workspace
# What is seen before the go-live, so without the story.
BEFORE: dict[str, Callable[[Open, Path], None]] = {"rehearsal": _rehearsal}

if __name__ == "__main__":
    sys.exit(main())
