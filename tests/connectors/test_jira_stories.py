"""A ticket and its issue: what people do on one side reaches the other, once."""

from typing import Any

import pytest

from bot.workers import issue_sender
from connectors.faults import TrackerFault
from connectors.jira import client
from connectors.jira.fake import SITE, TOKEN
from tests.connectors.conftest import DEV, FORMATTED, SAM, Tracked, notes_failure
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes

CENTER, DESK = {"is_cloud": False}, {"is_desk": True}


@pytest.mark.parametrize("tracked", [{}, CENTER], indirect=True, ids=["cloud", "data center"])
def test_a_ticket_and_its_issue_follow_each_other(tracked: Tracked) -> None:
    card = tracked.reported("Totals are *wrong*", happened="The sum of `June` is off")
    issue = tracked.issue()
    assert issue["summary"] == "PAY-1: Totals are *wrong*"
    assert issue["priority"]["name"] == "Medium"
    assert "Maria" in str(issue["description"])
    said = card.expects_reply("OPS-1")
    assert f"<{tracked.jira.url}/browse/OPS-1|OPS-1> was made for *PAY-1*" in said.words
    sam = tracked.slack.person("sam")
    sam.presses(card, "Take")
    tracked.shows(lambda issue: issue["status"]["name"] == "In Progress" and SAM in (issue["assignee"] or {}).values())
    tracked.jira.person_sets("OPS-1", priority="Low")
    tracked.becomes(lambda ticket: ticket.severity.value == "low")
    tracked.jira.person_moves("OPS-1", "Done")
    tracked.becomes(lambda ticket: ticket.status.value == "resolved")
    assert tracked.ticket().owner == sam.id
    card.expects_reply("The status is Done now.")
    asked = tracked.slack.person("maria").dm.expects("PAY-1")
    assert asked.expects_reply("Jira issue OPS-1 is Done.").buttons[0] == "Yes, fixed"
    tracked.jira.person_moves("OPS-1", "In Review")
    tracked.becomes(lambda ticket: ticket.status.value == "investigating")
    tracked.quiet()
    assert tracked.issue()["status"]["name"] == "In Review"
    assert len([one for one in tracked.jira.calls if one.endswith("/issue")]) == 1


