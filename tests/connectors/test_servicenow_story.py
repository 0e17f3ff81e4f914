"""A ticket and its incident follow each other, comments reach the reporter and work notes only the team."""

from collections.abc import Iterator

import pytest

from bot.services.phases import phases
from connectors.servicenow.fake import PASSWORD, USER, FakeInstance
from domain.connectors.settings import Connection
from tests.connectors.test_servicenow import CODE, SEVERITIES
from tests.support.bot import BotWorkspace
from tests.support.control import eventually

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
    instance.person_sets("INC0000001", state="6", close_code="Solution provided", close_notes="Done")
    card.expects_reply("The status is Resolved now.")
    slack.quiet()
    assert not any("The secret cause" in one.words for one in asked.thread())
    assert instance.entries("INC0000001", "work_notes") == ["The secret cause"]
    assert len([one for one in instance.calls if one.startswith("POST /api/now/table/incident")]) == 1
