"""A person's browser window on the sandbox page, so that a test reads like what that person does and sees."""

from urllib.parse import urlencode, urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Locator, Request, expect

expect.set_options(timeout=10_000)


class Window:
    """One window. What the browser complains about, and every foreign host it asks, is kept for the end of the test."""

    def __init__(self, context: BrowserContext, url: str, person: str, channel: str) -> None:
        self.complaints: list[str] = []
        self.loads = 0
        self.page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", self._error)
        self.page.on("load", self._loaded)
        context.on("request", self._requested)
        self.page.goto(f"{url}/?{urlencode({'as': person, 'channel': channel})}")
        expect(self.composer).to_be_visible()

    # Where things stand

    @property
    def main(self) -> Locator:
        return self.page.locator("#main")

    @property
    def thread(self) -> Locator:
        return self.page.get_by_test_id("thread-pane")

    @property
    def composer(self) -> Locator:
        return self.page.get_by_test_id("composer")

    @property
    def completion(self) -> Locator:
        """The suggestions that are open."""
        return self.page.get_by_test_id("completion").filter(visible=True)

    @property
    def modal(self) -> Locator:
        return self.page.get_by_test_id("modal")

    @property
    def home(self) -> Locator:
        return self.page.get_by_test_id("home")

    def field(self, block: str) -> Locator:
        return self.page.locator(f"[data-testid=field][data-block-id={block}]")

    def blank(self, block: str) -> Locator:
        """Where something is written in a field."""
        return self.field(block).locator("input, textarea")

    def error(self, block: str) -> Locator:
        return self.field(block).get_by_test_id("field-error")

    def message(self, words: str) -> Locator:
        """The message in the open channel that says this."""
        return self.main.get_by_test_id("message").filter(has_text=words)

    def reply(self, words: str) -> Locator:
        """The same in the open thread."""
        return self.thread.get_by_test_id("message").filter(has_text=words)

    # What the person does

    def opens(self, place: str) -> None:
        """A channel by its name, `@hypercare` or `app-home`."""
        link = self.page.locator(f"[data-testid=channel-link][data-channel-name='{place}']")
        link.click()
        expect(link).to_have_attribute("aria-current", "page")

    def opens_thread(self, message: Locator) -> None:
        message.get_by_test_id("thread-link").click()
        expect(self.thread).to_be_visible()

    def says(self, words: str) -> None:
        self.composer.fill(words)
        self.page.get_by_test_id("send").click()
        expect(self.composer).to_have_text("")

    def presses(self, message: Locator, label: str) -> None:
        message.get_by_role("button", name=label, exact=True).click()

    def picks(self, label: str) -> None:
        """An entry of the open menu."""
        self.page.locator("[role=menu] [data-label]", has_text=label).click()

    def fills(self, **values: str) -> None:
        """Writes into the fields of the modal; what stands in a list of buttons is ticked."""
        for block, value in values.items():
            if block in ("severity", "fix"):
                self.field(block).locator(f"input[value={value}]").check()
            else:
                self.blank(block).fill(value)

    def submits(self) -> None:
        self.page.get_by_test_id("modal-submit").click()

    def submitted(self) -> None:
        """Submits, and the modal is gone."""
        self.submits()
        expect(self.modal).to_have_count(0)

    # What the browser noticed

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def _error(self, error: Error) -> None:
        self.complaints.append(f"page: {error}")

    def _loaded(self) -> None:
        self.loads += 1

    def _requested(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            self.complaints.append(f"request: {request.url}")
