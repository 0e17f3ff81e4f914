"""A focus group in Slack: planned from the App Home, with a calendar file, and notes shown as items while typed."""

from datetime import timedelta
from typing import Any

import vobject

from tests.conversations.test_files import copy_of
from tests.support.bot import BotWorkspace
from tests.support.days import passes, to_monday
from tests.support.people import Modal


def test_a_focus_group_from_the_form_to_its_tickets(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    jo, maria, tom = map(slack.person, ("jo", "maria", "tom"))
    starts = int((slack.application.context.now() + timedelta(hours=2)).timestamp())
    jo.home()
    press(slack, "sessions", home=True)
    form = press(slack, "session_plan", view=True)
    form.fills(title="How is the payslip?", participants=[maria.id, tom.id], starts=starts, place="Hall 2")
    assert form.submits() == {"closed": True}
    invited = maria.dm.expects("How is the payslip?")
    file = copy_of(invited, "session.ics")
    event = vobject.readOne(slack.box.world.contents[file["id"]].decode()).vevent
    assert (int(event.dtstart.value.timestamp()), event.location.value) == (starts, "Hall 2")
    assert "How is the payslip?" in maria.home()
    passes(slack, hours=1, minutes=1)
    tom.dm.expects("Soon: *How is the payslip?*")
    passes(slack, hours=2)
    jo.presses(jo.dm.expects("What was said in *How is the payslip?*"), "Write notes")
    words = "Maria: the second page is empty\nWould be nice to have it as PDF"
    shown = press(slack, "session_text", view=True, value=words, values={"session_text": words})
    assert "*Report* · the second page is empty" in shown.words
    assert "*Idea* · Would be nice" in shown.words
    assert shown.fills(session_text=words).submits() == {"closed": True}
    slack.triage.expects("the second page is empty")
    slack.channel("hypercare-digest").expects("was held: 1 report · 1 idea")
    assert "From you." in maria.dm.expects("Thanks for taking part").words
    assert "PAY-2" in tom.dm.expects("Thanks for taking part").words


def press(slack: BotWorkspace, action: str, **what: Any) -> Modal:
    """Press a button of an App Home or an open form, or type in its field; return the form that is shown then."""
    slack.control.post("action", user="jo", action_id=action, **what)
    return slack.person("jo").modal()
