"""A report by e-mail and its news: from the first mail to the confirmed fix."""

import re
from urllib.parse import urlencode
from urllib.request import urlopen

from sqlalchemy import select

from bot.commands.sandbox import with_mail
from bot.services.operations.erasure import erase
from connectors.mail.fake import FakeMailbox
from domain.delivery.message import MessageState
from domain.mail.tags import message_id
from storage.mail.tables import mails
from tests.mail.conftest import ADDRESS, EVA, MARIA, Posted, text_of
from tests.mail.test_reading import CONTRACTS
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday


def test_a_stranger_reports_by_mail_and_hears_how_it_goes_on(posted: Posted) -> None:
    made = posted.box.mail(EVA, "Totals are wrong", "Severity: low\nThe sum of June is 0.")
    made.replace_header("From", f"Eva Berg <{EVA}>")
    made.add_attachment(b"picture", maintype="image", subtype="png", filename="june.png")
    assert posted.box.write(made, proven=False)[0] == 250
    card = posted.slack.channel("hypercare-desk").expects("Totals are wrong")
    assert "Eva Berg (e-mail)" in card.words
    eventually(lambda: any(one.raw.get("files") for one in card.thread()), "the picture in the team's thread")
    first = posted.gets("Your report is PAY-1")
    assert first["To"].endswith(f"<{EVA}>")
    assert first["From"].endswith(f"<{ADDRESS}>")
    assert first["Subject"].startswith("Re: Totals are wrong [PAY-1 ")
    assert (first["In-Reply-To"], first["Auto-Submitted"]) == (made["Message-ID"], "auto-generated")
    assert "Severity: Low." in text_of(first)
    posted.slack.person("sam").replies(card, ">> Which <browser> do you use?")
    asked = posted.gets("Which <browser> do you use?")
    assert "Sam" in text_of(asked)
    assert first["Message-ID"] in asked["References"]
    assert posted.writes("Re: anything", "Firefox\n\nOn Mon, Hypercare wrote:\n> Which?\n", answers=asked)[0] == 250
    answer = card.expects_reply("Firefox").words
    assert "Eva Berg (e-mail) wrote in the reporter thread" in answer
    assert "Which?" not in answer
    with posted.slack.application.store.read() as tx:
        kept = tx.connection.scalars(select(mails.c.text)).all()
    assert any("> Which?" in one for one in kept), "the whole mail is kept"
    sam = posted.slack.person("sam")
    sam.opens("/hypercare resolve PAY-1").fills(explanation="Cache emptied", fix="symptom").submits()
    solved = posted.gets("Cache emptied")
    links = dict(re.findall(r"(Yes, fixed|Still broken|I can't check): http://hypercare.example(\S+)", text_of(solved)))
    assert len(links) == 3
    assert "Is PAY-1 still broken?" in posted.open_page(links["Still broken"])[1]
    assert posted.ticket().status.value == "resolved"  # a link that a program opens does nothing
    assert (
        posted.open_page(links["Still broken"], "POST", "why=June+again")
        == posted.open_page(links["Still broken"], "POST", "why=no")
        or posted.ticket().status.value == "investigating"
    )
    card.expects_reply("June again")
    status, said = posted.open_page(links["Still broken"], "POST", "why=Once+more")
    assert (status, "was used before" in said) == (409, True)
    sam.opens("/hypercare resolve PAY-1").fills(explanation="Now it is", fix="symptom").submits()
    again = posted.gets("Now it is")
    link = re.search(r"Yes, fixed: http://hypercare.example(\S+)", text_of(again))
    assert link
    assert posted.open_page(link[1], "POST")[0] == 200
    assert posted.ticket().status.value == "verified"
    assert posted.open_page(link[1][:-2] + "xx")[0] == 404
    posted.gets("is confirmed fixed")


