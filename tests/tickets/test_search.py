"""Finding: filters in words, pages turned in place, search, saved lists, known issues, and many changed at once."""

import json
from typing import Any

import pytest

from tests.support.bot import BotWorkspace
from tests.support.people import Message


def some(slack: BotWorkspace, count: int = 3) -> None:
    maria = slack.person("maria")
    for n in range(count):
        maria.reports(f"Payslip number {n} is blank", "medium")
    slack.quiet()


def press(slack: BotWorkspace, name: str, label: str, channel: str = "payroll-help") -> Message:
    """A button in the newest message that only this person sees."""
    found = [m for m in slack.messages(channel, user=name) if m.raw.get("ephemeral_to")]
    slack.person(name).presses(found[-1], label)
    return [m for m in slack.messages(channel, user=name) if m.raw.get("ephemeral_to")][-1]


@pytest.mark.core
def test_a_list_is_what_its_words_say(slack: BotWorkspace) -> None:
    some(slack, 2)
    modal = slack.person("tom").opens("/hypercare report").fills(summary="Bank is late", severity="high")
    modal.presses("more_details").fills(module="Bank export").submits()
    slack.person("jo").types("/hypercare take PAY-1")
    ask = lambda text: slack.person("jo").types(f"/hypercare list {text}", "payroll-help")["text"]  # noqa: E731
    assert ask("") == "Open tickets, most urgent first: PAY-3, PAY-1, PAY-2"
    assert ask("module:bank") == "module:bank: PAY-3"
    assert ask("owned") == "owned: PAY-1"
    assert ask("unowned medium") == "unowned medium: PAY-2"
    assert ask("by:@tom").endswith(": PAY-3")
    assert ask("acknowledged") == "acknowledged: PAY-1"
    assert "No tickets match" in ask("critical")
    there = slack.channel_id("random")
    assert ask("channel:#random critical") == f"No tickets match `critical` in <#{there}>."
    slack.person("maria").types("/hypercare withdraw PAY-2")
    assert ask("closed") == "closed: PAY-2"
    assert ask("all medium") == "all medium: PAY-2, PAY-1"
    assert ask("withdrawn mine") != ask("withdrawn")
    assert "Did you mean `module:`?" in ask("modul:x")


def test_pages_are_turned_in_place(slack: BotWorkspace) -> None:
    some(slack, 12)
    first = slack.person("tom").types("/hypercare list")
    assert "1 to 10" in json.dumps(first)
    second = press(slack, "tom", "Next")
    assert "11 to 12" in second.words
    whispers = [m for m in slack.messages("payroll-help", user="tom") if m.raw.get("ephemeral_to")]
    assert len(whispers) == 1  # the second page stands where the first one stood
    assert "1 to 10" in press(slack, "tom", "Back").words


@pytest.mark.core
def test_words_are_found_in_open_and_closed_ones_and_never_in_private_ones(slack: BotWorkspace) -> None:
    some(slack, 2)
    slack.person("maria").types("/hypercare withdraw PAY-1")
    secret = slack.person("ann").opens("/hypercare report").fills(summary="Payslip of everybody blank", severity="low")
    secret.presses("more_details").fills(type="security").submits()
    slack.quiet()
    assert slack.person("tom").types("/hypercare find blank payslips")["text"] == "blank payslips: PAY-2, PAY-1"
    assert "PAY-3" in slack.person("ann").types("/hypercare find blank payslip")["text"]
    assert "PAY-3" in slack.person("lena").types("/hypercare find blank payslip")["text"]
    assert "No tickets match" in slack.person("tom").types("/hypercare find zebra")["text"]
    assert "Please say which words" in slack.person("tom").types("/hypercare find")["text"]


def test_a_list_is_saved_under_a_name_and_opened_from_the_home(slack: BotWorkspace) -> None:
    some(slack, 2)
    slack.person("jo").types("/hypercare list medium unowned")
    press(slack, "jo", "Save list")
    assert slack.person("jo").modal().fills(name="To be taken").submits() == {"closed": True}
    slack.quiet()
    assert "To be taken" in slack.person("jo").home()
    slack.control.post("action", user="jo", home=True, action_id="open_view:0")
    assert "PAY-1" in slack.person("jo").modal().words
    slack.control.post("close", user="jo", all=True)
    slack.control.post("action", user="jo", home=True, action_id="drop_view:0")
    slack.quiet()
    assert "To be taken" not in slack.person("jo").home()


