"""A played incident in Slack: from the first report to the decision, the rollback, the root cause and the stand-up."""

from datetime import date

import pytest

from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import applied
from tests.support.people import Message, Person

CALLS, DESK, CHANNEL = "hypercare-oncall", "hypercare-desk", "pay-1-war-room"
SOLVED = {"fix": "root_cause", "cause_class": "process", "resolution": "Imports have an owner and a test"}
FIXED = {"fix": "root_cause", "explanation": "Restored", "test": "Paid 1 €"}
WHYS = ("The import wrote every payment twice (run.log, 09:12)", "The release removed the unique key (diff of 1.0.3)",
        "No test imports a file twice (test report)", "Imports have no owner (list of tests)",
        "The handover left imports out (handover plan)")  # fmt: skip


def told(slack: BotWorkspace, name: str, text: str, channel: str) -> None:
    """Wait for an answer that only that person sees."""
    eventually(lambda: any(text in one for one in slack.person(name).whispers(channel)), text)


@pytest.mark.core
def test_an_incident_from_the_first_report_to_the_stand_up_of_the_next_day(slack: BotWorkspace) -> None:
    to_monday(slack)
    lena, jo = slack.person("lena"), slack.person("jo")
    trigger = {"name": "criticals", "rule": "critical_open >= 1 for 5m", "question": "Roll back the release?",
               "options": ("Roll back", "Go on"), "approver": lena.id,
               "steps": {"Roll back": ("Stop the import",)}}  # fmt: skip
    applied(slack, decisions={"triggers": (trigger,)}, war_room={"stand_up": "09:30", "stand_up_people": (jo.id,)})
    slack.person("maria").reports("Nobody can pay", "critical")
    card = slack.triage.expects("Nobody can pay")
    jo.types("/hypercare warroom PAY-1", DESK)
    card.expects_reply("opened a war room")
    war_room = slack.channel(CHANNEL).expects("War room of PAY-1")
    passes(slack, minutes=2)
    passes(slack, minutes=6)
    _is_rolled_back(slack, lena, jo)
    today = slack.application.context.now().date()
    planned = _is_planned(jo, card, today)
    early = jo.opens("/hypercare resolve PAY-1").fills(**FIXED).submits()
    assert "The test of A1 has not passed" in str(early)
    jo.presses(planned, "Open")
    assert jo.modal().fills(proof="passed", proof_note="All paid", state="done").submits()["closed"]
    card.expects_reply("finished *A1*")
    _has_a_root_cause(slack, jo, card)
    assert jo.opens("/hypercare resolve PAY-1").fills(**FIXED).submits()["closed"]
    card.shows("Resolved")
    jo.presses(war_room.now(), "Wrap up")
    assert jo.modal().fills(summary="A release paid twice. It is rolled back.").submits()["closed"]
    card.expects_reply("closed the war room of PAY-1")
    assert "Roll back" in str(jo.types("/hypercare decisions", DESK))
    assert "No actions match" in str(jo.types("/hypercare actions mine", DESK))
    _is_told_in_the_stand_up(slack, jo)


def _is_rolled_back(slack: BotWorkspace, lena: Person, jo: Person) -> None:
    """The trigger asks; who may not decide can't, who may decides, and its steps are done."""
    asked = slack.channel(CALLS).expects("A decision is needed: Roll back the release?")
    jo.presses(asked, "Decide")
    told(slack, "jo", "You can't decide this", CALLS)
    lena.presses(lena.dm.expects("A decision is needed"), "Decide")
    form = lena.modal().fills(choice="0")
    assert "errors" in form.submits(), "a decision needs its rationale"
    assert form.fills(rationale="No payment for ten minutes").submits() == {"closed": True}
    asked.expects_reply("Stop the import")
    assert "Decide" not in asked.shows("Roll back the release? *Roll back*").buttons
    assert "Decide" not in lena.dm.expects("*Roll back*").buttons
    made = asked.expects_reply("decided D1: Roll back")
    jo.presses(made, "Record outcome")
    assert jo.modal().fills(outcome="Payments work again").submits() == {"closed": True}
    asked.expects_reply("Not done yet")


def _is_planned(jo: Person, card: Message, today: date) -> Message:
    """What is left to do is an action of the ticket, in two clicks from its card; its test is required."""
    jo.presses(card.now(), "Show everything")
    action = jo.modal().presses("action_add")
    action.fills(title="Replay the payments", owner=jo.id, due=str(today.replace(day=1)), proof="pending")
    assert "This date has passed" in str(action.submits()) or today.day == 1
    assert action.fills(due=str(today)).submits()["closed"]
    return card.expects_reply("has the action *A1*")


def _has_a_root_cause(slack: BotWorkspace, jo: Person, card: Message) -> None:
    """The team asks why in the thread of the problem; without its chain there is no root cause."""
    jo.presses(card.now(), "Show everything")
    jo.modal().presses("problem_add").fills(title="Payments are made twice", severity="critical").submits()
    problem = slack.triage.expects("Payments are made twice")
    jo.presses(problem, "Open")
    early = jo.modal().presses("problem_resolve").fills(**SOLVED).submits()
    assert "The chain of whys has 0 of at least 5 steps" in str(early)
    slack.control.post("close", user="jo", all=True)
    for number, why in enumerate(WHYS, 1):
        jo.replies(problem, f"because {why}")
        problem.expects_reply(f"answered why number {number}, of at least 5")
    jo.presses(problem, "Open")
    assert jo.modal().presses("problem_resolve").fills(**SOLVED).submits()["closed"]
    problem.expects_reply("Root cause (process): The handover left imports out")
    slack.control.post("close", user="jo", all=True)


def _is_told_in_the_stand_up(slack: BotWorkspace, jo: Person) -> None:
    passes(slack, hours=24)
    passes(slack, minutes=40)
    jo.presses(jo.dm.expects("what did you do, what's next"), "Answer")
    assert jo.modal().fills(done="PAY-1: rolled back and tested", next="Watch the import").submits()["closed"]
    passes(slack, minutes=15)
    minutes = slack.channel("hypercare-digest").expects("1 of 1 answered").words
    assert "PAY-1: rolled back and tested" in minutes
