"""People report in Microsoft Teams and read and write there until it is fixed."""

from connectors.faults import TrackerFault
from tests.mail.test_mail_stories import is_due
from tests.support.control import eventually
from tests.support.days import passes
from tests.teams.conftest import Chatting


def test_a_person_reports_in_teams_and_hears_there_how_it_goes_on(chatting: Chatting) -> None:
    eva, sam = chatting.person("Eva Berg"), chatting.slack.person("sam")
    chatting.tells(chatting.teams.activity(eva, "installationUpdate", action="add"))
    assert "Write what is wrong" in chatting.reads(eva, "This is Hypercare")
    chatting.writes(eva, "/hypercare report Totals are <@UADMIN> wrong")
    card = chatting.slack.channel("hypercare-desk").expects("Totals are")
    assert "Eva Berg (Teams)" in card.words
    assert "We'll write here" in chatting.reads(eva, "Your report is PAY-1")
    sam.replies(card, ">> Which [browser](https://evil.example) do you use?")
    asked = chatting.reads(eva, "Which [browser](https://evil.example) do you use?")
    assert "PAY-1" in asked
    chatting.writes(eva, "Firefox & <b>Linux</b>")
    assert "Eva Berg (Teams) wrote in the reporter thread" in card.expects_reply("Firefox").words
    chatting.reads(eva, "Added to PAY-1")
    sam.opens("/hypercare resolve PAY-1").fills(explanation="Cache emptied", fix="symptom").submits()
    chatting.reads(eva, "Cache emptied")
    chatting.presses(eva, "Cache emptied", "Still broken", why="June again")
    card.expects_reply("June again")
    sam.opens("/hypercare resolve PAY-1").fills(explanation="Now it is", fix="symptom").submits()
    chatting.reads(eva, "Now it is")
    buttons = eva.buttons("Now it is")
    chatting.presses(eva, "Now it is", "Yes, fixed")
    chatting.reads(eva, "PAY-1 is confirmed fixed")
    eventually(lambda: not eva.buttons("Now it is"), "the card without its buttons")
    chatting.tells(chatting.teams.activity(eva, value=buttons["Yes, fixed"]))
    chatting.reads(eva, "already")
    chatting.writes(eva, "The font is odd now")
    chatting.reads(eva, "Your report is PAY-2")
    counted = chatting.slack.application._metrics.text()
    assert b'hypercare_sends_total{method="teams",outcome="ok"}' in counted
    assert b'hypercare_received_total{answer="200",source="teams"}' in counted


def test_what_a_person_writes_goes_where_they_say_and_counts_once(chatting: Chatting) -> None:
    eva, ben = chatting.person("Eva"), chatting.person("Ben")
    chatting.writes(eva, "thanks")
    chatting.reads(eva, "Write what is wrong")
    first = chatting.teams.activity(eva, text="Totals are wrong since June")
    assert [chatting.tells(first)[0] for _ in range(2)] == [200, 200]
    chatting.reads(eva, "Your report is PAY-1")
    chatting.writes(eva, "report The printer is on fire")
    chatting.reads(eva, "Your report is PAY-2")
    chatting.writes(eva, "PAY-1: and since May")
    chatting.slack.channel("hypercare-desk").expects("Totals are wrong").expects_reply("and since May")
    chatting.writes(eva, "show pay-1")
    chatting.reads(eva, "PAY-1 is received")
    chatting.writes(ben, "PAY-1 what is this?")
    chatting.reads(ben, "no such ticket that you can see")
    chatting.writes(ben, "report")
    chatting.reads(ben, "What's wrong?")
    stolen = {"do": "confirm", "ticket": str(chatting.ticket().id)}
    chatting.tells(chatting.teams.activity(ben, value=stolen))
    chatting.slack.quiet()
    assert len([one for one in ben.texts() if "no such ticket" in one]) == 2
    assert chatting.ticket(3) is None
    assert chatting.ticket().status.value == "received"


def test_messages_wait_while_teams_is_away_and_a_person_who_left_is_told_of(chatting: Chatting) -> None:
    eva, slack = chatting.person("Eva"), chatting.slack
    chatting.teams.fault = TrackerFault(status=429, retry_after="1", times=1)
    chatting.writes(eva, "Totals are wrong")
    chatting.reads(eva, "Your report is PAY-1")
    card = slack.channel("hypercare-desk").expects("Totals are wrong")
    eva.has_bot = False
    slack.person("sam").replies(card, ">> Which browser?")
    assert "removed the bot from Teams" in card.expects_reply("Reach them another way").words
    slack.person("sam").replies(card, ">> Are you there?")
    slack.quiet()
    assert len([one for one in card.thread() if "Reach them another way" in one.words]) == 1
    eva.has_bot = True
    chatting.writes(eva, "I am back")
    card.expects_reply("I am back")
    slack.person("sam").replies(card, ">> Welcome back")
    chatting.reads(eva, "Welcome back")


