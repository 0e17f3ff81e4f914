"""The menu of the App Home: a lead does from there what is about no single ticket, without typing a command."""

from pathlib import Path

import pytest

from bot.views import form
from bot.views.home.tools import BY_TYPED, TOOLS
from domain.errors import Refused
from domain.phases.permissions import Person
from handlers import routes
from handlers.home import home
from handlers.request import Answer, OpenModal, Reply, Request
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.trust import stages
from tests.trust.doors import filled
from tests.trust.faults import Fuse
from tests.trust.world import JO, LENA, World

WORDS = {"find": "till", "bulk": "open", "event": "deployment Release 4.2", "pulse results": "weekly", "form": "30",
         "pulse preview": "weekly", "thanks": "All who stayed late"}  # fmt: skip
# What the world of this test has no use for, which these say.
REFUSED = {"oncall swap": "nothing to swap", "rehearse": "is going on", "pulse now": "several"}


def choose(made: World, person: Person, value: str, words: str = "") -> Answer:
    """Choose an entry of the menu, and fill in the words that it asks for."""
    call = Request(person=person, request=f"action:{person.id} {value}", value=value, commands=routes.COMMANDS)
    given = home.go(made.app, call)
    if isinstance(given, OpenModal) and given.view["callback_id"] == "go":
        sent = filled(given.view, {"words": words})
        asked = Request(person=person, request=f"view:{value}", view=sent, commands=routes.COMMANDS)
        return home.go_with_words(made.app, asked)
    return given


def test_every_entry_of_a_leads_menu_does_something(tmp_path: Path) -> None:
    with stages.sqlite(tmp_path / "world.db")(Fuse()) as made:
        said = dict[str, str]()
        for typed in BY_TYPED:
            try:
                given = choose(made, LENA, f"PAY:{typed}", WORDS.get(typed, ""))
                assert isinstance(given, OpenModal | Reply), typed
            except Refused as no:
                said[typed] = str(no)
        assert {typed: said.get(typed, "") for typed in said if REFUSED.get(typed, typed) not in said[typed]} == {}
        with pytest.raises(Refused, match="lead"):
            choose(made, JO, "PAY:note")
        for value in ("PAY:withdraw", "PAY:", "x", "OLD:known", "NONE:known"):
            with pytest.raises(Refused, match="Open the App Home again"):
                choose(made, LENA, value)
        with pytest.raises(form.InvalidForm, match="empty"):
            choose(made, LENA, "PAY:find", " ")


def test_a_lead_finds_a_ticket_from_the_menu(slack: BotWorkspace) -> None:
    slack.person("maria").reports("The till prints nothing", "low")
    slack.triage.expects("The till prints nothing")
    lena, jo = slack.person("lena"), slack.person("jo")
    eventually(lambda: "More for" in lena.home(), "the menu")
    lena.workspace.control.post("action", user="lena", home=True, action_id="go:0", value="PAY:find")
    assert "The till prints nothing" in str(lena.modal().fills(words="till").submits()["view"])
    eventually(lambda: "More for" in jo.home(), "the menu of a responder")
    assert "Pitfalls" not in jo.home()
    assert "More for" not in slack.person("maria").home()


def test_labels_are_short_and_differ() -> None:
    labels = [tool.label for tools in TOOLS.values() for tool in tools]
    assert len({*labels}) == len(labels)
    assert max(map(len, labels)) <= 24, "the title of the form, and the width of a phone"
