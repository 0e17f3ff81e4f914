"""`hypercare doctor`: each finding as it is found, whatever the settings are, and what is missing without a scope."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.commands.doctor import REINSTALL
from bot.commands.sandbox import MANIFEST
from connectors.faults import TrackerFault
from connectors.jira.fake import BOT, TOKEN, FakeJira
from connectors.mail.fake import FakeMailbox
from domain.operations.scopes import CORE, OPTIONAL, PLACES
from tests.operations.test_cli import phase_file, workspace
from tests.support.bot import BotWorkspace
from tests.support.command import Done, hypercare
from tests.support.control import Control
from tests.support.loop import Loop

WRONG = ("xoxb-…", "xoxb-", "xoxb-1\n", "xoxb-\u00e9", "", "xapp-1", "xoxb-<token>", "xoxb-1 2", "xoxb-\x00")
URLS = ("", "x", "http://", "http://[::1", "ftp://127.0.0.1/", "file:///etc/passwd", "http://127.0.0.1:1/api/",
        "http://127.0.0.1:99999/api/", "http://exa mple/", "https://\u2026/api/", "http://127.0.0.1:1/api")  # fmt: skip
DATABASES = ("", "x", "sqlite://", "sqlite:////proc/none/x.db", "postgresql://a:b@127.0.0.1:1/x", "mysql://x",
             "postgresql://127.0.0.1:x/y", "sqlite:///\u2026.db")  # fmt: skip

ADDRESS = "pay@hypercare.example"


@pytest.fixture
def there() -> Iterator[dict[str, Any]]:
    with workspace() as ready:
        yield ready


def tokens(ready: dict[str, Any]) -> dict[str, str]:
    return {"bot_token": ready["bot_token"], "app_token": ready["app_token"], "slack_url": ready["api"]}


def lines(done: Done) -> list[str]:
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_manifest_asks_for_the_scopes_of_the_table() -> None:
    scopes = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["oauth_config"]["scopes"]
    assert set(scopes["bot"]) == CORE.keys() | OPTIONAL.keys()
    assert set(scopes["bot_optional"]) == OPTIONAL.keys()
    assert PLACES.keys() == OPTIONAL.keys(), "each is also told where its feature is offered"


def test_the_docs_explain_each_scope() -> None:
    page = (MANIFEST.parent / "docs" / "install.md").read_text(encoding="utf-8")
    table = page.split("## Why each scope is needed")[1]
    assert [scope for scope in (*CORE, *OPTIONAL) if f"`{scope}`" not in table] == []


def test_doctor_says_what_is_missing_without_each_scope(there: dict[str, Any], tmp_path: Path) -> None:
    control = Control(there["url"])
    for scope, without in OPTIONAL.items():
        control.post("scopes", declined=[scope])
        done = hypercare(tmp_path, "doctor", **tokens(there))
        assert done.returncode == 0, done.stdout
        said = [line for line in lines(done) if line.startswith("opt scopes")]
        assert said == [f"opt scopes: without {scope} {without}. {REINSTALL}"]
    control.post("scopes", declined=["users:read"])
    done = hypercare(tmp_path, "doctor", **tokens(there))
    assert done.returncode == 1
    assert "BAD scopes: without users:read guests and deactivated people are not recognised." in done.stdout


def test_doctor_works_where_slack_does_not_say_the_scopes(there: dict[str, Any], tmp_path: Path) -> None:
    who = {
        "ok": True,
        "url": "https://x.slack.com/",
        "team": "X",
        "user": "hypercare",
        "team_id": "T1",
        "user_id": "U1",
    }
    Control(there["url"]).post("faults", method="auth.test", body=who)
    done = hypercare(tmp_path, "doctor", **tokens(there))
    assert "opt scopes: Slack doesn't say which are granted, so they are not compared" in done.stdout
    assert done.returncode == 0


def test_doctor_before_the_first_start_reads_the_settings(there: dict[str, Any], tmp_path: Path) -> None:
    Control(there["url"]).post("leave", user="hypercare", channel="hypercare-oncall")
    phase_file(tmp_path, {"phase": there["phase"]}).rename(tmp_path / "hypercare.toml")
    said = lines(done := hypercare(tmp_path, "doctor", **tokens(there)))
    assert said[0] == "opt database: empty, as before the first start. `hypercare run` sets it up"
    assert "ok  phases: PAY" in said
    assert sum(line.startswith("ok  PAY: channel") for line in said) >= 3
    (missing,) = [line for line in said if line.startswith("BAD")]
    oncall = there["phase"]["oncall_channel"]
    assert missing == f"BAD PAY: Hypercare isn't in {oncall}. Type `/invite @hypercare` in it"
    assert done.returncode == 1


def test_doctor_looks_at_pagerduty(there: dict[str, Any], tmp_path: Path) -> None:
    policy = {"name": "all", "steps": [{"targets": ["pagerduty"], "wait": "5m"}]}
    phase = there["phase"] | {"oncall": {"policies": [policy]}}
    phase_file(tmp_path, {"phase": phase}).rename(tmp_path / "hypercare.toml")
    given, url = tokens(there), "http://127.0.0.1:1"
    said = lines(hypercare(tmp_path, "doctor", **given))
    assert "BAD PagerDuty: PAY pages through it. Set HYPERCARE_PAGERDUTY_KEY" in said
    assert any(line.startswith("opt PagerDuty: what is acknowledged there isn't acknowledged here.") for line in said)
    given |= {"pagerduty_key": "a key", "pagerduty_webhook_secret": "a secret of PagerDuty", "monitor_port": "9000",
              "pagerduty_token": "a token", "pagerduty_api_url": url}  # fmt: skip
    said = [line for line in lines(hypercare(tmp_path, "doctor", **given)) if "PagerDuty" in line]
    assert said == [
        "ok  PagerDuty: what is acknowledged there is acknowledged here",
        f"BAD PagerDuty: {url} can't be reached. Check the network, and HYPERCARE_PAGERDUTY_API_URL",
    ]
    given |= {"monitor_port": "", "pagerduty_token": ""}
    said = lines(hypercare(tmp_path, "doctor", **given))
    assert "BAD PagerDuty: its webhooks can't arrive. Set HYPERCARE_MONITOR_PORT" in said


def test_doctor_says_which_other_system_is_away_and_goes_on(there: dict[str, Any], tmp_path: Path) -> None:
    """A tracker and a mail server that are away are no fault of the database, and of no other check."""
    phase = there["phase"] | {"connections": [{"system": "jira", "project": "OPS"}], "mail": {"address": ADDRESS}}
    phase_file(tmp_path, {"phase": phase}).rename(tmp_path / "hypercare.toml")
    given, jira, box = tokens(there), FakeJira(), FakeMailbox(ADDRESS)
    assert hypercare(tmp_path, "db", "upgrade", **given).returncode == 0

    def found() -> list[str]:
        done = hypercare(tmp_path, "doctor", **given)
        assert hypercare(tmp_path, "db", "check", **given).returncode == 0
        assert [line for line in lines(done) if line.startswith("ok  bot token")], "the checks after it go on"
        assert done.returncode == any(line.startswith("BAD") for line in lines(done))
        return [line for line in lines(done) if line[4:8] in ("Jira", "mail")]

    assert found()[-1] == "BAD Jira: PAY is connected to it. Set HYPERCARE_JIRA_URL and HYPERCARE_JIRA_TOKEN"
    with closing(Loop()) as loop:
        loop.run(jira.start())
        loop.run(box.start())
        given |= {"jira_url": jira.url, "jira_user": BOT, "jira_token": TOKEN, "mail_port": "9001",
                  "smtp_url": f"smtp://127.0.0.1:{box.port}"}  # fmt: skip
        assert found() == [f"ok  mail: both ways work, for {ADDRESS}",
                           "ok  Jira: PAY and OPS: it has every name that the connection uses"]  # fmt: skip
        jira.fault = TrackerFault(status=503)
        assert found()[-1] == "BAD Jira: PAY and OPS: It answers http_503"
        loop.run(jira.stop())
        loop.run(box.stop())
    assert found() == ["BAD mail: The mail server can't be used: nothing answers at its address.",
                       "BAD Jira: PAY and OPS: It can't be reached at that address"]  # fmt: skip
    there["api"] = "http://127.0.0.1:1/api/"
    said = lines(hypercare(tmp_path, "doctor", **given | tokens(there)))
    assert sum(line.startswith(("BAD mail", "BAD Jira", "BAD Slack")) for line in said) == 3, "nor does Slack hide them"


def test_doctor_names_a_placeholder(tmp_path: Path) -> None:
    (tmp_path / "hypercare.toml").write_text('bot_token = "xoxb-…"\napp_token = "xapp-…"\n', encoding="utf-8")
    said = lines(done := hypercare(tmp_path, "doctor"))
    assert done.returncode == 1
    assert "HYPERCARE_BOT_TOKEN: is still a placeholder" in done.stdout
    assert "HYPERCARE_APP_TOKEN: is still a placeholder" in done.stdout
    assert all(line.startswith("BAD settings") for line in said)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bot=st.sampled_from(("xoxb-1", *WRONG)),
    app=st.sampled_from(("xapp-1", "xapp-…", "")),
    url=st.sampled_from(URLS),
    database=st.sampled_from(("sqlite:///x.db", *DATABASES)),
    mode=st.sampled_from(("socket", "http", "x")),
    file=st.sampled_from((b"", b"\xff\xfe", b"[phase]\nkey = 1\n", b"x")),
)
@example(bot="xoxb-1", app="xapp-1", url="http://[::1", database="sqlite:///x.db", mode="socket", file=b"")
@example(bot="xoxb-1", app="xapp-1", url="ftp://127.0.0.1/", database="sqlite://", mode="socket", file=b"")
def test_doctor_never_ends_in_a_traceback(
    tmp_path: Path, bot: str, app: str, url: str, database: str, mode: str, file: bytes
) -> None:
    (tmp_path / "hypercare.toml").write_bytes(file)
    given_settings = {"bot_token": bot, "app_token": app, "slack_url": url, "database": database, "mode": mode}
    done = hypercare(tmp_path, "doctor", **{name: value.replace("\x00", "?") for name, value in given_settings.items()})
    assert done.returncode == 1
    assert lines(done), "something is found"
    assert all(line[:4] in ("ok  ", "BAD ", "opt ") for line in lines(done))


@pytest.mark.parametrize(("answer", "said"), [
    ({"body": {"ok": True}}, "isn't what answers at"), ({"status": 500}, "(HTTP 500)"),
    ({"error": "internal_error"}, "internal_error"), ({"body": "<html>"}, "isn't what answers at"),
    ({"status": 403, "body": "<html>"}, "(HTTP 403)"), ({"body": "[]"}, "isn't what answers at"),
    ({"body": "7"}, "isn't what answers at"), ({"drop_reply": True}, "can't be reached"),
])  # fmt: skip
def test_doctor_tells_of_whatever_slack_or_a_proxy_answers(
    there: dict[str, Any], tmp_path: Path, answer: dict[str, Any], said: str
) -> None:
    for method in ("auth.test", "apps.connections.open"):
        Control(there["url"]).delete("faults")
        Control(there["url"]).post("faults", method=method, times=9, **answer)
        done = hypercare(tmp_path, "doctor", **tokens(there))
        assert done.returncode == 1
        assert [line for line in lines(done) if line.startswith("BAD") and said in line], lines(done)


@pytest.mark.shape("socket", "sqlite")
def test_the_main_job_works_with_the_core_scopes_and_status_says_what_is_left_out(slack: BotWorkspace) -> None:
    slack.control.post("scopes", declined=list(OPTIONAL))
    slack.stop_bot()
    slack.start_bot()
    maria, jo, lena = slack.person("maria"), slack.person("jo"), slack.person("lena")
    maria.reports("The till is down", "critical")
    card = slack.triage.expects("PAY-1")
    jo.reacts(card, "eyes")
    maria.says("@hypercare another one", "payroll-help")
    jo.presses(card, "Acknowledge")
    thanks = maria.dm.expects("Thank you")
    maria.replies(thanks, "It is urgent")
    card.expects_reply("It is urgent")
    jo.replies(card, ">> We are on it")
    thanks.expects_reply("We are on it")
    slack.quiet()
    assert "acknowledged" in card.now().words
    said = str(lena.types("/hypercare status"))
    assert all(f"Without `{scope}` {without}." in said for scope, without in OPTIONAL.items())
    assert "Hypercare is healthy" in said
