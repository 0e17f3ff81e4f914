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


def test_help_is_six_lines_for_each_role_and_the_rest_by_topic(slack: BotWorkspace) -> None:
    def lines(name: str) -> list[str]:
        return str(slack.person(name).types("/hypercare help")["blocks"][0]["text"]["text"]).split("\n")

    assert [len(lines(name)) for name in ("maria", "jo", "lena")] == [6, 6, 6]
    assert "/hypercare report" in lines("maria")[0]
    assert "/hypercare list" in lines("jo")[0]
    assert any("/hypercare phase" in line for line in lines("lena"))
    maria = slack.person("maria")
    assert "/hypercare resolve PAY-42" in str(maria.types("/hypercare help working")["blocks"])
    assert "asks what was done" in maria.types("/hypercare help resolve")["text"]


def test_every_command_is_in_one_topic_and_no_topic_is_too_long() -> None:
    from bot.views.home.help import TOPIC_VERBS, TOPICS, VERBS, help_text
    from bot.views.text import FOLDED_LINES, MAX_TEXT_CHARS

    listed = [verb for verbs in TOPIC_VERBS.values() for verb in verbs]
    assert sorted(listed) == sorted(VERBS)
    for topic in TOPICS:
        lines = help_text(topic)["blocks"][1]
        assert len(lines["text"]["text"]) < MAX_TEXT_CHARS / 2
        is_short = lines["text"]["text"].count("\n") < FOLDED_LINES
        assert is_short or lines["expand"], "nothing is hidden behind “See more”"


@pytest.mark.core
def test_show_list_and_mine(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    assert "no open tickets" in jo.types("/hypercare list")["text"]
    assert "haven't reported anything" in maria.types("/hypercare mine")["text"]
    maria.reports("A small thing", "low")
    slack.person("tom").reports("A big thing", "critical")
    answer = jo.types("/hypercare list")
    assert answer["text"] == "Open tickets, most urgent first: PAY-2, PAY-1"
    assert "priority" in str(answer)
    for verb in ("list", "find thing", "mine"):
        assert "priority" not in str(maria.types(f"/hypercare {verb}")), "by which the team works"
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
    assert "priority" not in maria.home()
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


def test_a_home_without_a_phase_has_a_button_to_set_one_up(slack: BotWorkspace) -> None:
    from bot.services.phases import phases
    from tests.support.control import eventually

    phases.archive(slack.application.context, "PAY")
    admin = slack.person("admin")
    eventually(lambda: "No phase is active, so nothing can be reported yet" in admin.home(), "what to do")
    slack.control.post("action", user="admin", home=True, action_id="setup:first")
    assert admin.modal().title == "Set up a phase"


def test_a_leads_home_begins_with_what_needs_them(slack: BotWorkspace) -> None:
    from tests.support.control import eventually

    maria, lena = slack.person("maria"), slack.person("lena")
    assert "No ticket is critical, overdue or unassigned" in eventually(lena.home, "a Home")
    maria.reports("Nobody can log in", "critical")
    maria.reports("The menu is blue", "low")
    home = eventually(lambda: (h := lena.home()) and "1 critical · 0 overdue · 2 unassigned" in h and h, "the counts")
    assert home.index("Needs your attention") < home.index("Nobody can log in") < home.index("Your reports")
    assert "Needs your attention" not in slack.person("jo").home()


def test_everything_can_be_done_from_the_full_ticket(slack: BotWorkspace) -> None:
    maria, lena = slack.person("maria"), slack.person("lena")
    maria.reports("The menu is blue", "low")
    card = slack.triage.expects("The menu is blue")
    slack.quiet()
    lena.presses(card, "Show everything")
    modal = lena.modal()
    labels = [e["text"]["text"] for b in modal.view["blocks"] if b["type"] == "actions" for e in b["elements"]]
    for label in ("Acknowledge", "Take", "Reply", "Ask reporter", "Resolve", "Change status", "Change severity",
                  "Assign", "Promise date", "Defer", "Merge", "Close", "Escalate", "Add details"):  # fmt: skip
        assert label in labels, label
    assert "Card and team's thread" in modal.words
    after = modal.presses("take")
    assert "Acknowledged" in after.words, "the full ticket shows what was done"
    after.presses("assign").fills(owner=slack.user_id("jo")).submits()
    card.shows(f"owner <@{slack.user_id('jo')}>")


def test_a_list_says_how_many_there_are_and_what_is_overdue(slack: BotWorkspace) -> None:
    from tests.support.days import passes, to_monday

    to_monday(slack)
    slack.person("maria").reports("The menu is blue", "high")
    slack.triage.expects("The menu is blue")
    answer = slack.person("jo").types("/hypercare list")
    assert "1 to 1 of 1" in str(answer["blocks"])
    assert "due <!date" in str(answer["blocks"])
    passes(slack, hours=2)
    shown = slack.person("jo").types("/hypercare list")["blocks"]
    assert "*overdue* since <!date" in str(shown)
    (show,) = (one["accessory"] for one in shown if "accessory" in one)
    assert show["accessibility_label"] == "Show PAY-1: The menu is blue"
