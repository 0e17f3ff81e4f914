"""A lead's day: from Home, a list, a card and the full ticket, without ever typing the number of a ticket."""

from typing import Any

import pytest

from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.people import Modal, Person


def row_of(blocks: list[dict[str, Any]], summary: str) -> str:
    """Return the action of the button beside a ticket; "" without one."""
    rows = [one for one in blocks if summary in str(one) and "accessory" in one]
    return str(rows[0]["accessory"]["action_id"]) if rows else ""


def from_home(lead: Person, summary: str) -> Modal:
    """Open the full ticket from its row in the App Home."""

    def shown() -> str:
        view = lead.workspace.control.post("home", user=lead.name).get("view") or {}
        return row_of(view.get("blocks", []), summary)

    action = eventually(shown, f"{summary} in the Home")
    lead.workspace.control.post("action", user=lead.name, home=True, action_id=action)
    return lead.modal()


def from_list(lead: Person, summary: str) -> Modal:
    """Open the full ticket from its row in the list of open tickets."""
    lead.types("/hypercare list", "hypercare-desk")
    shown = lead.workspace.messages("hypercare-desk", user=lead.name)[-1]
    where = {"channel": "hypercare-desk", "ts": shown.ts, "action_id": row_of(shown.raw["blocks"], summary)}
    lead.workspace.control.post("action", user=lead.name, **where)
    return lead.modal()


@pytest.mark.shape("socket", "sqlite")
def test_a_lead_does_a_whole_day_without_typing_a_number(slack: BotWorkspace) -> None:
    maria, lena, jo = slack.person("maria"), slack.person("lena"), slack.person("jo")
    maria.reports("The payslip page stays empty", "critical")
    maria.reports("The payslip page stays blank", "high")
    maria.reports("The menu is blue", "low")
    card, again, menu = (slack.triage.expects(words) for words in ("stays empty", "stays blank", "menu is blue"))
    slack.quiet()

    full = from_home(lena, "The payslip page stays empty").presses("take")
    assert "Acknowledged" in full.words
    full.presses("assign").fills(owner=jo.id).submits()
    card.shows(f"owner <@{jo.id}>")

    lena.modal().presses("reply").fills(text="We see it").submits()
    maria.dm.expects("Thank you").expects_reply("We see it")
    lena.workspace.control.post("close", user="lena", all=True)

    merging = from_list(lena, "The payslip page stays blank").presses("merge")
    options = merging.view["blocks"][1]["element"]["options"]
    assert options[0]["text"]["text"].startswith("PAY-1"), "the likeliest first"
    assert merging.fills(into=options[0]["value"]).submits() == {"closed": True}
    again.shows("Merged")
    lena.workspace.control.post("close", user="lena", all=True)

    lena.presses(menu, "more:defer")
    lena.modal().fills(reason="low_impact", text="After the audit", date="2099-05-01").submits()
    menu.shows("Deferred")

    full = from_list(lena, "The payslip page stays empty")
    full.presses("status").fills(status="fixing").submits()
    card.shows("Fix in progress")
    lena.modal().presses("resolve").fills(fix="root_cause", test="Tried", explanation="Restarted it").submits()
    question = maria.dm.expects("Thank you").expects_reply("Is this fixed?")
    maria.presses(question, "Yes, fixed")
    card.shows("Confirmed fixed")


def test_a_merge_needs_a_ticket(slack: BotWorkspace) -> None:
    slack.person("maria").reports("The menu is blue", "low")
    card = slack.triage.expects("The menu is blue")
    lena = slack.person("lena")
    lena.presses(card, "Show everything")
    form = lena.modal().presses("merge")
    assert form.fields == ["primary"], "there is no other ticket to choose"
    assert "Choose it, or enter its number" in form.submits()["errors"]["primary"]
