"""The same thing delivered twice happens once; and what was forged is not believed."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from slack_bolt import BoltRequest, BoltResponse
from slack_sdk.signature import SignatureVerifier

from handlers.routes import ACTIONS
from tests.intake.test_forms import filled
from tests.support import contracts
from tests.support.bot import BotWorkspace
from tests.support.control import eventually

TRIGGER = "1.2.abc"


def dispatch(slack: BotWorkspace, payload: dict[str, Any]) -> BoltResponse:
    """What Slack would deliver, handed to the bot directly; over signed HTTP where that is its mode."""
    if slack.settings.mode == "http":
        return post(slack, payload)
    return slack.application.bolt.dispatch(BoltRequest(mode="socket_mode", body=payload))


def post(slack: BotWorkspace, payload: dict[str, Any], **headers: str) -> BoltResponse:
    """The same payload as Slack encodes it for HTTP: events as JSON, commands as a form, the rest as payload=JSON."""
    if "event" in payload:
        body, kind = json.dumps(payload), "application/json"
    else:
        form = payload if "command" in payload else {"payload": json.dumps(payload)}
        body, kind = urllib.parse.urlencode(form), "application/x-www-form-urlencoded"
    assert slack.settings.signing_secret
    signed = SignatureVerifier(slack.settings.signing_secret.get_secret_value())
    now = str(int(time.time()))
    given = {"Content-Type": kind, "X-Slack-Request-Timestamp": now,
             "X-Slack-Signature": signed.generate_signature(timestamp=now, body=body) or "", **headers}  # fmt: skip
    url = f"http://127.0.0.1:{slack.settings.port}/slack/events"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body.encode(), given), timeout=30) as answer:
            return BoltResponse(status=answer.status, body=answer.read().decode())
    except urllib.error.HTTPError as error:
        return BoltResponse(status=error.code, body=error.read().decode())


def team(slack: BotWorkspace) -> str:
    return slack.application.context.home.teams[0]


def user(slack: BotWorkspace, name: str) -> dict[str, str]:
    return {"id": slack.user_id(name), "username": name, "team_id": team(slack)}


def submission(
    slack: BotWorkspace, view: dict[str, Any], values: dict[str, Any], name: str = "maria"
) -> dict[str, Any]:
    made = {**filled(view, values), "id": "V123", "hash": "1.x", "type": "modal"}
    return {"type": "view_submission", "team": {"id": team(slack)}, "user": user(slack, name),
            "api_app_id": "A1", "trigger_id": TRIGGER, "view": made}  # fmt: skip


def press(slack: BotWorkspace, name: str, action_id: str, value: str) -> dict[str, Any]:
    action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "1.1"}
    return {"type": "block_actions", "team": {"id": team(slack)}, "user": user(slack, name),
            "api_app_id": "A1", "trigger_id": TRIGGER, "actions": [action], "container": {"type": "message"},
            "channel": {"id": slack.channel_id("hypercare-desk")},
            "response_url": f"{slack.box.url}/nowhere"}  # fmt: skip


def event(slack: BotWorkspace, name: str, **what: Any) -> dict[str, Any]:
    inner = {"user": slack.user_id(name), "team": team(slack), "event_ts": "1.1", **what}
    return {"type": "event_callback", "team_id": team(slack), "api_app_id": "A1", "event_id": "Ev1",
            "event_time": 1, "event": inner}  # fmt: skip


def report_view(slack: BotWorkspace) -> dict[str, Any]:
    from bot.views.intake.report import ReportDraft, report_form

    with slack.application.store.read() as tx:
        return report_form(ReportDraft(phase="PAY"), tx.phases.list_phases()[0])


@pytest.mark.core
def test_the_same_submission_five_times_at_once_is_one_ticket(slack: BotWorkspace) -> None:
    body = submission(slack, report_view(slack), {"summary": "Slow page", "severity": "low"})
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: dispatch(slack, body), range(5)))
    assert [(a.status, a.body) for a in answers] == [(200, "")] * 5
    slack.triage.expects("Slow page")
    slack.quiet()
    assert len(slack.triage.messages()) == 1
    assert len(slack.person("maria").dm.messages()) == 1


def test_a_redelivered_mention_is_one_ticket(slack: BotWorkspace) -> None:
    where = slack.channel_id("payroll-help")
    body = event(slack, "maria", type="app_mention", text="<@UBOT> the page is slow", channel=where, ts="1.1")
    for _ in range(4):
        assert dispatch(slack, body).status == 200
    slack.triage.expects("slow")
    slack.quiet()
    assert len(slack.triage.messages()) == 1


@pytest.mark.core
def test_a_redelivered_reply_is_carried_once(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Slow page")
    thanks = maria.dm.expects("Thank you")
    slack.quiet()
    where = thanks.raw.get("channel") or next(c["id"] for c in slack.control.get("state")["channels"]
                                              if c.get("is_im") and c.get("user") == maria.id)  # fmt: skip
    body = event(slack, "maria", type="message", text="worse", channel=where, ts="9.9", thread_ts=thanks.ts)
    for _ in range(4):
        assert dispatch(slack, body).status == 200
    card = slack.triage.expects("Slow page")
    card.expects_reply("worse")
    slack.quiet()
    assert len([m for m in card.thread() if "worse" in m.words]) == 1


FORGED_VALUES = ["", "x", "-1", "0", "999999", "99999999999999999999", "1; DROP TABLE tickets", "²"]
FORGED_METADATA = ["{", "[]", "null", '{"phase": "NONE"}', '{"ticket": 999999}', '{"ticket": "1"}',
                   '{"ticket": 99999999999999999999}']  # fmt: skip


def test_forged_button_values_change_nothing(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow page")
    slack.quiet()
    for action in ("take", "acknowledge", "resolve", "show", "more", "details", "withdraw", "confirm"):
        for value in FORGED_VALUES:
            assert dispatch(slack, press(slack, "jo", action, value)).status == 200
    with slack.application.store.read() as tx:
        (ticket,) = tx.tickets.list_open([1])
        assert (ticket.status, len(tx.tickets.list_events(ticket.id))) == ("received", 1)


def test_forged_metadata_gets_words_under_a_field(slack: BotWorkspace) -> None:
    for forged in FORGED_METADATA:
        view = {**report_view(slack), "private_metadata": forged}
        answer = dispatch(slack, submission(slack, view, {"summary": "Slow page", "severity": "low"}))
        said = json.loads(answer.body)
        assert said["response_action"] == "errors"
        assert all(said["errors"].values())
        assert "Something went wrong" not in str(said)
    slack.quiet()
    assert slack.triage.messages() == []


def test_what_this_version_does_not_have_says_so_and_a_form_keeps_what_was_typed(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an update people still have forms and buttons of the version before."""
    view = {**report_view(slack), "callback_id": "of_another_version"}
    answer = json.loads(dispatch(slack, submission(slack, view, {"summary": "x", "severity": "low"})).body)
    assert answer["response_action"] == "errors"
    assert "nothing was saved" in answer["errors"]["summary"]
    slack.person("maria").reports("Slow page")
    card = slack.triage.expects("Slow page")
    where = {"user": "jo", "channel": "hypercare-desk", "ts": card.ts, "action_id": "acknowledge"}
    monkeypatch.delitem(ACTIONS, "acknowledge")
    slack.control.post("action", **where)
    eventually(
        lambda: any("no longer works" in words for words in slack.person("jo").whispers("hypercare-desk")), "why"
    )


@contracts.needed
@pytest.mark.core
def test_every_real_payload_is_answered(slack: BotWorkspace) -> None:
    """Payloads as Slack's own libraries record them: none of them may break a door."""
    found = contracts.payloads()
    assert len(found) > 30
    answers = {name: dispatch(slack, payload).status for name, payload in found}
    assert {name: status for name, status in answers.items() if status != 200} == {}


@pytest.mark.shape("http")  # Socket Mode has no signatures
@pytest.mark.parametrize("headers", [
    {"X-Slack-Signature": "v0=00"}, {"X-Slack-Signature": ""}, {"X-Slack-Request-Timestamp": "yesterday"},
    {"X-Slack-Request-Timestamp": "1"}, {"X-Slack-Request-Timestamp": ""}, {"X-Slack-Request-Timestamp": "²"},
], ids=str)  # fmt: skip
def test_a_bad_signature_is_turned_away(slack: BotWorkspace, headers: dict[str, str]) -> None:
    headers = {k: v.encode().decode("latin-1") for k, v in headers.items()}
    body = submission(slack, report_view(slack), {"summary": "Slow page", "severity": "low"})
    assert post(slack, body, **headers).status == 401
    slack.quiet()
    assert slack.triage.messages() == []
