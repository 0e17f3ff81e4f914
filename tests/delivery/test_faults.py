"""Faults: Slack limited, broken or down; messages lost and repeated; channels gone; the database locked or down."""

import sqlite3
import threading
from typing import Any

import pytest
from slack_sdk import WebClient
from sqlalchemy import text
from structlog.contextvars import merge_contextvars

from tests.support.bot import BotWorkspace
from tests.support.captured import captured_lines
from tests.support.control import eventually

AWAY = "Slack has a fault right now"


def posted(slack: BotWorkspace, words: str) -> list[Any]:
    return [m for m in slack.triage.messages() if words in m.words]


@pytest.mark.core
def test_a_rate_limit_is_waited_out_and_holds_back_its_lane(slack: BotWorkspace) -> None:
    app = slack.channel_id("hypercare-desk")
    slack.fails("chat.postMessage", channel=app, status=429, retry_after=30)
    maria = slack.person("maria")
    maria.reports("Slow page")
    maria.dm.expects("Thank you")
    eventually(lambda: _waiting(slack) == ["ratelimited"], "the waiting message")
    assert slack.triage.messages() == []
    slack.control.post("clock", advance=31)
    slack.triage.expects("Slow page")
    assert len(posted(slack, "Slow page")) == 1


@pytest.mark.parametrize("fault", [
    {"status": 500}, {"status": 503}, {"error": "internal_error"}, {"error": "fatal_error"},
    {"status": 200, "body": "<html>garbage</html>"}, {"status": 502, "body": "bad gateway"}, {"drop_reply": True},
], ids=str)  # fmt: skip
def test_whatever_slack_answers_nothing_is_lost_or_said_twice(slack: BotWorkspace, fault: dict[str, Any]) -> None:
    slack.fails("chat.postMessage", times=2, **fault)
    maria = slack.person("maria")
    maria.reports("Slow page")
    for _ in range(4):
        slack.control.post("clock", advance=60)
    slack.triage.expects("Slow page")
    maria.dm.expects("Thank you")
    slack.quiet()
    assert len(posted(slack, "Slow page")) == 1
    assert len([m for m in maria.dm.messages() if "Thank you" in m.words]) == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [("expired_trigger_id", "took too long"), ("internal_error", "Slack has a fault"), ("not_authed", "token"),
     ("push_limit_reached", "at most three forms"), ("new_error", "Its answer was `new_error`")],
)  # fmt: skip
def test_a_form_that_did_not_open_says_why(slack: BotWorkspace, error: str, words: str) -> None:
    slack.fails("views.open", error=error)
    maria = slack.person("maria")
    assert words in maria.types("/hypercare report")["text"]
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    slack.fails("views.open", error=error)
    jo = slack.person("jo")
    jo.presses(card, "Resolve")
    eventually(lambda: any(words in w for w in jo.whispers("hypercare-desk")), "the apology")


@pytest.mark.shape("socket", "sqlite")
@pytest.mark.parametrize(("answer", "words"), [
    ({"status": 500}, AWAY), ({"status": 503}, AWAY), ({"status": 403, "body": "<html>"}, AWAY),
    ({"body": "<html>"}, AWAY), ({"body": "[]"}, AWAY), ({"body": "7"}, AWAY), ({"body": "null"}, AWAY),
    ({"drop_reply": True}, AWAY),
    ({"status": 500, "body": {"ok": False, "error": "internal_error"}}, AWAY),
    ({"status": 429, "retry_after": 30}, "takes no more forms"),
], ids=str)  # fmt: skip
def test_a_person_reads_why_no_form_came_whatever_slack_or_a_proxy_answers(
    slack: BotWorkspace, answer: dict[str, Any], words: str
) -> None:
    """The next one is answered too: with the same words while Slack has asked to wait, and with a form otherwise."""
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    slack.fails("views.open", **answer)
    assert words in maria.types("/hypercare report")["text"]
    if "retry_after" in answer:
        assert words in maria.types("/hypercare report")["text"]
        slack.control.post("clock", advance=31)
    assert maria.opens("/hypercare report")
    slack.fails("views.open", **answer)
    jo.presses(card, "Resolve")
    eventually(lambda: any(words in one for one in jo.whispers("hypercare-desk")), "why there is no form")


