"""Activities are read, and messages written, as they were exchanged with Microsoft's playground for bots."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.followup import verification
from bot.views.teams import chat
from connectors.teams.activities import FILE, read_activity
from connectors.teams.messages import MAX_TEXT, activity_of
from domain.teams.incoming import TeamsAct, TeamsActivity
from domain.teams.outgoing import TeamsButton, TeamsMessage
from domain.teams.words import Asked, Wish, read_words
from domain.tickets.ticket import Fix
from tests.teams import samples

EXCHANGE = json.loads((Path(__file__).parent / "contracts" / "exchange.json").read_text(encoding="utf-8"))
WRITTEN = [one["person"] for one in EXCHANGE if "person" in one]
(CARD,) = (one["bot"] for one in EXCHANGE if "bot" in one)

FIELDS = [*WRITTEN[0], "value", "data", "action", "name"]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda one: st.lists(one, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), one, max_size=4),
    max_leaves=8,
)


def message(text: str, *buttons: TeamsButton) -> dict[str, Any]:
    return activity_of(TeamsMessage(conversation="a:eva", service_url="x", bot="28:b07", account="29:eva", text=text,
                                    buttons=buttons))  # fmt: skip


def test_what_a_person_did_in_the_playground_is_read() -> None:
    found = [read_activity(json.dumps(one).encode()) for one in WRITTEN]
    acts = [one and (one.act, one.text, one.values.get("do"), one.values.get("why")) for one in found]
    assert acts == [
        (TeamsAct.MESSAGE, "/hypercare report Totals are wrong", None, None),
        (TeamsAct.MESSAGE, "since June", None, None),
        (TeamsAct.PRESS, "", "reject", "June again"),
        (TeamsAct.PRESS, "", "confirm", None),
    ]
    assert all(one and one.is_personal and one.object_id == "object-eva" and one.tenant == "t1" for one in found)


SHOWN = ("PAY-1 is resolved. What we did:", "We emptied the cache.",
         "Symptom: the symptom is gone, but it may come back.", "Is this fixed?")  # fmt: skip


def test_the_card_that_the_playground_showed_is_written() -> None:
    """Its words are those of that day; the buttons are today's."""
    ticket = replace(samples.ticket(), id=1, number=1, note="We emptied the cache.", fix=Fix.SYMPTOM)
    text = "\n".join(SHOWN)
    made = message(text, *chat.buttons_of(verification.resolved(ticket), 7))
    assert made == CARD


def of_teams(**more: Any) -> TeamsActivity:
    found = read_activity(json.dumps(WRITTEN[0] | more).encode())
    assert found
    return found


# As Microsoft documents chat messages: https://learn.microsoft.com/en-us/graph/api/chatmessage-get
QUOTE = (
    '<div>\n<blockquote itemscope="" itemtype="http://schema.skype.com/Reply" itemid="1600457867820">\n'
    '<strong itemprop="mri" itemid="8:orgid:0de69e5e-2da8-4cf2-821f-5e6585b2c65b">Hypercare</strong>'
    '<span itemprop="time" itemid="1600457867820"></span>\n<p itemprop="preview">Which browser?</p>\n</blockquote>\n'
    "<p>Firefox &amp; Edge</p><p>both</p></div>"
)


def test_an_answer_is_read_without_the_message_that_it_quotes() -> None:
    quoting = {"contentType": "text/html", "content": QUOTE}
    assert of_teams(text="Which browser?\nFirefox & Edge", attachments=[quoting]).text == "Firefox & Edge\n\nboth"
    twice = {"contentType": "text/html", "content": QUOTE + QUOTE}
    assert "Which" not in of_teams(text="x", attachments=[twice]).text
    assert of_teams(text='<quoted messageId="1772050244572"/> Firefox').text.strip() == "Firefox"
    plain = {"contentType": "text/html", "content": "<blockquote>my own quote</blockquote>"}
    assert of_teams(text="my own quote", attachments=[plain]).text == "my own quote"
    unclosed = {"contentType": "text/html", "content": "http://schema.skype.com/Reply" * 3}
    assert of_teams(text="x", attachments=[unclosed]).text == ""


def test_files_and_pasted_pictures_are_named_with_where_they_are() -> None:
    where = {"downloadUrl": "https://x.sharepoint.com/d?t=1", "uniqueId": "1", "fileType": "pdf"}
    document = {"contentType": FILE, "name": "../June.pdf", "content": where}
    picture = {"contentType": "image/*", "contentUrl": "https://smba.trafficmanager.net/emea/v3/attachments/1/views/o"}
    html, card = {"contentType": "text/html", "content": "<p>x</p>"}, {"contentType": "application/x.card"}
    found = of_teams(attachments=[document, html, picture, card, 7]).files
    assert [(one.name, one.kind, one.with_token) for one in found] == [
        (".._June.pdf", "application/pdf", False), ("attachment-2.png", "image/png", True),
        ("attachment-3.bin", "application/octet-stream", False),
    ]  # fmt: skip
    assert [one.url.rpartition("/")[2] for one in found] == ["d?t=1", "o", ""]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("<at>Hypercare</at> report  Totals", Asked(Wish.REPORT, "Totals")),
        ("/hypercare report: Totals", Asked(Wish.REPORT, "Totals")),
        ("Report", Asked(Wish.REPORT)),
        ("reporting fails", Asked(Wish.TALK, "reporting fails")),
        ("show pay-42", Asked(Wish.TICKET, "", "PAY-42")),
        ("PAY-42: still wrong", Asked(Wish.TICKET, "still wrong", "PAY-42")),
        ("PAY-42nd is wrong", Asked(Wish.TALK, "PAY-42nd is wrong")),
        ("hypercare help", Asked(Wish.HELP)),
        ("", Asked(Wish.HELP)),
    ],
)
def test_the_first_words_say_what_a_message_asks_for(text: str, asked: Asked) -> None:
    assert read_words(text) == asked


@given(ODD, st.sampled_from(WRITTEN), st.sampled_from([*WRITTEN[0], "value"]))
def test_no_activity_is_too_odd_to_be_read(odd: Any, activity: dict[str, Any], field: str) -> None:
    found = read_activity(json.dumps(activity | {field: odd}).encode())
    assert found is None or (found.account and found.conversation and "\0" not in found.text)


def test_no_message_is_too_long_and_no_words_become_a_link() -> None:
    words = "[a link](https://evil.example) <b>& </b>"
    plain, card = message(words), message(words, TeamsButton(label="Yes", carries={}))
    assert (plain["textFormat"], plain["text"]) == ("plain", words)
    (line,) = card["attachments"][0]["content"]["body"]
    assert line == {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words}]}
    for made in (message("ü" * 50_000), message("ü" * 50_000, TeamsButton(label="Yes", carries={}))):
        assert len(json.dumps(made, ensure_ascii=False).encode()) < 28 * 1024
    assert len(message("x" * 50_000)["text"]) == MAX_TEXT
