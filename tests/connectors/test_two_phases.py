"""Two phases whose tickets have issues in one project: each hears of its own, and nothing goes round."""

import pytest

from bot.services.intake import intake
from bot.services.phases import phases
from connectors.faults import TrackerFault
from connectors.jira.fake import FakeJira
from connectors.servicenow.fake import FakeInstance
from domain.phases.permissions import Person
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from tests.connectors.conftest import Tracked, rests
from tests.connectors.test_servicenow_story import instance  # noqa: F401 - a fixture
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes
from tests.support.people import Message


def in_two_phases(slack: BotWorkspace) -> tuple[Message, Ticket]:
    """Connect a second phase to the project of the first; the card of a ticket of the first, and one of the second."""
    app = slack.application.context
    pay = phases.get_phase(app, "PAY").settings
    floor, other_floor = pay.intake.auto_intake[0], pay.intake_channels[0]
    pay = pay.model_copy(update={"intake_channels": (), "intake": pay.intake.model_copy(update={"auto_intake": ()})})
    phases.apply_settings(app, pay)
    phases.apply_settings(app, pay.model_copy(update={
        "key": "HR", "name": "Holidays", "triage_channel": floor, "oncall_channel": other_floor,
        "digest_channel": ""}))  # fmt: skip
    maria = Person(slack.user_id("maria"))
    for phase, summary in (("PAY", "Totals are wrong"), ("HR", "Holidays are missing")):
        report = Report(summary=summary, severity=Severity.MEDIUM)
        ticket = intake.open_ticket(app, report, person=maria, phase_key=phase, intake=Intake.COMMAND)
    return slack.channel("hypercare-desk").expects("Totals are wrong"), ticket


def key_of(slack: BotWorkspace, system: str, ticket_id: int) -> str:
    """The key of a ticket's issue, once it is linked."""

    def known() -> str:
        with slack.application.store.read() as tx:
            link = tx.issue_links.find(system, ticket_id)
        return link.key if link and link.issue_id else ""

    return eventually(known, "an issue", instead=lambda: "\n".join(slack.coming()))


def changes(tracker: FakeJira | FakeInstance) -> int:
    """How often the tracker was asked to change something."""
    return len([one for one in tracker.calls if not one.startswith("GET") and "search" not in one])


def are_apart(slack: BotWorkspace, tracker: FakeJira | FakeInstance, system: str, card: Message, other: Ticket) -> None:
    """Nothing of the first phase's issue reached the second, none of both was made twice, and all have come to rest."""
    rests(slack, tracker)
    with slack.application.store.read() as tx:
        now = tx.tickets.get_ticket(other.id)
        link = tx.issue_links.find(system, other.id)
    assert (now.status.value, now.owner) == ("received", None)
    assert link
    assert len([one for one in card.thread() if "Seen there" in one.words]) == 1
    assert len([one for one in card.thread() if "was made for" in one.words]) == 1
    before = changes(tracker)
    passes(slack, minutes=12)  # both are asked for what was changed there
    rests(slack, tracker)
    assert changes(tracker) == before, "no change goes round"


def test_two_phases_on_one_project_of_jira(tracked: Tracked) -> None:
    slack, jira = tracked.slack, tracked.jira
    jira.fault = TrackerFault(lost=True, times=1, only="POST /rest/api/3/issue")
    card, other = in_two_phases(slack)
    own, others = key_of(slack, "jira", tracked.ticket().id), key_of(slack, "jira", other.id)
    assert own != others
    jira.person_moves(own, "In Progress")
    jira.person_comments(own, "Seen there")
    card.expects_reply("Seen there")
    sam = slack.person("sam")
    sam.presses(card, "Take")
    sam.replies(card, ">> We look")
    eventually(lambda: len(jira.texts(own)) == 2, "his words", instead=tracked.coming)
    assert f"PAY-1 has an issue already: {own}." in sam.types(f"/hypercare issue PAY-1 {others}")["text"]
    jira.duplicates = jira.shuffles = True
    jira.resend()
    are_apart(slack, jira, "jira", card, other)
    assert len(jira.issues) == 2
    assert jira.texts(others) == []


def test_an_issue_of_the_other_phase_is_not_linked(tracked: Tracked) -> None:
    tracked.follows(create=())
    card, other = in_two_phases(tracked.slack)
    app, lena = tracked.slack.application.context, tracked.slack.person("lena")
    said = lena.types(f"/hypercare issue {other.name}")["text"]
    assert "We've asked Jira to create an issue" in said
    key = key_of(tracked.slack, "jira", other.id)
    lena.types(f"/hypercare issue PAY-1 {key}")
    card.expects_reply(f"{key} belongs to *{other.name}* already")
    with app.store.read() as tx:
        assert tx.issue_links.find("jira", tracked.ticket().id) is None


def test_two_phases_on_one_group_of_servicenow(
    slack: BotWorkspace, instance: FakeInstance  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    instance.fault = TrackerFault(lost=True, times=1, only="POST /api/now/table/incident")
    card, other = in_two_phases(slack)
    with slack.application.store.read() as tx:
        ticket = tx.tickets.find_by_name("PAY", 1)
    assert ticket
    own, others = key_of(slack, "servicenow", ticket.id), key_of(slack, "servicenow", other.id)
    assert own != others
    instance.person_sets(own, state="2")
    instance.person_writes(own, "Seen there", public=False)
    card.expects_reply("Seen there")
    sam = slack.person("sam")
    sam.presses(card, "Take")
    sam.replies(card, ">> We look")
    eventually(lambda: instance.entries(own, "comments"), "his words", instead=lambda: "\n".join(slack.coming()))
    instance.duplicates = True
    instance.person_sets(own, state="2")
    are_apart(slack, instance, "servicenow", card, other)
    assert len(instance.incidents) == 2
    assert instance.entries(others, "comments") == []


@pytest.mark.parametrize("tracked", [{"is_cloud": False}], indirect=True, ids=["data center"])
def test_what_comes_of_one_phase_is_not_taken_for_news_by_the_other(tracked: Tracked) -> None:
    """Both use one account there, so what the one writes must not come back as words of a person."""
    card, other = in_two_phases(tracked.slack)
    own, others = key_of(tracked.slack, "jira", tracked.ticket().id), key_of(tracked.slack, "jira", other.id)
    sam = tracked.slack.person("sam")
    sam.replies(card, ">> We look")
    eventually(lambda: tracked.jira.texts(own), "his words", instead=tracked.coming)
    tracked.jira.person_comments(own, "Seen there")
    card.expects_reply("Seen there")
    are_apart(tracked.slack, tracked.jira, "jira", card, other)
    assert not [one for one in card.thread() if "Hypercare commented" in one.words]
    assert tracked.jira.texts(others) == []
