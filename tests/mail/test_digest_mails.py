"""Digests by mail: people outside Slack read the figures, with charts, and end them by a link."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.report_page import mail_charts
from bot.services.operations.erasure import erase
from bot.services.phases import phases
from bot.views import charts
from bot.views.mail import digests as views
from bot.views.text import message, quote, section
from connectors.mail.client import written
from domain.errors import Refused
from domain.mail.incoming import Attachment
from domain.mail.outgoing import OutgoingMail
from domain.phases.settings import PhaseSettings
from tests.mail.conftest import ADDRESS, EVA, Posted, text_of
from tests.mail.test_mail_stories import bounce
from tests.support.control import eventually
from tests.support.days import to_monday

BEN = "ben@customer.example"
VOID = {"meta", "img", "br"}
CHART = charts.chart("New and resolved, by day", "line", {"New": [1, 3], "Resolved": [0, 2]}, ["1 Dec", "2 Dec"])
SHARES = charts.pie("Open, by severity", {"High": 2, "Low": 1})


class Page(HTMLParser):
    """What a mail program makes of HTML: its tags with their attributes; what is not closed is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def sends(posted: Posted, *addresses: str) -> None:
    """The phase has a digest for stakeholders that goes to these addresses too."""
    app = posted.slack.application.context
    with app.store.read() as tx:
        phase = tx.phases.list_phases()[0].settings
    digest = {"name": "figures", "audience": "team", "mails": addresses}
    given = phase.model_dump() | {"reporting": {"digests": [digest]}, "mail": {"address": ADDRESS}}
    phases.apply_settings(app, PhaseSettings.model_validate(given))


def digests(posted: Posted, address: str = EVA) -> list[EmailMessage]:
    return [one for one in posted.box.sink.received if one["List-Unsubscribe"] and address in one["To"]]


def test_people_outside_slack_get_the_figures_by_mail_until_they_end_them(posted: Posted) -> None:
    slack = posted.slack
    to_monday(slack, "08:00")
    sends(posted, EVA, BEN)
    slack.person("maria").reports("The totals of June", "high")
    slack.person("tom").reports("My manager reads my payslip", "critical", anonymous="yes")
    lena = slack.person("lena")
    lena.types("/hypercare digest now figures")
    (mail,) = eventually(lambda: digests(posted), "the digest by mail", instead=posted.seen)
    eventually(lambda: digests(posted, BEN), "another of their own", instead=posted.seen)
    assert "Open: 2 (1 critical, 1 high)." in str(mail["Subject"])
    shown = mail.get_body(("html",)).get_content()
    page = Page(shown)
    for words in (text_of(mail), "".join(page.words)):
        assert "Open: 2 (1 critical, 1 high). New: 2." in words
        assert not re.search(r"payslip|totals of June|Tom|Maria|U0\w+|(?<!/)/hypercare|\bPAY-\d", words)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip("<>").removeprefix("http://hypercare.example")
    assert "End the digests of" in posted.open_page(link)[1]
    assert posted.open_page(link[:-2] + "xx", "POST")[0] == 404
    for _time in range(2):
        status, said = posted.open_page(link, "POST", "List-Unsubscribe=One-Click")
        assert (status, f"{EVA} gets no more digests" in said) == (200, True)
    lena.types("/hypercare digest now figures")
    eventually(lambda: len(digests(posted, BEN)) == 2, "the next digest", instead=posted.seen)
    slack.quiet()
    assert len(digests(posted)) == 1


def test_a_digest_that_comes_back_is_told_to_the_leads_once(posted: Posted) -> None:
    slack = posted.slack
    sends(posted, EVA)
    slack.person("lena").types("/hypercare digest now figures")
    (mail,) = eventually(lambda: digests(posted), "the digest by mail", instead=posted.seen)
    forged = mail["Message-ID"].replace("digest.", "digest.1")
    for name in (forged, mail["Message-ID"], mail["Message-ID"]):
        assert posted.box.hand_over(bounce(name), "")[0] == 250
        slack.quiet()
        found = [one for one in slack.person("lena").dm.messages() if f"digest by mail to {EVA} came back" in one.words]
        assert len(found) == (name != forged)
    assert "no such desk" in found[0].words
    with slack.application.store.read() as tx:
        person = tx.mails.find_person(EVA)
    assert person
    assert person.failed_at


def test_an_address_on_a_list_is_not_erased_while_it_stands_there(posted: Posted) -> None:
    sends(posted, EVA)
    posted.slack.person("lena").types("/hypercare digest now figures")
    eventually(lambda: digests(posted), "the digest by mail", instead=posted.seen)
    app = posted.slack.application.context
    with pytest.raises(Refused, match="is in the settings"):
        erase(app, EVA)
    sends(posted)
    assert erase(app, EVA)


def test_a_chart_that_can_not_be_drawn_is_a_table() -> None:
    assert CHART
    assert SHARES
    content = message("PAY", [section("Text"), CHART, SHARES])
    page = Page(views.html(content, "Payday", EVA, "", ()))
    assert [tag for tag, _ in page.tags].count("table") == 2
    assert page.words[page.words.index("1 Dec") :][:3] == ["1 Dec", "1", "0"]
    drawn = mail_charts.draw_charts([CHART["chart"], SHARES["chart"]])
    page = Page(views.html(content, "Payday", EVA, "", ("a", "b")))
    assert [given["src"] for tag, given in page.tags if tag == "img"] == ["cid:a", "cid:b"]
    assert all(given["alt"] for tag, given in page.tags if tag == "img")
    images = {name: Attachment(f"{name}.png", "image/png", one) for name, one in zip("ab", drawn, strict=True)}
    given = {"message_id": "<1@x.example>", "sender": ("PAY", ADDRESS), "recipient": ("", EVA), "subject": "PAY",
             "text": "Text", "html": "<p>a</p>", "images": images, "at": datetime.now(UTC), "headers": {}}  # fmt: skip
    mail = written(OutgoingMail(**given))
    made = message_from_bytes(mail.as_bytes(), policy=policy.default)
    found = {one["Content-ID"]: one.get_content() for one in made.walk() if one.get_content_maintype() == "image"}
    assert {*found} == {"<a>", "<b>"}
    assert all(one.startswith(b"\x89PNG") for one in found.values())
    assert made.get_body(("html",)).get_content().strip() == "<p>a</p>"
    assert made.get_body(("plain",)).get_content().strip() == "Text"


@example("*_*:_")  # marks that overlap
@given(st.text(alphabet="<>\"'&/=ab*_` \n|:", max_size=30))
@settings(max_examples=40)
def test_no_words_become_markup_of_a_mail(words: str) -> None:
    table = charts.table(words, ["Module", "Open"], [[words, 1]])
    for text in (f"a {quote(words)}", f"a {words}"):
        made = Page(views.html(message("x", [section(text), table]), words, words, f"https://x.example/{words}", ()))
        known = {"strong", "em", "code", "br", "a", "html", "head", "meta", "title", "body", "div", "p", "table",
                 "caption", "thead", "tbody", "tr", "th", "td"}  # fmt: skip
        assert {tag for tag, _ in made.tags} <= known
        assert all(
            {*given} <= {"href", "style", "lang", "charset", "name", "content", "scope"} for _, given in made.tags
        )
        assert all(given["href"].startswith(("https://", "http://")) for tag, given in made.tags if tag == "a")