def test_known_issues_show_the_workaround_and_count_affected_people(slack: BotWorkspace) -> None:
    some(slack, 2)
    slack.person("ann").types("/hypercare metoo PAY-2")
    board = slack.person("tom").types("/hypercare known")
    assert board["text"] == "Known issues: PAY-2, PAY-1"
    press(slack, "tom", "Me too")
    slack.person("tom").dm.expects("You're affected")


def bulk(slack: BotWorkspace, asked: str, **values: Any) -> dict[str, Any]:
    lena = slack.person("lena")
    lena.types(f"/hypercare bulk {asked}", "hypercare-desk")
    slack.control.post("action", user="lena", view=True, action_id="action", value=values["action"])
    return lena.modal().fills(**values).submits()


@pytest.mark.core
def test_many_are_changed_with_one_message_to_the_team_and_one_to_each_reporter(slack: BotWorkspace) -> None:
    some(slack, 5)
    assert bulk(slack, "open medium", action="resolve", fix="root_cause", explanation="The template was missing") == {
        "closed": True
    }
    slack.quiet()
    said = [m for m in slack.triage.messages() if "resolved 5 tickets" in m.words]
    assert len(said) == 1
    for n in range(5):
        root = slack.person("maria").dm.expects(f"Payslip number {n}")
        assert len([m for m in root.thread() if "The template was missing" in m.words]) == 1


def test_a_bulk_change_applies_to_all_tickets_or_to_none(slack: BotWorkspace) -> None:
    some(slack, 3)
    answer = bulk(slack, "open", action="assign", owner=slack.user_id("ravi"))
    assert "required" in answer["errors"]["why"]
    answer = bulk(slack, "open", action="assign", owner=slack.user_id("ann"), why="Jo is away until Monday")
    assert "Only responders and leads" in answer["errors"]["owner"]
    assert slack.person("jo").types("/hypercare list unowned")["text"] == "unowned: PAY-1, PAY-2, PAY-3"
    ravi = slack.user_id("ravi")
    assert bulk(slack, "open", action="assign", owner=ravi, why="Jo is away until Monday") == {"closed": True}
    assert "PAY-3" in slack.person("ravi").types("/hypercare list owned")["text"]
    slack.triage.expects("assigned 3 tickets to").shows("Reason: Jo is away until Monday")
    slack.person("jo").presses(slack.triage.expects("Payslip number 2"), "Show everything")
    assert "Jo is away until Monday" in slack.person("jo").modal().words


def test_tickets_are_reassigned_by_person_or_by_module_and_no_others(slack: BotWorkspace) -> None:
    maria, jo, ravi = map(slack.person, ("maria", "jo", "ravi"))
    for number, module in enumerate(("Bank export", "Login", "Bank export", "Login")):
        maria.reports(f"Fault {number}", "medium", module=module)
    slack.quiet()
    for ticket in ("PAY-1", "PAY-2"):
        jo.types(f"/hypercare take {ticket}")
    assert bulk(slack, "open owner:@jo", action="assign", owner=ravi.id, why="Jo is ill") == {"closed": True}
    owned = slack.triage.expects("assigned 2 tickets to").words
    assert ("PAY-1, PAY-2" in owned, "Reason: Jo is ill" in owned) == (True, True)
    assert bulk(slack, "open module:login", action="assign", owner=jo.id, why="Jo knows logins") == {"closed": True}
    slack.triage.expects("PAY-2, PAY-4. Reason: Jo knows logins")
    slack.quiet()
    assert len([one for one in slack.triage.messages() if " assigned 2 tickets to " in one.words]) == 2
    assert jo.types("/hypercare list owner:@ravi")["text"].endswith(": PAY-1")
    assert jo.types("/hypercare list unowned")["text"] == "unowned: PAY-3"


def test_only_leads_change_many_tickets_at_once(slack: BotWorkspace) -> None:
    some(slack, 1)
    answer = slack.person("jo").types("/hypercare bulk open", "hypercare-desk")
    assert "Only leads can" in answer["text"]
    assert not slack.person("jo").modals(), "no form opens that would be refused at the end"
