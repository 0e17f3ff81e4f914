"""Operations: probes, metrics, `/hypercare status`, retrying dead messages and deferred tickets."""

import asyncio
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from bot.app.application import Application
from bot.database import CannotStart
from bot.settings.settings import Settings
from domain.delivery.message import MessageState
from sandbox.delivery.http import signature
from tests.support.bot import BotWorkspace, running
from tests.support.command import hypercare
from tests.support.control import eventually
from tests.support.people import Message, Person


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[BotWorkspace]:
    with running(f"sqlite:///{tmp_path / 'bot.db'}", monitor_port=0) as app:
        yield app


def ask(app: BotWorkspace, path: str, port: int | None = None) -> tuple[int, str]:
    url = f"http://127.0.0.1:{port or app.application.monitor.port}{path}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def figure(text: str, name: str) -> float:
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " "))


def test_it_says_that_it_is_alive_and_ready_and_what_it_did(watched: BotWorkspace) -> None:
    watched.person("maria").reports("Slow page")
    watched.triage.expects("Slow page")
    watched.quiet()
    assert ask(watched, "/healthz") == (200, "ok")
    assert ask(watched, "/readyz")[0] == 200
    status, text = ask(watched, "/metrics")
    assert status == 200
    assert figure(text, 'hypercare_tickets{status="received"}') == 1
    assert figure(text, 'hypercare_messages{state="waiting"}') == 0
    assert figure(text, 'hypercare_sends_total{method="chat.postMessage",outcome="ok"}') == 2
    assert figure(text, 'hypercare_ack_seconds_count{mode="socket_mode"}') >= 2
    assert figure(text, "hypercare_database_up") == 1
    assert "Slow page" not in text


def test_messages_that_wait_too_long_make_it_unready(watched: BotWorkspace) -> None:
    watched.fails("chat.postMessage", times=-1, status=503)
    watched.person("maria").reports("Slow page")
    watched.control.post("clock", advance=1200)
    status, text = ask(watched, "/readyz")
    assert status == 503
    assert "20 minutes" in json.loads(text)["problems"]["messages"]
    assert figure(ask(watched, "/metrics")[1], "hypercare_oldest_message_seconds") > 1199
    watched.control.delete("faults")
    watched.control.post("clock", advance=1200)
    watched.quiet()
    assert ask(watched, "/readyz")[0] == 200


@pytest.mark.shape("http")  # Socket Mode opens no port
def test_in_http_mode_a_load_balancer_may_ask_where_slack_comes_in(slack: BotWorkspace) -> None:
    assert ask(slack, "/healthz", slack.settings.port) == (200, "ok")
    assert ask(slack, "/readyz", slack.settings.port)[0] == 200
    assert ask(slack, "/metrics", slack.settings.port)[0] == 404


