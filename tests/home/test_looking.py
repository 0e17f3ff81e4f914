"""Looking things up: menu, help, show, list, mine, and the App Home."""

import pytest

from tests.support.bot import BotWorkspace


@pytest.mark.core
def test_the_command_alone_offers_a_menu(slack: BotWorkspace) -> None:
    answer = slack.person("maria").types("/hypercare")
    labels = [e["text"]["text"] for e in answer["blocks"][1]["elements"]]
    assert labels == ["Report problem", "My reports", "Open tickets"]


@pytest.mark.parametrize(("typed", "meant"), [
    ("reprot", "report [what is wrong]"), ("hlep", "help [verb]"), ("mien", "mine"), ("lst", "list"),
    ("SHOW", "PAY-42"),
])  # fmt: skip
def test_a_mistyped_verb_gets_the_nearest_one(slack: BotWorkspace, typed: str, meant: str) -> None:
    assert meant in slack.person("maria").types(f"/hypercare {typed}")["text"]


def test_an_unknown_verb_gets_help(slack: BotWorkspace) -> None:
    assert "/hypercare help" in slack.person("maria").types("/hypercare xyzzy <!channel>")["text"]


def test_help_explains_every_verb(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    assert "/hypercare resolve PAY-42" in maria.types("/hypercare help")["text"]
    assert "asks what was done" in maria.types("/hypercare help resolve")["text"]


@pytest.mark.core
def test_show_list_and_mine(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    assert "no open tickets" in jo.types("/hypercare list")["text"]
    assert "haven't reported anything" in maria.types("/hypercare mine")["text"]
    maria.reports("A small thing", "low")
    slack.person("tom").reports("A big thing", "critical")
    answer = jo.types("/hypercare list")
    assert answer["text"] == "Open tickets, most urgent first: PAY-2, PAY-1"
    assert maria.types("/hypercare mine")["text"] == "Your reports: PAY-1"
    assert "A big thing" in maria.types("/hypercare show PAY-2")["text"]
    assert "There is no PAY-9" in maria.types("/hypercare show PAY-9")["text"]
    assert "such as PAY-42" in maria.types("/hypercare show the money")["text"]


def test_show_everything_is_a_modal_with_the_timeline(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("A small thing", "low", steps="first this, then that")
    card = slack.triage.expects("A small thing")
    jo.presses(card, "Acknowledge")
    card.shows("acknowledged it")
    jo.presses(card, "Show everything")
    assert "first this, then that" in jo.modal().words
    assert "acknowledged it" in jo.modal().words


@pytest.mark.core
def test_the_home_shows_my_reports_and_to_responders_the_open_tickets(slack: BotWorkspace) -> None:
    from tests.support.control import eventually

    maria, jo = slack.person("maria"), slack.person("jo")
    eventually(lambda: "You have nothing open" in maria.home(), "an empty Home with instructions")
    maria.reports("A small thing", "low")
    slack.person("tom").reports("A big thing", "critical")
    eventually(lambda: "A small thing" in maria.home(), "my ticket in my Home")
    assert "A big thing" not in maria.home()
    home = eventually(lambda: (h := jo.home()) and "Open tickets (2)" in h and h, "the open tickets")
    assert home.index("A big thing") < home.index("A small thing")


@pytest.mark.core
def test_an_open_home_follows_its_tickets(slack: BotWorkspace) -> None:
    from tests.support.control import eventually

    maria = slack.person("maria")
    maria.home()
    maria.reports("A small thing", "low")

    def seen() -> bool:
        return "A small thing" in str(slack.control.get("views", user="maria")["home"])

    eventually(seen, "the Home kept fresh without opening it again")


def test_the_home_button_opens_the_form(slack: BotWorkspace) -> None:
    from tests.support.control import eventually

    maria = slack.person("maria")
    eventually(lambda: "Report problem" in maria.home(), "the button")
    slack.control.post("action", user="maria", home=True, action_id="report")
    maria.modal().fills(summary="From home", severity="low").submits()
    slack.triage.expects("From home")