def test_only_personal_chats_of_people_in_teams_are_acted_on(chatting: Chatting) -> None:
    eva = chatting.person("Eva")
    made = chatting.teams.activity(eva, text="Totals are wrong")
    of_channel = made | {"conversation": made["conversation"] | {"conversationType": "channel"}}
    own = made | {"from": made["recipient"]}
    elsewhere = made | {"serviceUrl": "https://evil.example"}
    other_chat = made | {"from": {"id": "29:mallory", "aadObjectId": "object-mallory"}, "id": "2"}
    answers = [chatting.tells(one)[0] for one in (of_channel, own, elsewhere, made | {"channelId": "slack"})]
    assert answers == [200, 200, 403, 200]
    assert chatting.ticket() is None
    chatting.writes(eva, "Totals are wrong")
    chatting.reads(eva, "PAY-1")
    assert chatting.tells(other_chat)[0] == 200
    assert chatting.ticket(2) is None


def test_people_of_the_team_acknowledge_and_resolve_from_a_card(chatting: Chatting) -> None:
    slack, eva = chatting.slack, chatting.person("Eva")
    chatting.writes(eva, "Totals are wrong")
    chatting.reads(eva, "Your report is PAY-1")
    sam = chatting.person("Sam", email="sam@sandbox.example")
    chatting.writes(sam, "PAY-1")
    shown = chatting.reads(sam, "Totals are wrong")
    assert "No one has taken it yet" in shown
    assert "(Europe/Berlin)" in shown, "the time zone of the phase"
    assert {*sam.buttons("Totals are wrong")} == {"Acknowledge", "Resolve"}
    old = sam.buttons("Totals are wrong")
    chatting.presses(sam, "Totals are wrong", "Acknowledge")
    chatting.reads(eva, "is looking into PAY-1")
    eventually(lambda: "Acknowledge" not in sam.buttons("Totals are wrong"), "the card without that button")
    assert chatting.ticket().owner == slack.user_id("sam")
    chatting.presses(sam, "Totals are wrong", "Resolve", explanation="Cache emptied", fix="symptom")
    chatting.reads(eva, "Cache emptied")
    eventually(lambda: not sam.buttons("Totals are wrong"), "the card without buttons")
    assert len([one for one in sam.texts() if "Totals are wrong" in one]) == 1
    chatting.tells(chatting.teams.activity(sam, value=old["Acknowledge"]))
    chatting.reads(sam, "PAY-1 is")
    for name, given in {"Guest": {"principal": "sam_other#EXT#@company.example"}, "Other": {"tenant": "another"},
                        "Nobody": {"email": "nobody@other.example"}}.items():  # fmt: skip
        stranger = chatting.person(name, **{"email": "sam@sandbox.example"} | given)
        chatting.writes(stranger, "PAY-1")
        chatting.reads(stranger, "no such ticket that you can see")
        chatting.tells(chatting.teams.activity(stranger, value=old["Resolve"] | {"explanation": "x", "fix": "symptom"}))
        eventually(lambda stranger=stranger: len(stranger.texts()) == 2, "a second refusal")  # type: ignore[misc]
    maria = chatting.person("Maria", email="maria@sandbox.example")
    chatting.tells(chatting.teams.activity(maria, value=old["Acknowledge"]))
    chatting.writes(maria, "PAY-1")
    chatting.reads(maria, "Totals are wrong")
    assert maria.buttons("Totals are wrong") == {}
    slack.person("tom").reports("My manager reads my payslip", "high", anonymous="yes")
    slack.channel("hypercare-desk").expects("reads my payslip")
    chatting.writes(sam, "show PAY-2")
    chatting.reads(sam, "private or anonymous")
    assert "payslip" not in "".join(sam.texts())


def test_a_person_reports_in_a_dialog(chatting: Chatting) -> None:
    eva = chatting.person("Eva")
    chatting.writes(eva, "report")
    chatting.reads(eva, "What's wrong?")
    button = eva.buttons("What's wrong?")["Report a problem"]
    assert button["msteams"] == {"type": "task/fetch"}
    shown = chatting.invokes(eva, "task/fetch", button)["task"]
    fields = {one["id"]: one for one in shown["value"]["card"]["content"]["body"]}
    assert shown["type"] == "continue"
    assert {"summary", "happened", "severity"} <= {*fields}
    assert chatting.invokes(eva, "task/submit", {"do": "report", "summary": ""})["task"]["type"] == "continue"
    assert chatting.ticket() is None
    filled = {"do": "report", "summary": "Totals are wrong", "severity": "high", "happened": "Since June"}
    twice = chatting.teams.activity(eva, "invoke", name="task/submit", value={"data": filled})
    assert "PAY-1" in chatting.tells(twice)[1]["task"]["value"]
    assert "sent before" in chatting.tells(twice)[1]["task"]["value"]
    assert chatting.ticket().severity.value == "high"
    assert chatting.ticket(2) is None
    assert "Severity: High." in chatting.reads(eva, "Your report is PAY-1")


