"""A ticket and its incident follow each other, comments reach the reporter and work notes only the team."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.services.phases import phases
from connectors.faults import TrackerFault
from connectors.servicenow.fake import PASSWORD, USER, FakeInstance, _id_of
from domain.connectors.settings import Connection
from tests.connectors.conftest import FORMATTED, notes_failure, rests
from tests.connectors.test_servicenow import CODE, SEVERITIES
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.people import Message

SECRET = "a secret of the rule"


@pytest.fixture
def instance(slack: BotWorkspace, quick: None) -> Iterator[FakeInstance]:
    made = FakeInstance(secret=SECRET, now=slack.box.clock.now)
    slack.loop.run(made.start())
    slack.stop_bot()
    given = {"monitor_port": 0, "servicenow_url": made.url, "servicenow_user": USER, "servicenow_token": PASSWORD,
             "servicenow_webhook_secret": SECRET}  # fmt: skip
    slack.settings = type(slack.settings)(**{**dict(slack.settings), **given})
    slack.start_bot()
    app = slack.application.context
    connection = Connection.model_validate({
        "system": "servicenow", "project": "Payroll", "create": ["medium"], "severities": SEVERITIES,
        "transition_fields": CODE, "people": {slack.user_id("sam"): "sam.okafor"},
    })  # fmt: skip
    phase = phases.get_phase(app, "PAY").settings
    phases.apply_settings(app, phase.model_copy(update={"connections": (connection,)}))
    made.webhook_url = f"http://127.0.0.1:{slack.application.monitor.port}/trackers/servicenow"
    yield made
    slack.loop.run(made.stop())


def test_a_ticket_and_its_incident_follow_each_other(slack: BotWorkspace, instance: FakeInstance) -> None:
    slack.person("maria").reports("Totals are wrong", "medium")
    card = slack.channel("hypercare-desk").expects("Totals are wrong")
    card.expects_reply("ServiceNow issue <")
    slack.person("sam").presses(card, "Take")
    (incident,) = instance.incidents.values()
    eventually(lambda: incident["state"] == "2" and incident["assigned_to"], "the owner", instead=lambda: str(incident))
    instance.person_writes("INC0000001", "The secret cause", public=False)
    instance.person_writes("INC0000001", "We are on it", public=True)
    card.expects_reply("The secret cause")
    asked = slack.person("maria").dm.expects("PAY-1")
    assert "Dana Developer wrote about *PAY-1*" in asked.expects_reply("We are on it").words
    slack.person("maria").replies(asked, "It is worse now")
    eventually(lambda: instance.entries("INC0000001", "comments")[1:], "her words")
    instance.person_attaches("INC0000001", "the log.txt", b"line 1")
    eventually(lambda: [one for one in card.thread() if one.raw.get("files")], "the file")
    instance.person_sets("INC0000001", state="6", close_code="Solution provided", close_notes="Done")
    card.expects_reply("The status is Resolved now.")
    rests(slack, instance)
    assert not any("The secret cause" in one.words or one.raw.get("files") for one in asked.thread())
    assert instance.entries("INC0000001", "work_notes") == ["The secret cause"]
    assert len([one for one in instance.calls if one.startswith("POST /api/now/table/incident")]) == 1


FAULTS = {
    "limited": TrackerFault(status=429, times=2),
    "limited with a time": TrackerFault(status=429, times=1, retry_after="1"),
    "broken": TrackerFault(status=503, times=2),
    "slow": TrackerFault(slow=0.3, times=3),
    "created but the answer is lost": TrackerFault(lost=True, times=1, only="POST /api/now/table/incident"),
    "commented but the answer is lost": TrackerFault(lost=True, times=1, only="PATCH"),
}


def reported(slack: BotWorkspace) -> Message:
    slack.person("maria").reports("Totals are wrong", "medium")
    return slack.channel("hypercare-desk").expects("Totals are wrong")


def incident_of(instance: FakeInstance) -> dict[str, Any]:
    return eventually(lambda: next(iter(instance.incidents.values()), None), "an incident")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_servicenow_loses_nothing_and_doubles_nothing(
    slack: BotWorkspace, instance: FakeInstance, name: str
) -> None:
    instance.fault, instance.duplicates = TrackerFault(**vars(FAULTS[name])), True
    card = reported(slack)
    slack.person("sam").replies(card, ">> We look")
    incident = incident_of(instance)
    eventually(lambda: incident["state"] == "2", "the state", instead=lambda: str(incident))
    eventually(lambda: instance.entries(incident["number"], "comments"), "the words")
    instance.person_writes(incident["number"], "A word", public=False)
    card.expects_reply("A word")
    rests(slack, instance)
    assert len(instance.incidents) == 1
    assert len(instance.entries(incident["number"], "comments")) == 1
    assert len([one for one in card.thread() if "A word" in one.words]) == 1


def test_a_formatted_comment_whose_answer_was_lost_is_not_doubled(slack: BotWorkspace, instance: FakeInstance) -> None:
    card, number = reported(slack), incident_of(instance)["number"]
    slack.person("sam").presses(card, "Take")
    eventually(lambda: incident_of(instance)["assigned_to"], "the owner")
    rests(slack, instance)
    instance.fault = TrackerFault(lost=True, times=1, only="PATCH")
    slack.person("sam").replies(card, f">> {FORMATTED}")
    eventually(lambda: instance.entries(number, "comments"), "the comment")
    rests(slack, instance)
    assert instance.fault.times == 0
    assert len(instance.entries(number, "comments")) == 1


@pytest.mark.parametrize("hidden", ["hides_journal", "empties_journal"])
def test_comments_go_on_without_the_right_to_read_their_table(
    slack: BotWorkspace, instance: FakeInstance, hidden: str
) -> None:
    """Also when that right comes later: nothing is lost, and nothing comes twice."""
    setattr(instance, hidden, True)
    card, number = reported(slack), incident_of(instance)["number"]
    card.expects_reply("was made for")  # what comes before is read minutes later
    asked = slack.person("maria").dm.expects("PAY-1")
    instance.person_writes(number, "The secret cause", public=False)
    instance.person_writes(number, "We are on it", public=True)
    card.expects_reply("The secret cause")
    asked.expects_reply("We are on it")
    instance.fault = TrackerFault(lost=True, times=1, only="PATCH")
    slack.person("sam").replies(card, f">> {FORMATTED}")
    eventually(lambda: len(instance.entries(number, "comments")) == 2, "his words")
    rests(slack, instance)
    setattr(instance, hidden, False)
    instance.person_writes(number, "It was the cable", public=False)
    card.expects_reply("It was the cable")
    rests(slack, instance)
    for words in ("The secret cause", "We are on it", "It was the cable"):
        assert len([one for one in card.thread() if words in one.words]) == 1
    assert len([one for one in asked.thread() if "We are on it" in one.words]) == 1
    assert not [one for one in asked.thread() if "The secret cause" in one.words]
    assert not [one for one in card.thread() if "refused" in one.words]
    assert len(instance.entries(number, "comments")) == 2


def test_an_hour_without_servicenow_loses_nothing_and_is_said_once(slack: BotWorkspace, instance: FakeInstance) -> None:
    instance.fault = TrackerFault(status=503)
    card, lena = reported(slack), slack.person("lena")
    notes_failure(slack, "servicenow")
    slack.control.post("clock", advance=3600)
    told = lena.dm.expects("ServiceNow has accepted no changes since")
    slack.person("sam").presses(card, "Take")
    instance.fault = None
    told.expects_reply("ServiceNow accepts changes again.")
    incident = incident_of(instance)
    eventually(lambda: incident["state"] == "2" and incident["assigned_to"], "the owner", instead=lambda: str(incident))
    rests(slack, instance)
    assert len(instance.incidents) == 1
    assert len([one for one in lena.dm.messages() if "has accepted no changes" in one.words]) == 1


def test_a_password_that_is_refused_is_said_once_and_all_of_it_is_sent_later(
    slack: BotWorkspace, instance: FakeInstance
) -> None:
    instance.password = "rotated"
    card, lena = reported(slack), slack.person("lena")
    told = lena.dm.expects("It doesn't accept the token.")
    instance.password = PASSWORD
    told.expects_reply("ServiceNow accepts changes again.")
    card.expects_reply("ServiceNow issue <")
    rests(slack, instance)
    assert len([one for one in lena.dm.messages() if "the token" in one.words]) == 1


def test_renamed_codes_moved_and_deleted_incidents_are_said_once(slack: BotWorkspace, instance: FakeInstance) -> None:
    instance.codes = ("Solved",)
    card, sam = reported(slack), slack.person("sam")
    incident = incident_of(instance)
    card.expects_reply("ServiceNow issue <")
    instance.person_sets(incident["number"], assignment_group="")  # another group has it now
    sam.presses(card, "Take")
    eventually(lambda: incident["state"] == "2", "the state", instead=lambda: str(incident))
    sam.opens("/hypercare resolve PAY-1").fills(explanation="Done", fix="symptom").submits()
    card.expects_reply("Solution provided is no close code")
    rests(slack, instance)
    app = slack.application.context
    phase = phases.get_phase(app, "PAY").settings
    mended = phase.connections[0].model_copy(update={"transition_fields": {"close_code": "Solved"}})
    phases.apply_settings(app, phase.model_copy(update={"connections": (mended,)}))
    eventually(lambda: incident["state"] == "6", "the state", instead=lambda: str(incident))
    instance.person_deletes(incident["number"])
    card.expects_reply("was deleted in ServiceNow")
    rests(slack, instance)
    for words in ("is no close code", "was deleted"):
        assert len([one for one in card.thread() if words in one.words]) == 1


def test_owner_and_assignee_of_an_incident_are_known_by_their_address(
    slack: BotWorkspace, instance: FakeInstance
) -> None:
    instance.addresses = {"dana": "lena@sandbox.example"}
    card = reported(slack)
    incident = incident_of(instance)
    lena = slack.person("lena")
    lena.presses(card, "Take")
    eventually(lambda: incident["assigned_to"] == _id_of("dana"), "the owner", instead=lambda: str(incident))
    instance.person_sets(incident["number"], assigned_to=_id_of("sam.okafor"))  # whom the settings name
    card.expects_reply("It is assigned to Sam Okafor now.")
    rests(slack, instance)
    instance.person_sets(incident["number"], assigned_to=_id_of("dana"))
    card.expects_reply("It is assigned to Dana Developer now.")
    rests(slack, instance)
    with slack.application.store.read() as tx:
        ticket = tx.tickets.find_by_name("PAY", 1)
    assert ticket
    assert (ticket.owner, incident["assigned_to"]) == (lena.id, _id_of("dana"))