@pytest.mark.core
def test_a_lost_reply_in_a_thread_is_looked_for_there(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    thanks = maria.dm.expects("Thank you")
    slack.quiet()
    slack.fails("chat.postMessage", drop_reply=True)
    jo.presses(card, "Acknowledge")
    thanks.expects_reply("is looking")
    slack.control.post("clock", advance=60)
    slack.quiet()
    assert len([m for m in thanks.thread() if "is looking" in m.words]) == 1
    assert slack.calls("conversations.replies")


@pytest.mark.parametrize("anonymous", [False, True], ids=["named", "anonymous"])
def test_an_answer_may_come_before_we_know_where_our_message_stands(slack: BotWorkspace, anonymous: bool) -> None:
    maria = slack.person("maria")
    modal = maria.opens("/hypercare report").fills(summary="My screen is black", severity="low")
    slack.fails("chat.postMessage", drop_reply=True, times=2)  # the card and the reporter's message
    if anonymous:
        modal = modal.presses("more_details").fills(anonymous="yes")
    assert modal.submits() == {"closed": True}
    card, root = slack.triage.expects("My screen is black"), maria.dm.expects("*PAY-1*")
    maria.replies(root, "It blinks now")
    slack.control.post("clock", advance=60)
    card.expects_reply("It blinks now")
    slack.quiet()
    assert not [m for m in maria.dm.messages() if "Do you want to report" in m.words]


@pytest.mark.core
def test_slack_away_for_an_hour_then_everything_in_order(slack: BotWorkspace) -> None:
    slack.fails("*", times=-1, status=503)
    maria = slack.person("maria")
    # The form cannot be opened meanwhile, and says so; what was submitted before is kept.
    assert AWAY in maria.types("/hypercare report x")["text"]
    slack.control.delete("faults")
    maria.reports("Before the storm")
    slack.triage.expects("Before the storm")
    slack.quiet()
    slack.fails("chat.*", times=-1, status=503)
    slack.fails("chat.postMessage", times=-1, status=503)
    slack.fails("chat.update", times=-1, status=503)
    jo = slack.person("jo")
    assert "acknowledged" in jo.types("/hypercare ack PAY-1")["text"]
    slack.control.post("clock", advance=3600)
    slack.control.delete("faults")
    slack.control.post("clock", advance=3600)
    slack.triage.expects("Before the storm").shows("Acknowledged")
    maria.dm.expects("Thank you").expects_reply("is looking")


@pytest.mark.core
def test_a_stopped_bot_says_the_rest_at_its_next_start(slack: BotWorkspace) -> None:
    slack.fails("chat.postMessage", times=-1, status=503)
    slack.person("maria").reports("Slow page")
    slack.stop_bot()
    slack.control.delete("faults")
    slack.control.post("clock", advance=3600)
    slack.start_bot()
    slack.triage.expects("Slow page")
    slack.quiet()
    assert len(posted(slack, "Slow page")) == 1


@pytest.mark.core
def test_a_message_being_sent_at_a_crash_is_not_posted_twice(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Slow page")
    slack.triage.expects("Slow page")
    slack.quiet()
    slack.stop_bot()
    # As if the process had died between Slack's ok and our commit.
    from bot.database import open_store

    store = open_store(slack.settings.database)
    with store.begin() as tx:
        tx.connection.execute(text("UPDATE outbox_messages SET state = 'sending', ts = NULL, holder = 'gone'"))
        tx.connection.execute(text("UPDATE lanes SET thread_ts = NULL"))
        tx.connection.execute(text("UPDATE lanes SET channel = person WHERE person IS NOT NULL"))
    store.close()
    slack.start_bot()
    slack.quiet()
    assert len(posted(slack, "Slow page")) == 1
    assert len([m for m in maria.dm.messages() if "Thank you" in m.words]) == 1


@pytest.mark.core
def test_an_archived_channel_ends_the_lane_and_tells_the_lead_once(slack: BotWorkspace) -> None:
    slack.control.post("archive", channel="hypercare-desk")
    maria = slack.person("maria")
    maria.reports("Slow page")
    maria.dm.expects("Thank you")
    lena = slack.person("lena")
    assert "is archived. Unarchive it." in lena.dm.expects("PAY-1").words
    lena.types("/hypercare take PAY-1")
    slack.quiet()
    assert len([m for m in lena.dm.messages() if "couldn't be posted" in m.words]) == 1


def test_a_line_about_a_message_that_is_late_or_dead_names_it(slack: BotWorkspace) -> None:
    with captured_lines(merge_contextvars) as captured:
        slack.fails("chat.postMessage", status=503, times=1)
        slack.control.post("archive", channel="hypercare-desk")
        slack.person("maria").reports("Slow page")
        slack.person("lena").dm.expects("PAY-1")
    found = [line for line in captured.entries if line["event"] in ("message_delayed", "message_dead")]
    assert {line["event"] for line in found} == {"message_delayed", "message_dead"}
    assert all(line["message_id"] and line["lane"] and line["channel"] and "ticket" in line for line in found)
    dead = {(line["lane"], line["ticket"], line["channel"]) for line in found if line["event"] == "message_dead"}
    assert ("team:1", 1, slack.channel_id("hypercare-desk")) in dead


def test_a_channel_the_bot_is_not_in_falls_back_to_direct_messages(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    ts = maria.says("The page is slow here", "random")
    slack.control.post("shortcut", user="maria", callback_id="report_message", channel="random", ts=ts)
    maria.modal().fills(summary="The page is slow", severity="low").submits()
    maria.dm.expects("Thank you. Your report is *PAY-1*")
    slack.triage.expects("The page is slow")


def test_a_deleted_source_message_falls_back_to_direct_messages(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    ts = maria.says("The page is slow here", "payroll-help")
    slack.control.post("shortcut", user="maria", callback_id="report_message", channel="payroll-help", ts=ts)
    maria.deletes("payroll-help", ts)
    maria.modal().fills(summary="The page is slow", severity="low").submits()
    maria.dm.expects("Thank you. Your report is *PAY-1*")


def test_a_deleted_card_is_posted_again(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow page")
    card = slack.triage.expects("Slow page")
    slack.quiet()
    app = WebClient(token=slack.box.bot_token, base_url=slack.box.api_url)
    app.chat_delete(channel=slack.channel_id("hypercare-desk"), ts=card.ts)
    assert posted(slack, "Slow page") == []
    slack.person("jo").types("/hypercare take PAY-1")
    slack.triage.expects("Slow page").shows("Acknowledged")


@pytest.mark.shape("postgresql")  # a file is not away; the locked database has a test of its own
def test_a_database_that_is_away_keeps_the_form_open(slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    maria = slack.person("maria")
    modal = maria.opens("/hypercare report").fills(summary="Slow page", severity="low")
    engine, gone = slack.application.store.engine, _dead_engine()
    monkeypatch.setattr(slack.application.store, "engine", gone)
    errors = modal.submits()["errors"]
    assert "Try again in a minute" in errors["summary"]
    assert "can't be reached" in maria.types("/hypercare mine")["text"]
    monkeypatch.setattr(slack.application.store, "engine", engine)
    assert modal.submits() == {"closed": True}
    slack.triage.expects("Slow page")


@pytest.mark.shape("sqlite")  # only SQLite locks the whole file
def test_a_locked_database_keeps_the_form_open(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    modal = maria.opens("/hypercare report").fills(summary="Slow page", severity="low")
    slack.quiet()
    with sqlite3.connect(slack.settings.database.removeprefix("sqlite:///")) as other:
        other.execute("BEGIN IMMEDIATE")
        errors = modal.submits()["errors"]
        other.rollback()
    other.close()
    assert "Try again in a minute" in errors["summary"]
    assert modal.submits() == {"closed": True}
    slack.triage.expects("Slow page")


@pytest.mark.shape("sqlite")  # SQLite can be told that its disk is full
def test_a_full_disk_keeps_the_form_open(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    long = {name: name * 300 for name in ("happened", "impact", "expected", "actual")}
    modal = maria.opens("/hypercare report").presses("more_details").fills(summary="Slow page", severity="low", **long)
    slack.quiet()
    _limit_pages(slack, 1)
    errors = modal.submits()["errors"]
    assert "the disk of the database is full. Tell a lead, and try again when there is space." in errors["summary"]
    _limit_pages(slack, 1_000_000)
    assert modal.submits() == {"closed": True}
    slack.triage.expects("Slow page")


@pytest.mark.shape("sqlite")  # only SQLite locks the whole file
def test_a_reply_while_the_database_is_locked_is_delivered_again(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    thanks = maria.dm.expects("Thank you")
    slack.quiet()
    other = sqlite3.connect(slack.settings.database.removeprefix("sqlite:///"), check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(2.5, other.rollback).start()
    maria.replies(thanks, "It is worse now")
    eventually(lambda: any("It is worse now" in m.words for m in card.thread()), "the reply", patience=30)
    slack.quiet()
    assert len([m for m in card.thread() if "It is worse now" in m.words]) == 1
    other.close()


@pytest.mark.shape("sqlite")  # only SQLite locks the whole file
def test_a_message_that_was_deleted_before_it_could_be_saved_opens_no_ticket(slack: BotWorkspace) -> None:
    """Slack delivers it again, after the event of its deletion, and with the words that were taken back."""
    maria = slack.person("maria")
    slack.quiet()
    other = sqlite3.connect(slack.settings.database.removeprefix("sqlite:///"), check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ts = maria.says("@hypercare My IBAN is wrong", "payroll-help")
    sent = lambda: slack.control.get("deliveries", since=0)["deliveries"]  # noqa: E731
    eventually(lambda: any(one["name"] == "app_mention" and one["outcome"] != "acked" for one in sent()), "a failure")
    maria.deletes("payroll-help", ts)
    other.rollback()
    other.close()
    slack.control.post("clock", advance=400)  # longer than Slack waits before it delivers again
    maria.says("@hypercare The till is down", "payroll-help")
    slack.triage.expects("The till is down")
    slack.quiet()
    assert not posted(slack, "IBAN")


def test_a_revoked_token_is_waited_out(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Before")
    slack.triage.expects("Before")
    slack.quiet()
    slack.control.post("revoke")
    assert "acknowledged" in slack.person("jo").types("/hypercare ack PAY-1")["text"]
    slack.control.post("revoke", restore=True)
    slack.control.post("clock", advance=120)
    slack.triage.expects("Before").shows("Acknowledged")


@pytest.mark.shape("socket")  # HTTP mode has no socket
def test_the_socket_is_refreshed_without_a_gap(slack: BotWorkspace) -> None:
    for reason in ("warning", "refresh_requested", "too_many_websockets"):
        slack.control.post("disconnect", reason=reason)
        eventually(lambda: slack.control.get("state")["ready"], "connected again", patience=20)
        eventually(lambda: "menu" in _try(slack), "an answer after the refresh", patience=20)


def _try(slack: BotWorkspace) -> str:
    answer = slack.person("maria").types("/hypercare")
    return "menu" if answer.get("text") == "What would you like to do?" else ""


def _waiting(slack: BotWorkspace) -> list[str]:
    """Return the errors of waiting messages."""
    with slack.application.store.read() as tx:
        waiting = "SELECT error FROM outbox_messages WHERE state = 'waiting' AND error != ''"
        return list(tx.connection.scalars(text(waiting)))


def _dead_engine() -> Any:
    from storage.store import Store

    return Store("postgresql://unknown@127.0.0.1:1/none").engine


def _limit_pages(slack: BotWorkspace, pages: int) -> None:
    """SQLite refuses to grow the file on every connection of the pool."""
    from sqlalchemy import event

    engine = slack.application.store.engine

    def limit(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(engine, "checkout", limit)


def test_a_reply_that_can_never_be_said_is_reported_to_the_lead(slack: BotWorkspace) -> None:
    maria, jo, lena = slack.person("maria"), slack.person("jo"), slack.person("lena")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    maria.dm.expects("Thank you")
    slack.quiet()
    slack.fails("chat.postMessage", error="msg_too_long", times=3)  # rich, text, and text again
    jo.types("/hypercare ack PAY-1")
    assert "msg_too_long" in lena.dm.expects("couldn't be").words
    card.shows("Acknowledged")


def test_a_change_while_the_answer_was_lost_is_seen_too(slack: BotWorkspace) -> None:
    slack.fails("chat.postMessage", channel=slack.channel_id("hypercare-desk"), drop_reply=True)
    slack.person("maria").reports("Slow page")
    eventually(lambda: _waiting(slack), "the message in doubt")
    slack.person("jo").types("/hypercare ack PAY-1")
    slack.control.post("clock", advance=60)
    slack.triage.expects("Slow page").shows("Acknowledged")
    assert len(posted(slack, "Slow page")) == 1