def test_people_without_an_account_or_a_name_do_not_wait_in_silence_either(posted: Posted) -> None:
    to_monday(posted.slack)
    tom = posted.slack.person("tom")
    tom.reports("My manager reads my payslip", "high", anonymous="yes")
    mine = tom.dm.expects("Thank you")
    posted.writes("The payslip is blank", "Since today")
    posted.gets("PAY-2")
    passes(posted.slack, days=4)
    mine.expects_reply("*PAY-1* is still unassigned")
    assert "We'll write here again by" in text_of(posted.gets("PAY-2 is still unassigned"))


def test_a_proven_person_with_an_account_gets_news_in_slack(posted: Posted) -> None:
    assert posted.writes("Totals are wrong", "It says 0.", MARIA)[0] == 250
    told = posted.slack.person("maria").dm.expects("Your report is *PAY-1*")
    assert "in Slack" in text_of(posted.gets("PAY-1"))
    assert posted.ticket().reporter == posted.slack.person("maria").id
    assert posted.writes("Re: Totals", "Since June", MARIA, answers=posted.gets("PAY-1"))[0] == 250
    posted.slack.channel("hypercare-desk").expects("Totals are wrong").expects_reply("Since June")
    assert told
    posted.box.write(posted.box.mail(MARIA, "Another", "Text"), proven=False)
    posted.gets("PAY-2")
    assert posted.ticket(2).reporter.startswith("mail-")


def test_a_mail_counts_once_and_programs_are_not_answered(posted: Posted) -> None:
    made = posted.box.mail(EVA, "Totals are wrong", "It says 0.")
    assert posted.box.write(made) == (250, "2.0.0 Received.")
    assert posted.box.hand_over(made.as_bytes(), EVA) == (250, "2.0.0 This was received before.")
    first = posted.gets("PAY-1")
    assert "not acted on" in posted.writes("Out of office", "Away", Auto_Submitted="auto-replied", answers=first)[1]
    assert "not acted on" in posted.box.hand_over(posted.box.mail(EVA, "x", "y").as_bytes(), "")[1]
    posted.slack.quiet()
    assert len(posted.box.sink.received) == 1
    with posted.slack.application.store.read() as tx:
        assert tx.tickets.find_by_name("PAY", 2) is None


def test_who_else_writes_is_shown_to_the_team_only(posted: Posted) -> None:
    posted.writes("Totals are wrong", "It says 0.")
    first = posted.gets("PAY-1")
    card = posted.slack.channel("hypercare-desk").expects("Totals are wrong")
    posted.writes(first["Subject"], "I am another", "mallory@other.example")
    assert "isn't the reporter" in card.expects_reply("I am another").words
    posted.writes(str(first["Subject"]).replace("PAY-1", "PAY-9"), "A forged mark", "mallory@other.example")
    posted.slack.channel("hypercare-desk").expects("A forged mark")


def test_what_can_never_be_right_is_refused_and_a_loop_ends(posted: Posted) -> None:
    box = posted.box
    box.address = "other@hypercare.example"
    assert box.write(box.mail(EVA, "x", "y"))[0] == 550
    box.address = ADDRESS
    two = box.mail(f"{EVA}, {MARIA}", "x", "y")
    assert box.hand_over(two.as_bytes(), EVA)[0] == 550
    posted.follows(strangers=False)
    assert posted.writes("x", "y")[0] == 550
    posted.follows()
    codes = [posted.writes(f"Loop {number}", "y")[0] for number in range(31)]
    assert codes == [250] * 30 + [450]
    counted = posted.slack.application._metrics.text().decode()
    assert 'hypercare_received_total{answer="250",source="mail"} 30.0' in counted
    assert 'hypercare_received_total{answer="450",source="mail"} 1.0' in counted


def test_a_mail_that_comes_back_is_told_to_the_team_once(posted: Posted) -> None:
    posted.writes("Totals are wrong", "It says 0.")
    first, card = posted.gets("PAY-1"), posted.slack.channel("hypercare-desk").expects("Totals are wrong")
    report = bounce(first["Message-ID"])
    assert posted.box.hand_over(report, "")[0] == 250
    assert "because the address doesn't exist" in card.expects_reply("came back").words
    posted.box.hand_over(report, "")
    posted.box.hand_over(bounce(message_id(b"no secret of ours", 1, "1", "x.example")), "")
    posted.slack.quiet()
    assert len([one for one in card.thread() if "came back" in one.words]) == 1


