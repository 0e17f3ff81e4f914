"""Whatever happens around a person who types, picks or only has the focus somewhere: nothing of it is taken away."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sandbox.inputs import KINDS
from tests.page.conftest import Looks
from tests.page.window import Window
from tests.sandbox.conftest import Bolt, Box, until

Body = dict[str, Any]
SOURCE = Path(__file__).resolve().parents[2] / "sandbox"
OPTIONS = [{"text": {"type": "plain_text", "text": name}, "value": name.lower()} for name in ("Ant", "Bee", "Cat")]
CHOICES = ("radio_buttons", "checkboxes", "static_select", "multi_static_select")
IN_MESSAGES = ("plain_text_input", "datepicker", "static_select", "multi_users_select", "checkboxes")
IN_HOME = ("plain_text_input",)
TELLS = ("datepicker", "timepicker", "datetimepicker")


def plain(text: str) -> Body:
    return {"type": "plain_text", "text": text}


def element(kind: str) -> Body:
    made: Body = {"type": kind, "action_id": f"a_{kind}"}
    if kind in CHOICES:
        made["options"] = OPTIONS
    if kind == "number_input":
        made["is_decimal_allowed"] = False
    if kind == "plain_text_input":
        made["multiline"] = True
    return made


def form(turn: int) -> list[Body]:
    """An input of each kind; every block reads anew at each turn, so that every block is redrawn."""
    inputs = [
        {
            "type": "input",
            "block_id": f"b_{kind}",
            "label": plain(kind),
            "hint": plain(f"Turn {turn}"),
            "optional": True,
            "dispatch_action": kind in TELLS,
            "element": element(kind),
        }
        for kind in KINDS
    ]
    # Without a block id, as apps send it: Slack gives it a new one at each update. The first button comes and goes.
    buttons = [{"type": "button", "action_id": name, "text": plain(f"{name} {turn}")} for name in ("stay", "leave")]
    fresh = {"type": "button", "action_id": f"new_{turn}", "text": plain("New")}
    menu = {"type": "overflow", "action_id": "menu", "options": OPTIONS}
    return [
        {"type": "section", "text": plain(f"This is turn {turn}")},
        *inputs,
        {"type": "actions", "elements": [*([fresh] if turn % 2 else []), *buttons, menu]},
    ]


@dataclass
class Stage:
    """A workspace with an app of its own that only takes notes, and what can happen in it."""

    box: Box
    surface: str
    turn: int = 0
    actions: list[Body] = field(default_factory=list)
    view: str = ""
    ts: str = ""
    said: str = ""

    def listen(self, app: Any) -> None:
        @app.action(re.compile(".*"))
        async def action(ack: Any, body: Body) -> None:
            self.actions += body["actions"]
            await ack()

        @app.event(re.compile(".*"))
        async def event() -> None: ...

    def show(self) -> None:
        """Puts the form where it belongs, or redraws it there."""
        self.turn += 1
        client, blocks = self.box.client, form(self.turn)
        if self.surface == "modal" and not self.view:
            self.view = client.views_open(trigger_id=self.box.trigger(), view=self._modal(blocks))["view"]["id"]
        elif self.surface == "modal":
            client.views_update(view_id=self.view, view=self._modal(blocks))
        elif self.surface == "home":
            shown = [one for one in blocks if (one.get("element") or {}).get("type") != "file_input"]
            client.views_publish(user_id=self.box.user("maria"), view={"type": "home", "blocks": shown})
        elif not self.ts:
            channel = self.box.channel("payroll-help")
            self.ts = client.chat_postMessage(channel=channel, text="Form", blocks=blocks)["ts"]
        else:
            channel = self.box.channel("payroll-help")
            client.chat_update(channel=channel, ts=self.ts, text="Form", blocks=blocks)

    def _modal(self, blocks: list[Body]) -> Body:
        return {"type": "modal", "title": plain("Form"), "submit": plain("Send"), "blocks": blocks}

    def speak(self) -> None:
        self.said = self.box.post("message", user="tom", channel="payroll-help", text=f"Turn {self.turn}")["ts"]

    def act(self, path: str, **more: Any) -> Callable[[], Any]:
        return lambda: self.box.post(path, user="tom", channel="payroll-help", ts=self.said, **more)

    def everything(self) -> dict[str, Callable[[], Any]]:
        """Each kind of news the page hears of, and what makes it."""
        post, name = self.box.post, f"guest{self.turn}"
        return {
            "message": self.speak,
            "message_changed": self.act("edit", text="Other words"),
            "reaction": lambda: self.box.client.reactions_add(
                channel=self.box.channel("payroll-help"), timestamp=self.ts or self.said, name=f"turn{self.turn}"
            ),
            "message_deleted": self.act("delete"),
            "ephemeral": lambda: self.box.client.chat_postEphemeral(
                channel=self.box.channel("payroll-help"), user=self.box.user("maria"), text="Psst"
            ),
            "user": lambda: post("users", name=name),
            "channel": lambda: post("channels", name=name, members=["maria", "tom"]),
            "group": lambda: post("groups", handle=name, users=["maria"]),
            "clock": lambda: post("clock", advance=24 * 3600),
            "faults": lambda: post("faults", method="team.info", delay=0.1),
            "read": lambda: post("read", user="maria", channel="general"),
            "typing": lambda: post("typing", user="tom", channel="payroll-help"),
            "modal": self.show,
        }


@pytest.fixture
def stage(surface: str) -> Iterator[Stage]:
    box = Box(rate_limits=False)
    made = Stage(box, surface)
    bolt = Bolt(box, made.listen)
    yield made
    bolt.stop()
    box.stop()


SAME = "() => [document.activeElement === window.probe, document.activeElement?.outerHTML.slice(0, 90)]"

TURNED = """(words) => new Promise((done) => {
  const look = () => document.body.textContent.includes(words)
    ? done([document.activeElement === window.probe, document.activeElement?.outerHTML.slice(0, 90)])
    : setTimeout(look, 5);
  look();
})"""


@dataclass
class Hands:
    """A person at the keyboard; between two keys everything happens that can."""

    stage: Stage
    window: Window

    @property
    def page(self) -> Page:
        return self.window.page

    def world_turns(self) -> None:
        self.page.evaluate("() => { window.probe = document.activeElement }")
        for happen in self.stage.everything().values():
            happen()
        same, instead = self.page.evaluate(TURNED, f"This is turn {self.stage.turn}")
        assert same, f"the focus went to {instead}"

    def field(self, kind: str) -> Any:
        return self.page.locator(f"[data-action-id=a_{kind}]").first

    def types(self, first: str, second: str) -> str:
        """Types the halves, and says what then stands in the field."""
        self.presses(first)
        self.world_turns()
        self.presses(second)
        return str(self.page.evaluate("() => document.activeElement.value ?? document.activeElement.innerText"))

    def presses(self, keys: str) -> None:
        for key in keys:
            self.page.keyboard.press({"\n": "Enter", "\t": "Tab", " ": "Space"}.get(key, key))

    def leaves(self) -> None:
        """Tabs through the parts of a date and out of it."""
        for _ in range(8):
            self.page.keyboard.press("Tab")
            if not self.page.evaluate(SAME)[0]:
                return

    def chooses(self) -> None:
        """Opens a list, moves in it and picks."""
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("listbox")).to_have_count(1)
        if self.page.get_by_role("option").count():
            self.page.keyboard.press("ArrowDown")
            active = self.page.locator(".option.active").get_attribute("data-value")
            self.world_turns()
            assert self.page.locator(".option.active").get_attribute("data-value") == active
            self.page.keyboard.press("Enter")
        if self.page.get_by_role("listbox").count():
            self.page.keyboard.press("Escape")


TEXTS = {
    "plain_text_input": ("one\n", "two"),
    "rich_text_input": ("one ", "two"),
    "email_text_input": ("a@", "b.example"),
    "url_text_input": ("https:", "//a.example"),
    "number_input": ("12", "34"),
}
DATES = {
    "datepicker": ("1231", "2026", {"selected_date": "2026-12-31"}),
    "timepicker": ("09", "30AM", {"selected_time": "09:30"}),
    "datetimepicker": ("12312026\t", "0930AM", {}),
}


@pytest.mark.parametrize("surface", ["modal", "message", "home"])
def test_nothing_that_is_typed_or_focused_is_taken_away(stage: Stage, looks: Looks) -> None:
    told = set(re.findall(r'publish\("(\w+)"', "".join(one.read_text() for one in SOURCE.rglob("*.py"))))
    assert told - {"ready", "call", "delivery"} <= set(stage.everything()) | {"modal", "home"}

    window = looks(stage.box.sandbox.url, "maria")
    stage.speak()
    stage.show()
    if stage.surface == "home":
        window.opens("app-home")
    hands = Hands(stage, window)
    expect(window.page.get_by_text("This is turn 1")).to_be_visible()
    told_of: list[tuple[str, Body]] = []
    for kind in {"modal": tuple(KINDS), "message": IN_MESSAGES, "home": IN_HOME}[stage.surface]:
        if kind in TEXTS:
            hands.field(kind).locator("input, textarea, [contenteditable]").first.focus()
            assert hands.types(*TEXTS[kind]).strip() == "".join(TEXTS[kind]), kind
        elif kind in DATES:
            hands.field(kind).locator("input").focus()
            first, second, expected = DATES[kind]
            hands.types(first, second)
            hands.leaves()
            told_of.append((kind, expected))
            until(lambda: len([one for one in stage.actions if one["type"] in DATES]) == len(told_of))
        elif kind.endswith("_select"):
            hands.field(kind).get_by_role("combobox").focus()
            hands.chooses()
        elif kind != "file_input":
            hands.field(kind).locator("input").first.focus()
            window.page.keyboard.press("Space")
            hands.world_turns()
            expect(hands.field(kind).locator("input").first).to_be_checked()
        else:
            hands.field(kind).locator("input").focus()
            hands.world_turns()
    picked = [one for one in stage.actions if one["type"] in DATES]
    assert [one["type"] for one in picked] == [kind for kind, _ in told_of]
    assert all(expected.items() <= one.items() for one, (_, expected) in zip(picked, told_of, strict=True))
    for button in ("stay", "menu"):
        window.page.locator(f"button[data-action-id={button}]").focus()
        hands.world_turns()
    window.page.keyboard.press("Enter")
    hands.world_turns()
    expect(window.page.get_by_role("menuitem", name="Bee")).to_be_visible()
