"""Files reach the other side of a ticket: as a link where everybody may open it, else as the bot's own copy, once."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Text, cast, select

from storage.database.metadata import metadata
from tests.support.bot import BotWorkspace
from tests.support.control import ControlError, eventually
from tests.support.people import Message

PICTURE = {"name": "screen.png", "content": "a picture"}


def files_in(message: Message) -> Iterator[dict[str, str]]:
    for reply in message.thread():
        yield from reply.raw.get("files") or ()


def copy_of(message: Message, name: str) -> dict[str, str]:
    """Wait for a file of that name in a thread."""
    look = lambda: next((f for f in files_in(message) if f["name"] == name), None)  # noqa: E731
    return eventually(look, f"a copy of {name}", instead=lambda: str([*files_in(message)]))


def opens(slack: BotWorkspace, name: str, file: dict[str, str]) -> bool:
    try:
        return bool(slack.control.get("file", user=name, file=file["id"]))
    except ControlError:
        return False


def upload(slack: BotWorkspace, name: str, filename: str, content: bytes) -> dict[str, str]:
    url = f"{slack.control.url}/sandbox/upload?user={name}&filename={filename}"
    with urllib.request.urlopen(urllib.request.Request(url, content, method="POST")) as answer:
        return dict(json.loads(answer.read())["file"])


@pytest.mark.core
def test_a_screenshot_of_the_form_can_be_opened_by_the_team(slack: BotWorkspace) -> None:
    modal = slack.person("maria").opens("/hypercare report").fills(summary="Slow page", severity="low")
    modal = modal.presses("more_details")
    uploaded = upload(slack, "maria", PICTURE["name"], b"a picture")
    assert not opens(slack, "jo", uploaded)
    assert modal.fills(files=[uploaded["id"]]).submits() == {"closed": True}
    card = slack.triage.expects("Slow page")
    card.shows("screen.png")
    copy = copy_of(card, "screen.png")
    assert opens(slack, "jo", copy)
    assert slack.box.world.contents[copy["id"]] == b"a picture"
    slack.quiet()
    assert len([*files_in(card)]) == 1


def test_files_go_both_ways_and_back_when_they_are_taken_back(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Slow page")
    card, thanks = slack.triage.expects("Slow page"), maria.dm.expects("Thank you")
    ts = maria.replies(thanks, "Here it is", files=[PICTURE])
    assert opens(slack, "jo", copy_of(card, "screen.png"))
    slack.control.post("channels", name="side", members=["jo", "hypercare"], is_private=True)
    jo.replies(card, ">> Try this", files=[{"name": "guide.pdf", "content": "x"}])
    thanks.expects_reply("guide.pdf")
    jo.replies(card, "only us", files=[{"name": "salaries.csv", "content": "x"}])
    card.shows("salaries.csv")
    slack.quiet()
    assert "salaries.csv" not in json.dumps([*files_in(thanks)])
    maria.deletes("@hypercare", ts)
    eventually(lambda: "screen.png" not in json.dumps([*files_in(card)]), "the copy gone")


def test_a_file_in_a_public_channel_is_a_link(slack: BotWorkspace) -> None:
    slack.person("maria").says("@hypercare it looks like this", "payroll-help", files=[PICTURE])
    card = slack.triage.expects("it looks like this")
    assert "/files/" in card.words
    slack.quiet()
    assert [*files_in(card)] == []


@pytest.mark.parametrize("lost", ["before", "after"])
def test_a_lost_answer_makes_no_second_copy(slack: BotWorkspace, lost: str) -> None:
    maria = slack.person("maria")
    maria.reports("Slow page")
    card, thanks = slack.triage.expects("Slow page"), maria.dm.expects("Thank you")
    slack.fails(
        "files.completeUploadExternal", times=1, **({"drop_reply": True} if lost == "after" else {"status": 503})
    )
    maria.replies(thanks, "Here it is", files=[PICTURE])
    copy_of(card, "screen.png")
    slack.quiet()
    assert len([*files_in(card)]) == 1
    assert len(slack.calls("files.getUploadURLExternal")) == 1


def test_what_cannot_be_copied_is_said_on_both_sides(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Slow page")
    card, thanks = slack.triage.expects("Slow page"), maria.dm.expects("Thank you")
    slack.fails("files.info", times=1, error="missing_scope")
    maria.replies(thanks, "Here it is", files=[PICTURE])
    card.expects_reply("An admin can add the scopes")
    thanks.expects_reply("send a link that the team can open")
    slack.fails(
        "files.info", times=1, body={"ok": True, "file": {"id": "F1", "size": 30_000_000, "url_private": "http://x"}}
    )
    maria.replies(thanks, "And this", files=[{"name": "film.mp4", "content": "x"}])
    card.expects_reply("it's larger than 20 MB")
    thanks.expects_reply("Send a smaller one")
    maria.replies(thanks, "Did you see it?")  # nothing waits for a file
    card.expects_reply("Did you see it?")


def test_a_file_that_the_bot_cannot_see_is_said(slack: BotWorkspace) -> None:
    slack.control.post("channels", name="boss", members=["maria", "ann", "hypercare"], is_private=True)
    ts = slack.person("ann").says("The tax report is empty", "boss", files=[PICTURE])
    slack.control.post("leave", user="hypercare", channel="boss")
    slack.control.post("shortcut", user="maria", callback_id="report_message", channel="boss", ts=ts)
    slack.person("maria").modal().fills(severity="low").submits()
    card = slack.triage.expects("The tax report is empty")
    card.expects_reply("Hypercare isn't in the conversation")


@pytest.mark.core
def test_an_anonymous_file_names_nobody_anywhere(
    slack: BotWorkspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maria, id_ = slack.person("maria"), slack.user_id("maria")
    modal = maria.opens("/hypercare report").fills(summary="My boss reads my chats", severity="high")
    modal = modal.presses("more_details")
    uploaded = upload(slack, "maria", "maria-keller-chat.png", b"a picture")
    assert modal.fills(anonymous="yes", files=[uploaded["id"]]).submits() == {"closed": True}
    card = slack.triage.expects("My boss reads my chats")
    assert opens(slack, "jo", copy_of(card, "Attachment 1.png"))
    root = maria.dm.expects("Your report is *PAY-1*")
    ts = maria.replies(root, "And this", files=[{"name": "maria-2.PDF", "content": "x"}])
    copy_of(card, "Attachment 2.pdf")
    card.expects_reply("Attachment 2.pdf")
    maria.edits("@hypercare", ts, "And this one")
    card.expects_reply("And this one")
    slack.fails("files.info", times=1, error="missing_scope")
    maria.replies(root, "A third", files=[{"name": "maria-3.pdf", "content": "x"}])
    card.expects_reply("Attachment 3.pdf")
    slack.person("jo").presses(card, "Show everything")
    slack.quiet()
    team = [card.now(), *card.thread()]
    seen = json.dumps([m.raw for m in team]) + slack.person("jo").modal().words
    for word in (id_, "maria", uploaded["id"], "maria-keller"):
        assert word not in seen
    assert "maria-" not in everything_kept(slack)
    assert f"/files/{id_}" not in everything_kept(slack)
    assert "maria-" not in capsys.readouterr().out
    assert uploaded["id"] not in everything_kept(slack)
    known = {"profiles.id", "home_viewers.person", "rate_limits.key"}  # that they are here, not what they reported
    assert set(columns_with(slack, id_)) <= known


def everything_kept(slack: BotWorkspace) -> str:
    """Every text of the database."""
    with slack.application.store.read() as tx:
        rows = [row for table in metadata.sorted_tables for row in tx.connection.execute(select(table)).all()]
    return json.dumps([[str(value) for value in row] for row in rows], ensure_ascii=False)


def columns_with(slack: BotWorkspace, word: str) -> list[str]:
    found = []
    with slack.application.store.read() as tx:
        for table in metadata.sorted_tables:
            for column in table.c:
                here = cast(column, Text).contains(word, autoescape=True)
                if tx.connection.execute(select(table).where(here)).first():
                    found.append(f"{table.name}.{column.name}")
    return found