@pytest.mark.shape("http", "sqlite")
def test_a_wrong_signing_secret_is_told_while_no_request_fits(slack: BotWorkspace, tmp_path: Path) -> None:
    """The notes of /readyz and doctor tell it, and the bot stays ready: strangers could bring the same about."""
    secret, database = "x" * 32, f"sqlite:///{tmp_path / 'another.db'}"
    settings = slack.settings.model_copy(
        update={"signing_secret": SecretStr(secret), "database": database, "port": 0, "phase": None}
    )
    bot = slack.loop.run(started(settings))
    port = bot.port or 0

    def notes() -> dict[str, str]:
        status, text = ask(slack, "/readyz", port)
        assert status == 200
        return dict(json.loads(text)["notes"])

    def doctor(port: int) -> list[str]:
        given = {"bot_token": slack.box.bot_token, "signing_secret": secret, "slack_url": slack.box.api_url,
                 "database": database, "mode": "http", "port": str(port)}  # fmt: skip
        return [line for line in hypercare(tmp_path, "doctor", **given).stdout.splitlines() if " bot: " in line]

    def arrives(signed_with: str) -> int:
        stamp, body = str(int(time.time())), b'{"type": "url_verification", "challenge": "x"}'
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature(signed_with, stamp, body),
                   "Content-Type": "application/json"}  # fmt: skip
        request = urllib.request.Request(f"http://127.0.0.1:{port}/slack/events", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert notes() == {}
    assert doctor(1)[0].startswith("opt bot: none runs here")
    assert [arrives("of Slack, and not ours") for _ in range(2)] == [401, 401]
    assert "fits HYPERCARE_SIGNING_SECRET, and 2 were refused" in notes()["signing secret"]
    assert doctor(port)[0].startswith("BAD bot: signing secret: no request had a signature that fits")
    assert [arrives(secret), arrives("of a stranger")] == [200, 401]
    assert notes() == {}
    assert doctor(port) == ["ok  bot: it runs here, and is ready"]
    slack.loop.run(bot.stop())


async def started(settings: Settings) -> Application:
    made = Application(settings)
    await made.start()
    return made


@pytest.mark.core
def test_a_lead_sees_the_status_and_retries_a_dead_message(slack: BotWorkspace) -> None:
    lena, jo, admin = slack.person("lena"), slack.person("jo"), slack.person("admin")
    assert "Hypercare is healthy" in lena.types("/hypercare status")["text"]
    assert "Hypercare is healthy" in admin.types("/hypercare status")["text"], "an admin of the workspace"
    assert "Only leads" in jo.types("/hypercare status")["text"]
    slack.control.post("archive", channel="hypercare-desk")
    slack.person("maria").reports("Slow page")
    lena.dm.expects("couldn't be")
    slack.quiet()
    for reader in (lena, admin):
        assert "1 message could not be delivered" in reader.types("/hypercare status")["text"]
    slack.control.post("archive", channel="hypercare-desk", archived=False)
    press(slack, "retry_message", dead_message(slack))
    slack.triage.expects("Slow page")
    slack.quiet()
    assert "Hypercare is healthy" in lena.types("/hypercare status")["text"]


def test_a_dead_message_can_be_dropped(slack: BotWorkspace) -> None:
    lena = slack.person("lena")
    slack.control.post("archive", channel="hypercare-desk")
    slack.person("maria").reports("Slow page")
    lena.dm.expects("couldn't be")
    slack.quiet()
    press(slack, "drop_message", dead_message(slack), name="jo")  # may not
    assert "1 message could" in lena.types("/hypercare status")["text"]
    press(slack, "drop_message", dead_message(slack))
    eventually(lambda: "Hypercare is healthy" in lena.types("/hypercare status")["text"], "nothing dead")


def dead_message(slack: BotWorkspace) -> str:
    with slack.application.store.read() as tx:
        return str(tx.message_archive.list_newest([MessageState.DEAD], 1)[0].id)


def press(slack: BotWorkspace, action: str, value: str, name: str = "lena") -> None:
    from tests.delivery import test_idempotency

    assert (
        test_idempotency.dispatch(slack, test_idempotency.press(slack, name, f"{action}:{value}", value)).status == 200
    )


def put_off_for_three_days(slack: BotWorkspace) -> tuple[Person, Person, Message]:
    """A report of Maria's that Lena has deferred, and its card."""
    maria, lena = slack.person("maria"), slack.person("lena")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    slack.quiet()
    day = (slack.application.context.now() + timedelta(days=3)).date()
    lena.opens("/hypercare defer PAY-1").fills(reason="low_impact", date=day.isoformat()).submits()
    return maria, lena, card


@pytest.mark.core
def test_what_was_put_off_comes_back_on_its_morning(slack: BotWorkspace) -> None:
    maria, _, card = put_off_for_three_days(slack)
    maria.dm.expects("Thank you").expects_reply("is deferred until")
    slack.control.post("clock", advance=2 * 86400)
    slack.quiet()
    slack.triage.expects("Slow page").shows("Deferred")
    slack.control.post("clock", advance=2 * 86400)
    card.expects_reply("was deferred until today")
    maria.dm.expects("Thank you").expects_reply("under investigation again")
    slack.quiet()
    slack.triage.expects("Slow page").shows("Under investigation")
    assert len([m for m in card.thread() if "was deferred until today" in m.words]) == 1


def test_what_is_taken_up_earlier_does_not_come_back(slack: BotWorkspace) -> None:
    _, lena, card = put_off_for_three_days(slack)
    slack.quiet()
    lena.opens("/hypercare reopen PAY-1").fills(why="It cannot wait").submits()
    slack.control.post("clock", advance=5 * 86400)
    slack.quiet()
    assert [m for m in card.thread() if "was deferred until today" in m.words] == []


def test_a_stop_does_not_wait_for_models_that_are_being_loaded(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.stop_bot()
    may_end = threading.Event()
    monkeypatch.setattr("bot.app.models.load_language", lambda: may_end.wait(5))
    slack.start_bot()
    slack.person("maria").reports("Slow page")
    slack.triage.expects("Slow page")
    slack.stop_bot()
    assert slack.application.is_loading
    may_end.set()
    eventually(lambda: not slack.application.is_loading, "the end of the loading")
    slack.start_bot()


def test_a_start_that_is_told_to_stop_does_not_wait_for_models(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.stop_bot()
    may_end = threading.Event()

    async def start_and_stop() -> None:
        starting = asyncio.create_task(slack._build())
        await asyncio.to_thread(eventually, models, "the loading of models")
        starting.cancel()
        await asyncio.wait({starting})

    with monkeypatch.context() as slow:
        slow.setattr("bot.app.models.load_language", lambda: may_end.wait(10))
        slack.loop.run(start_and_stop())
        assert models()
    may_end.set()
    eventually(lambda: not models(), "the end of the loading")
    slack.start_bot()


def test_a_start_that_failed_hears_that_it_is_told_to_stop_while_models_load(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Models load for long on a busy machine, and the signal to stop is heard by the event loop."""
    slack.stop_bot()
    may_end, waits, wait = threading.Event(), threading.Event(), Application.wait_for_models
    loaded = list[bool]()

    def fail(_application: Application) -> None:
        raise OperationalError("the database went away", None, Exception())

    def wait_for_models(application: Application) -> None:
        waits.set()
        wait(application)

    async def start_and_stop() -> None:
        starting = asyncio.create_task(slack._build())
        await asyncio.to_thread(waits.wait, 10)
        starting.cancel()
        await asyncio.wait({starting})

    with monkeypatch.context() as slow:
        slow.setattr("bot.app.models.load_language", lambda: loaded.append(may_end.wait(5)))
        slow.setattr("bot.app.application.Workers", fail)
        slow.setattr(Application, "wait_for_models", wait_for_models)
        slack.loop.run(start_and_stop())
        assert loaded == []
    may_end.set()
    eventually(lambda: not models(), "the end of the loading")
    slack.start_bot()


def models() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "models"]


def test_a_start_during_which_the_database_goes_away_says_so(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.stop_bot()

    def gone(*_: object) -> None:
        raise OperationalError("SELECT", {}, OSError("the server closed the connection"))

    with monkeypatch.context() as away:
        away.setattr("bot.app.preparation.restores.follow", gone)
        with pytest.raises(CannotStart, match="The database cannot be used"):
            slack.loop.run(slack._build())
    slack.start_bot()
