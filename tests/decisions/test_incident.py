"""A played incident in Slack: a trigger asks, people decide, act, test the fix, and capture what was said."""

from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import applied


def told(slack: BotWorkspace, name: str, text: str, channel: str) -> None:
    """Wait for an answer that only that person sees."""
    eventually(lambda: any(text in one for one in slack.person(name).whispers(channel)), text)


def test_an_incident_from_the_trigger_to_the_tested_fix(slack: BotWorkspace) -> None:
    to_monday(slack)
    trigger = {"name": "criticals", "rule": "critical_open >= 1 for 5m", "question": "Roll back the release?",
               "options": ("Roll back", "Go on"), "approver": slack.user_id("lena"),
               "steps": {"Roll back": ("Stop the import",)}}  # fmt: skip
    applied(slack, decisions={"triggers": (trigger,)})
    slack.person("maria").reports("Nobody can pay", "critical")
    card, calls, lena, jo = (
        slack.triage.expects("Nobody can pay"),
        "hypercare-oncall",
        *map(slack.person, ("lena", "jo")),
    )
    passes(slack, minutes=2)
    passes(slack, minutes=6)
    asked = slack.channel(calls).expects("A decision is needed: Roll back the release?")
    jo.presses(asked, "Decide")
    told(slack, "jo", "You can't decide this", calls)
    lena.presses(lena.dm.expects("A decision is needed"), "Decide")
    form = lena.modal().fills(choice="0")
    assert "errors" in form.submits(), "a decision needs its rationale"
    assert form.fills(rationale="No payment for ten minutes").submits() == {"closed": True}
    asked.expects_reply("Stop the import")
    assert "Decide" not in asked.shows("Roll back the release?: *Roll back*").buttons
    assert "Decide" not in lena.dm.expects("*Roll back*").buttons
    made = asked.expects_reply("decided D1: Roll back")
    jo.presses(made, "Record outcome")
    assert jo.modal().fills(outcome="Payments work again").submits() == {"closed": True}
    asked.expects_reply("Not done yet")
    jo.presses(card.now(), "Acknowledge")
    card.shows("Acknowledged")
    jo.presses(card.now(), "Show everything")
    action = jo.modal().presses("action_add")
    today = slack.application.context.now().date()
    action.fills(title="Replay the payments", owner=jo.id, due=str(today.replace(day=1)), proof="pending")
    assert "This date is over" in str(action.submits()) or today.day == 1
    assert action.fills(due=str(today)).submits()["closed"]
    planned = card.expects_reply("is to do *A1*")
    fixed = {"fix": "root_cause", "explanation": "Restored", "test": "Paid 1 €"}
    early = jo.opens("/hypercare resolve PAY-1").fills(**fixed).submits()
    assert "The test of A1 has not passed" in str(early)
    jo.presses(planned, "Open")
    assert jo.modal().fills(proof="passed", proof_note="All paid", state="done").submits()["closed"]
    card.expects_reply("finished *A1*")
    assert jo.opens("/hypercare resolve PAY-1").fills(**fixed).submits()["closed"]
    card.shows("Resolved")
    assert "Roll back" in str(jo.types("/hypercare decisions", "hypercare-desk"))
    assert "There are no such actions" in str(jo.types("/hypercare actions mine", "hypercare-desk"))