def test_files_that_a_person_sends_reach_the_ticket_and_what_is_missing_is_said(chatting: Chatting) -> None:
    eva, teams = chatting.person("Eva"), chatting.teams
    chatting.writes(eva, "Totals are wrong", attachments=[teams.attachment("june.pdf", b"pdf")])
    chatting.reads(eva, "Your report is PAY-1")
    card = chatting.slack.channel("hypercare-desk").expects("Totals are wrong")
    elsewhere = teams.attachment("evil.txt", b"x")
    elsewhere["content"]["downloadUrl"] = elsewhere["content"]["downloadUrl"].replace("127.0.0.1", "localhost")
    missing = teams.attachment("gone.txt", b"x")
    teams.files.clear()
    picture = teams.picture("screen", b"png")
    html = {"contentType": "text/html", "content": "<p>see this</p>"}
    chatting.writes(eva, "see this", attachments=[html, picture, elsewhere, missing])
    assert "evil.txt, gone.txt" in chatting.reads(eva, "couldn't get")
    chatting.writes(eva, "", attachments=[teams.attachment("july.pdf", b"pdf")])  # a file alone
    names = ["june.pdf", "attachment-1.png", "july.pdf"]

    def sent() -> list[str]:
        return [file["name"] for one in card.thread() for file in one.raw.get("files") or ()]

    eventually(lambda: sent() == names, "the files in the team's thread", instead=lambda: str(sent()))
    ben = chatting.person("Ben")
    chatting.writes(ben, "help", attachments=[teams.attachment("notes.txt", b"x")])
    assert "belongs to no report" in chatting.reads(ben, "notes.txt")


def test_a_picture_of_the_team_is_shown_in_the_chat_and_of_other_files_is_told(chatting: Chatting) -> None:
    """A message holds a picture up to a size, which Teams names nowhere; what it refuses is told in words."""
    eva, sam = chatting.person("Eva"), chatting.slack.person("sam")
    chatting.writes(eva, "Totals are wrong")
    card = chatting.slack.channel("hypercare-desk").expects("Totals are wrong")
    small, large, huge = (f"GIF89a{'x' * size}" for size in (100, 300_000, 900_000))
    for name, content in (
        ("small.gif", small),
        ("large.gif", large),
        ("huge.gif", huge),
        ("no-picture.png", "words"),
        ("a.pdf", "pdf"),
    ):
        sam.replies(card, f">> See {name}", files=[{"name": name, "content": content}])
    assert "sends you a picture" in chatting.reads(eva, "picture, small.gif")
    for name in ("large.gif", "huge.gif", "no-picture.png", "a.pdf"):
        assert "can't be sent to Teams" in chatting.reads(eva, f"has a file for you, {name}")
    assert eva.pictures() == {"small.gif": small.encode()}
    assert len([one for one in eva.texts() if "large.gif" in one]) == 2, "the words of the team, and the file once"


def test_an_hour_without_teams_loses_nothing_and_the_admins_are_told_once(chatting: Chatting) -> None:
    eva, slack = chatting.person("Eva"), chatting.slack
    chatting.teams.fault = TrackerFault(status=503)
    chatting.writes(eva, "Totals are wrong")
    slack.channel("hypercare-desk").expects("Totals are wrong")
    lead = slack.person("lena").dm
    for _ in range(6):
        slack.control.post("clock", advance=600)
        eventually(lambda: not is_due(slack), "another attempt")
    warning = lead.expects("Microsoft Teams has taken none of our messages since")
    chatting.teams.fault = None
    passes(slack, minutes=10)
    chatting.reads(eva, "Your report is PAY-1")
    warning.expects_reply("Microsoft Teams takes messages again")
    slack.quiet()
    assert len([one for one in eva.texts() if "Your report is PAY-1" in one]) == 1
    assert len([one for one in lead.messages() if "Microsoft Teams has" in one.words]) == 1


def test_a_message_whose_answer_is_lost_comes_again_rather_than_never(chatting: Chatting) -> None:
    """Nothing names a message in Teams, so the bot can't look whether it is there."""
    eva, slack = chatting.person("Eva"), chatting.slack
    chatting.teams.fault = TrackerFault(lost=True, times=1)
    chatting.writes(eva, "Totals are wrong")
    chatting.reads(eva, "Your report is PAY-1")
    eventually(lambda: not is_due(slack), "the end of the first attempt")
    passes(slack, minutes=1)
    assert len([one for one in eva.texts() if "Your report is PAY-1" in one]) == 2
    slack.person("sam").replies(slack.channel("hypercare-desk").expects("Totals are wrong"), ">> Which browser?")
    chatting.reads(eva, "Which browser?")
    slack.quiet()
    assert len([one for one in eva.texts() if "Which browser?" in one]) == 1