def test_a_service_desk_in_the_cloud_is_reached_with_oauth(
    slack: BotWorkspace, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when its token ends early. Its secret that was rotated is said as for any other token."""

    def use(url: str) -> None:
        monkeypatch.setattr(client, "API", url)
        monkeypatch.setattr(client, "TOKENS", f"{url}/oauth/token")

    tracked = Tracked(slack, use, is_desk=True, site=SITE)
    try:
        card = tracked.reported()
        assert tracked.issue()["summary"] == "PAY-1: Totals are wrong"
        tracked.quiet()
        tracked.jira.granted.clear()
        slack.person("sam").replies(card, ">> We look", files=[{"name": "a.txt", "content": "a"}])
        eventually(lambda: tracked.jira.texts("OPS-1"), "a comment", instead=tracked.coming)
        eventually(lambda: tracked.issue()["attachment"], "the file", instead=tracked.coming)
        tracked.jira.token = "rotated"
        tracked.jira.granted.clear()
        slack.person("sam").presses(card, "Take")
        slack.person("lena").dm.expects("It doesn't accept the token.")
        tracked.jira.token = TOKEN
        tracked.shows(lambda issue: issue["assignee"])
    finally:
        slack.loop.run(tracked.jira.stop())


@pytest.mark.parametrize("tracked", [{}, DESK, DESK | CENTER], indirect=True, ids=["project", "desk", "center desk"])
def test_only_public_comments_of_a_service_desk_reach_the_reporter(tracked: Tracked) -> None:
    card, jira = tracked.reported(), tracked.jira
    tracked.issue()
    jira.person_comments("OPS-1", "The secret cause", public=False)
    jira.person_comments("OPS-1", "We are on it", public=True)
    card.expects_reply("The secret cause")
    card.expects_reply("We are on it")
    asked = tracked.slack.person("maria").dm.expects("PAY-1")
    if jira.is_desk:
        assert "Dana Developer wrote about *PAY-1*" in asked.expects_reply("We are on it").words
    tracked.slack.person("maria").replies(asked, "It is worse now")
    tracked.slack.person("sam").replies(card, ">> Please wait")
    tracked.slack.person("sam").replies(card, "Between us")
    eventually(lambda: len(jira.texts("OPS-1")) == 4, "four comments", instead=lambda: str(jira.texts("OPS-1")))
    tracked.quiet()
    heard = [one.words for one in asked.thread()]
    assert not any("The secret cause" in words for words in heard)
    assert any("We are on it" in words for words in heard) == jira.is_desk
    sent = {one.split(":* ")[-1].split(": ")[-1] for one in jira.texts("OPS-1")[2:]}
    assert sent == {"It is worse now", "Please wait"}
    assert len([one for one in card.thread() if "The secret cause" in one.words]) == 1


def test_what_the_team_writes_among_itself_is_internal_where_the_phase_sends_it(slack: Any, quick: None) -> None:
    tracked = Tracked(slack, is_desk=True)
    try:
        tracked.follows(notes=True)
        card = tracked.reported()
        tracked.issue()
        tracked.slack.person("sam").replies(card, "Between us")
        eventually(lambda: tracked.jira.texts("OPS-1"), "a comment")
        assert [one["jsdPublic"] for one in tracked.jira._find("OPS-1").comments] == [False]
    finally:
        slack.loop.run(tracked.jira.stop())


def test_private_and_anonymous_tickets_never_leave(tracked: Tracked) -> None:
    maria, lena = tracked.slack.person("maria"), tracked.slack.person("lena")
    maria.opens("/hypercare report").fills(summary="A leak", severity="critical").presses("more_details")
    eventually(lambda: "type" in maria.modal().fields, "the whole form", instead=lambda: str(maria.modal().fields))
    maria.modal().fills(summary="A leak", severity="critical", type="security").submits()
    eventually(lambda: tracked.ticket(1).private, "a private ticket")
    said = lena.types("/hypercare issue PAY-1")["text"]
    assert "PAY-1 is private or anonymous, so it gets no issue in Jira." in said
    tracked.quiet()
    assert not tracked.jira.issues
    tracked.follows(private=True)
    assert "asked Jira to create an issue" in lena.types("/hypercare issue PAY-1")["text"]
    assert "Maria" not in str(tracked.issue())
    assert tracked.slack.person("maria").id not in str(tracked.issue())


def test_an_issue_that_exists_is_linked_once(tracked: Tracked) -> None:
    tracked.follows(create=())
    card, second = tracked.reported("First"), tracked.reported("Second")
    sam, jira = tracked.slack.person("sam"), tracked.jira
    sam.types("/hypercare issue PAY-1 OPS-404")
    card.expects_reply("There is no issue OPS-404 in Jira")
    sam.presses(second, "Show everything")
    assert "Create issue" in sam.modal().words
    tracked.slack.control.post("action", user="sam", view=True, action_id="issue")
    second.expects_reply("OPS-1")
    sam.types(f"/hypercare issue PAY-1 {jira.url}/browse/OPS-1")
    card.expects_reply("OPS-1 belongs to *PAY-2* already")
    assert "PAY-2 has an issue already: OPS-1." in sam.types("/hypercare issue PAY-2")["text"]
    jira.person_renames("OPS-1", "DEV-9")
    jira.person_moves("DEV-9", "Done")
    tracked.becomes(lambda ticket: ticket.status.value == "resolved", 2)
    second.expects_reply("DEV-9")
    jira.person_deletes("DEV-9")
    second.expects_reply("DEV-9 was deleted in Jira")
    tracked.quiet()
    assert len([one for one in second.thread() if "was deleted" in one.words]) == 1


def test_a_refusal_is_said_once_and_loses_nothing(tracked: Tracked) -> None:
    tracked.follows(issue_type="Epos")
    card = tracked.reported()
    card.expects_reply("Jira made no issue for *PAY-1*: issuetype: Specify a valid issue type")
    tracked.follows()
    tracked.slack.person("sam").types("/hypercare issue PAY-1")
    tracked.issue()
    tracked.jira.asks_for = {"resolution"}
    tracked.slack.person("sam").types("/hypercare take PAY-1")
    tracked.slack.person("sam").opens("/hypercare resolve PAY-1").fills(explanation="Done", fix="symptom").submits()
    tracked.becomes(lambda ticket: ticket.status.value == "resolved")
    card.expects_reply("The transition to Done asks for resolution.")
    tracked.quiet()
    tracked.follows(transition_fields={"resolution": "Fixed"})
    tracked.shows(lambda issue: issue["status"]["name"] == "Done")
    tracked.quiet()
    (refused,) = [one for one in card.thread() if "asks for resolution" in one.words]
    assert refused.buttons == [], "it was taken"


def test_what_was_refused_can_be_tried_again(tracked: Tracked) -> None:
    tracked.jira.unknown = {"customfield_1"}
    tracked.follows(fields={"customfield_1": "Payroll"})
    card, sam = tracked.reported(), tracked.slack.person("sam")
    not_made = card.expects_reply("Jira made no issue for *PAY-1*")
    tracked.jira.unknown = set()
    sam.presses(not_made, "Try again")
    tracked.issue()
    tracked.jira.no_way_to = {"In Progress", "In Review"}
    sam.presses(card, "Take")
    refused = card.expects_reply("No transition leads from To Do to started.")
    sam.presses(refused, "Try again")
    tracked.quiet()
    still, again = [one for one in card.thread() if "No transition leads" in one.words]
    assert (still.buttons, again.buttons) == ([], ["Try again"])
    tracked.jira.no_way_to = set()
    sam.presses(again, "Try again")
    tracked.shows(lambda issue: issue["status"]["name"] == "In Progress")
    tracked.quiet()
    assert not any(one.buttons for one in card.thread() if "made no issue" in one.words or "No transition" in one.words)


FAULTS = {
    "limited": TrackerFault(status=429, times=2),
    "limited with a time": TrackerFault(status=429, times=1, retry_after="1"),
    "broken": TrackerFault(status=503, times=2),
    "slow": TrackerFault(slow=0.3, times=3),
    "created but the answer is lost": TrackerFault(lost=True, times=1, only="POST /rest/api/3/issue"),
    "commented but the answer is lost": TrackerFault(lost=True, times=1, only="/comment"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_jira_loses_nothing_and_doubles_nothing(tracked: Tracked, name: str) -> None:
    given = FAULTS[name]
    tracked.jira.fault = TrackerFault(**vars(given))
    tracked.jira.duplicates = tracked.jira.shuffles = True
    card = tracked.reported()
    tracked.slack.person("sam").replies(card, ">> We look")
    tracked.issue()
    eventually(lambda: tracked.jira.texts("OPS-1"), "a comment", instead=tracked.coming)
    tracked.shows(lambda issue: issue["status"]["name"] == "In Progress")
    tracked.jira.person_comments("OPS-1", "A word")
    card.expects_reply("A word")
    tracked.jira.resend()
    tracked.quiet()
    assert len(tracked.jira.issues) == 1
    assert len(tracked.jira.texts("OPS-1")) == 2
    assert len([one for one in card.thread() if "A word" in one.words]) == 1


@pytest.mark.parametrize("tracked", [{}, CENTER, DESK], indirect=True, ids=["cloud", "data center", "desk"])
def test_a_formatted_comment_whose_answer_was_lost_is_not_doubled(tracked: Tracked) -> None:
    card = tracked.reported()
    key = tracked.issue()["key"]
    tracked.quiet()
    tracked.jira.fault = TrackerFault(lost=True, times=1, only="/comment")
    tracked.slack.person("sam").replies(card, f">> {FORMATTED}")
    eventually(lambda: tracked.jira.texts(key), "the comment", instead=tracked.coming)
    tracked.quiet()
    assert tracked.jira.fault.times == 0
    assert len(tracked.jira.texts(key)) == 1


@pytest.mark.parametrize("name", ["Screen shot März.png", "total: 100%.png"])
def test_a_file_whose_answer_was_lost_keeps_its_name_and_is_not_doubled(tracked: Tracked, name: str) -> None:
    """Jira has signs that no name of a file may have, and replaces them."""
    card, key = tracked.reported(), tracked.issue()["key"]
    tracked.quiet()
    tracked.jira.fault = TrackerFault(lost=True, times=1, only="/attachments")
    tracked.slack.person("sam").replies(card, ">> Look", files=[{"name": name, "content": "a picture"}])
    eventually(lambda: tracked.issue()["attachment"], "the file", instead=tracked.coming)
    tracked.quiet()
    assert tracked.jira.fault.times == 0
    assert [one["filename"] for one in tracked.jira._find(key).fields["attachment"]] == [
        name.replace(":", "_").replace("%", "_")
    ]


def test_an_issue_gets_what_was_done_before_it_was_made(tracked: Tracked) -> None:
    tracked.follows(create=())
    card, sam = tracked.reported(), tracked.slack.person("sam")
    sam.presses(card, "Take")
    tracked.becomes(lambda ticket: ticket.owner == sam.id)
    sam.types("/hypercare issue PAY-1")
    tracked.shows(lambda issue: issue["status"]["name"] == "In Progress" and SAM in (issue["assignee"] or {}).values())


@pytest.mark.parametrize("tracked", [{}, CENTER], indirect=True, ids=["cloud", "data center"])
def test_an_issue_that_is_moved_while_its_answer_is_lost_is_not_made_twice(tracked: Tracked) -> None:
    jira, version = tracked.jira, 3 if tracked.jira.is_cloud else 2
    jira.moves_to, jira.fault = "DEV", TrackerFault(lost=True, times=1, only=f"POST /rest/api/{version}/issue")
    tracked.reported().expects_reply("DEV-1|DEV-1> was made for *PAY-1*")
    tracked.quiet()
    assert [one.key for one in jira.issues.values()] == ["DEV-1"]


def test_changes_of_moved_issues_are_read_back_too(tracked: Tracked) -> None:
    for number in (1, 2):
        tracked.reported(("", "First", "Second")[number])
        tracked.issue(number)
    first, second = tracked.issue(1)["key"], tracked.issue(2)["key"]
    tracked.quiet()
    tracked.jira.drops = True
    tracked.jira.person_renames(first, "DEV-9")
    tracked.quiet()
    tracked.slack.person("sam").types("/hypercare take PAY-1")  # so that its new key is known
    tracked.shows(lambda issue: issue["status"]["name"] == "In Progress")
    tracked.jira.person_moves("DEV-9", "Done")
    passes(tracked.slack, minutes=6)
    tracked.becomes(lambda ticket: ticket.status.value == "resolved")
    tracked.jira.hidden = {"DEV"}  # Jira refuses to search there, and the project of the connection is still asked
    tracked.jira.person_moves(second, "Done")
    passes(tracked.slack, minutes=6)
    tracked.becomes(lambda ticket: ticket.status.value == "resolved", 2)


@pytest.mark.parametrize("tracked", [{}, CENTER], indirect=True, ids=["cloud", "data center"])
def test_files_of_an_issue_reach_the_team_and_not_the_reporter(tracked: Tracked) -> None:
    """Also when Jira fails for a while. A file that is too large, or gone by then, stays a link."""
    card, key = tracked.reported(), tracked.issue()["key"]
    tracked.quiet()
    tracked.jira.fault = TrackerFault(status=503, times=1, only="/attachment/")
    tracked.jira.person_attaches(key, "the log.txt", b"line 1")
    assert f"New in Jira issue {key}: <" in card.expects_reply("the log.txt").words
    eventually(lambda: [one for one in card.thread() if one.raw.get("files")], "the file", instead=tracked.coming)
    tracked.quiet()
    (shown,) = [one for one in card.thread() if one.raw.get("files")]
    assert [(file["name"], file["size"]) for file in shown.raw["files"]] == [("the log.txt", 6)]
    reporter = tracked.slack.person("maria").dm.expects("PAY-1")
    assert not any(one.raw.get("files") or "the log.txt" in one.words for one in reporter.thread())
    tracked.jira.person_attaches(key, "film.mp4", b"")
    tracked.jira._find(key).fields["attachment"][-1]["size"] = 2**30
    card.expects_reply("film.mp4")
    tracked.quiet()
    assert len([one for one in card.thread() if one.raw.get("files")]) == 1
    assert not tracked.jira._find(key).comments, "what came from there does not go back"


def test_a_token_that_is_refused_is_said_once_and_all_of_it_is_sent_later(tracked: Tracked) -> None:
    tracked.jira.token = "rotated"
    card = tracked.reported()
    lena = tracked.slack.person("lena")
    told = lena.dm.expects("It doesn't accept the token.")
    tracked.reported("Another")
    tracked.jira.token = "a token of the fake Jira"
    told.expects_reply("Jira accepts changes again.")
    card.expects_reply("OPS-")
    tracked.issue(2)
    tracked.quiet()
    assert len([one for one in lena.dm.messages() if "the token" in one.words]) == 1


def test_missed_webhooks_are_read_back_and_unsigned_ones_are_refused(tracked: Tracked) -> None:
    tracked.reported()
    tracked.issue()
    tracked.jira.secret = "another secret than ours"
    tracked.jira.person_moves("OPS-1", "Done", by=DEV)
    passes(tracked.slack, minutes=6)
    tracked.becomes(lambda ticket: ticket.status.value == "resolved")
    tracked.jira.drops = True
    tracked.restarts()
    tracked.jira.person_moves("OPS-1", "In Progress", by=DEV)
    passes(tracked.slack, minutes=6)
    tracked.becomes(lambda ticket: ticket.status.value == "investigating")


def test_a_comment_that_came_before_the_issue_was_linked_reaches_the_team(
    tracked: Tracked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the creation was lost, so the issue is found some seconds after people there saw it."""
    monkeypatch.setattr(issue_sender, "LOST_PAUSE", 3)
    tracked.jira.fault = TrackerFault(lost=True, times=1, only="POST /rest/api/3/issue")
    card = tracked.reported()
    issue = eventually(lambda: next(iter(tracked.jira.issues.values()), None), "the issue")
    tracked.jira.person_comments(issue.key, "Seen before it was linked")
    card.expects_reply("Seen before it was linked")


def test_an_hour_without_jira_loses_nothing_and_is_said_once(tracked: Tracked) -> None:
    tracked.jira.fault = TrackerFault(status=503)
    card = tracked.reported()
    lena, sam = tracked.slack.person("lena"), tracked.slack.person("sam")
    notes_failure(tracked.slack, "jira")
    tracked.slack.control.post("clock", advance=3600)
    told = lena.dm.expects("Jira has accepted no changes since")
    sam.presses(card, "Take")
    tracked.becomes(lambda ticket: ticket.owner == sam.id)
    tracked.jira.fault = None
    told.expects_reply("Jira accepts changes again.")
    card.expects_reply("OPS-1")
    tracked.shows(lambda issue: issue["status"]["name"] == "In Progress" and issue["assignee"])
    tracked.quiet()
    assert len(tracked.jira.issues) == 1
    assert len([one for one in lena.dm.messages() if "has accepted no changes" in one.words]) == 1


def test_changed_workflows_and_renamed_fields_are_said_and_mended_in_the_settings(tracked: Tracked) -> None:
    tracked.jira.unknown = {"customfield_1"}
    tracked.follows(fields={"customfield_1": "Payroll"})
    card, sam = tracked.reported(), tracked.slack.person("sam")
    card.expects_reply("Field 'customfield_1' cannot be set.")
    tracked.follows(fields={"customfield_2": "Payroll"})
    sam.types("/hypercare issue PAY-1")
    tracked.shows(lambda issue: issue["customfield_2"] == "Payroll")
    tracked.jira.no_way_to = {"In Progress", "In Review"}
    sam.presses(card, "Take")
    card.expects_reply("No transition leads from To Do to started.")
    tracked.quiet()
    tracked.jira.no_way_to = {"In Progress"}
    tracked.follows(statuses={"acknowledged": ["In Review"]})
    tracked.shows(lambda issue: issue["status"]["name"] == "In Review")
    assert len([one for one in card.thread() if "No transition leads" in one.words]) == 1