def test_a_server_that_refuses_an_address_is_told_too(posted: Posted) -> None:
    posted.box.sink.refusal = "550 5.7.1 Not here"
    posted.writes("Totals are wrong", "It says 0.")
    card = posted.slack.channel("hypercare-desk").expects("Totals are wrong")
    assert "refuses our mails" in card.expects_reply("came back").words


def test_a_server_that_asks_for_a_mail_later_gets_it_once_and_the_admins_are_told_once(posted: Posted) -> None:
    posted.box.sink.refusal = "451 4.7.1 Greylisted"
    posted.writes("Totals are wrong", "It says 0.")
    card = posted.slack.channel("hypercare-desk").expects("Totals are wrong")
    lead = posted.slack.person("lena").dm
    for _ in range(6):
        posted.slack.control.post("clock", advance=600)
        eventually(lambda: not is_due(posted.slack), "another attempt")
    warning = lead.expects("The mail server has taken none of our mails since")
    posted.box.sink.refusal = ""
    passes(posted.slack, minutes=10)
    posted.gets("PAY-1")
    warning.expects_reply("The mail server takes mails again")
    posted.slack.quiet()
    assert len(posted.box.sink.received) == 1
    assert sum("has taken none of our mails" in one.words for one in lead.messages()) == 1
    assert not [one for one in card.thread() if "came back" in one.words]


def is_due(slack: BotWorkspace) -> bool:
    """Whether a message is being sent, or should be."""
    with slack.application.store.read() as tx:
        left = tx.message_archive.list_newest([MessageState.WAITING, MessageState.SENDING])
    now = slack.application.context.now()
    return any(one.state is MessageState.SENDING or one.next_at <= now for one in left)


def bounce(message: str) -> bytes:
    """A report about a mail of that Message-ID, as mail servers write it."""
    content = (CONTRACTS / "dsn-from-postfix.eml").read_text(encoding="utf-8")
    for was, now in (("nobody@hypercare.test", EVA), ("<1795871748.2065392@example.test>", message)):
        content = content.replace(was, now)
    return content.encode()


def test_mails_wait_while_the_server_is_away(slack: BotWorkspace) -> None:
    posted = Posted(slack)
    slack.loop.run(posted.box.stop())
    posted.writes("Totals are wrong", "It says 0.")
    slack.channel("hypercare-desk").expects("Totals are wrong")
    again = FakeMailbox(ADDRESS, now=slack.box.clock.now)
    slack.loop.run(again.start(smtp_port=posted.box.port))
    try:
        posted.box.sink = again.sink
        passes(slack, minutes=1)
        assert posted.gets("PAY-1")["To"] == EVA
        with slack.application.store.read() as tx:
            writer = tx.mails.find_person(EVA)
        assert writer
        changed = erase(slack.application.context, EVA)
        assert changed["tickets"]
        with slack.application.store.read() as tx:
            assert tx.mails.find_person(EVA) is None
            assert not tx.people.find_remaining(EVA)
    finally:
        slack.loop.run(again.stop())


def test_the_sandbox_shows_a_mailbox(slack: BotWorkspace) -> None:
    box = FakeMailbox(ADDRESS, now=slack.box.clock.now)
    slack.loop.run(box.start())
    slack.stop_bot()
    slack.settings = with_mail(slack.settings, box)
    slack.start_bot()
    box.lmtp_port = slack.application.lmtp.port
    try:
        with urlopen(f"{box.url}/mails", urlencode({"sender": EVA, "subject": "A <b>", "text": "0"}).encode()) as page:
            assert "Write to pay@hypercare.example" in page.read().decode()
        slack.channel("hypercare-desk").expects("A &lt;b&gt;")
        eventually(lambda: box.sink.received, "an answer")
        with urlopen(f"{box.url}/?answer=0") as page:
            shown = page.read().decode()
        assert "A &lt;b&gt; [PAY-1 " in shown
        assert f"<option selected>{EVA}" in shown
    finally:
        slack.loop.run(box.stop())
