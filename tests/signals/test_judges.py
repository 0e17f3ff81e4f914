"""What others wrote judges what integrations read and what docs/signals.md says: the SDK, the engine and the tools."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import dukpy
import pytest
import yaml
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from domain.signals.alert import Alert, Delivery
from domain.signals.kinds import KINDS
from domain.tickets.ticket import Severity
from tests.signals.conftest import sample
from tests.signals.samples import contract, request

PAGE = (Path(__file__).parents[2] / "docs" / "signals.md").read_text(encoding="utf-8")
AMTOOL = shutil.which("amtool")
DATA = {"title": "Der Lauf für München schlug fehl", "severity": "critical", "link": "https://jobs.example/1"}
FAILED = {"type": "job.failed", "source": "/jobs", "subject": "nächtlich 100 %"}
# Zabbix' own engine is Duktape, and it gives a webhook its parameters as JSON and this object.
# https://www.zabbix.com/documentation/current/en/manual/config/notifications/media/webhook
ENGINE = """
var sent = {headers: []};
function HttpRequest() {}
HttpRequest.prototype.addHeader = function (header) { sent.headers.push(header); };
HttpRequest.prototype.post = function (url, body) { sent.url = url; sent.body = body; };
HttpRequest.prototype.getStatus = function () { return dukpy.status; };
try { sent.returned = (function (value) { SCRIPT })(dukpy.value); } catch (error) { sent.thrown = String(error); }
sent;
"""
MACROS = {
    "{EVENT.ID}": "1001", "{TRIGGER.ID}": "23456", "{EVENT.VALUE}": "1", "{EVENT.UPDATE.STATUS}": "0",
    "{EVENT.NSEVERITY}": "5", "{EVENT.NAME}": 'Disk "/var" is full', "{HOST.NAME}": "db-1", "{EVENT.OPDATA}": "3 %",
    "{EVENT.TAGSJSON}": '[{"tag":"component","value":"storage"}]',
}  # fmt: skip
# https://docs.datadoghq.com/integrations/webhooks/#variables
DATADOG = {
    "ALERT_ID": "1234", "ALERT_CYCLE_KEY": "1481149140000000", "ALERT_TRANSITION": "Triggered", "ALERT_PRIORITY": "P1",
    "EVENT_TITLE": '[Triggered on {host:db-1}] CPU is "high"', "TEXT_ONLY_MSG": "CPU\nis high",
    "LINK": "https://app.datadoghq.com/event/event?id=1", "DATE_POSIX": "1796000000", "TAGS": "monitor, team:payroll",
    "ALERT_SCOPE": "availability-zone:us-east-1a, role:database",
}  # fmt: skip


def read(kind: str, body: bytes, headers: dict[str, str]) -> Delivery:
    return KINDS[kind].read(request(body, headers))


@pytest.mark.parametrize("mode", [to_binary_event, to_structured_event])
@pytest.mark.parametrize("data", [DATA, json.dumps(DATA).encode()], ids=["object", "bytes"])
def test_events_of_the_sdk_of_cloudevents_are_read(mode: Any, data: object) -> None:
    failed = mode(CloudEvent(FAILED, data))
    (alert,) = read("cloudevents", failed.body, failed.headers).alerts
    assert (alert.title, alert.severity, alert.link) == (DATA["title"], Severity.CRITICAL, DATA["link"])
    assert (alert.key, alert.is_firing) == ("/jobs nächtlich 100 %", True)
    over = mode(CloudEvent(FAILED | {"type": "job.resolved"}, None))
    (resolved,) = read("cloudevents", over.body, over.headers).alerts
    assert (resolved.key, resolved.is_firing) == (alert.key, False)


@pytest.mark.parametrize("state", ["firing", "resolved"])
def test_the_sdk_of_cloudevents_takes_what_the_sandbox_sends(state: str) -> None:
    body, headers = sample("cloudevents", state, "Payroll is down")
    event = from_http_event(HTTPMessage({name.lower(): text for name, text in headers.items()}, body))
    assert (event.get_specversion(), event.get_time() is not None) == ("1.0", True)
    binary = contract("cloudevents", "binary")
    assert from_http_event(HTTPMessage(dict(binary.headers), binary.body)).get_subject()


@pytest.mark.skipif(AMTOOL is None, reason="not installed: amtool; .ci/run installs it")
def test_alertmanager_s_own_tool_takes_the_configuration_of_the_docs(tmp_path: Path) -> None:
    config = yaml.safe_load(section("alertmanager").split("```yaml\n")[1].split("```")[0])
    whole = config | {"route": {"receiver": config["receivers"][0]["name"]}}
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(whole))
    done = subprocess.run([str(AMTOOL), "check-config", str(tmp_path / "alertmanager.yml")], capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("status", "ends"), [(200, {"returned": "OK"}), (503, {"thrown": "Hypercare answered 503"})])
def test_zabbix_s_engine_runs_the_script_of_the_docs(status: int, ends: dict[str, str]) -> None:
    page = section("zabbix")
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    given = {name: value for names, values in rows for name, value in pairs(names, values)}
    filled = {name: MACROS.get(value, value) for name, value in given.items()} | {"secret": "s3cret"}
    script = page.split("```js\n")[1].split("```")[0]
    sent = dukpy.evaljs(ENGINE.replace("SCRIPT", script), value=json.dumps(filled), status=status)
    assert sent["url"] == "https://hypercare.example/signals/PAY/zabbix"
    assert sent["headers"] == ["Content-Type: application/json", "Authorization: Bearer s3cret"]
    assert "s3cret" not in sent["body"]
    assert ends.items() <= sent.items()
    (alert,) = read("zabbix", sent["body"].encode(), {}).alerts
    assert (alert.title, alert.severity, alert.labels) == (
        'Disk "/var" is full', Severity.CRITICAL, {"component": "storage", "host": "db-1"})  # fmt: skip


def pairs(names: str, values: str) -> list[tuple[str, str]]:
    """The parameters of a row of the table with their values; the secret is said in words."""
    return list(zip(re.findall(r"`([^`]+)`", names), re.findall(r"`([^`]+)`", values) or [""], strict=True))


def test_the_payload_of_the_docs_with_datadog_s_variables_is_an_alert_until_it_has_recovered() -> None:
    payload = section("datadog").split("```json\n")[2].split("```")[0]
    assert set(re.findall(r"\$([A-Z_]+)", payload)) == set(DATADOG)

    def told(transition: str) -> Alert:
        values = DATADOG | {"ALERT_TRANSITION": transition}
        body = re.sub(r"\$([A-Z_]+)", lambda found: json.dumps(values[found[1]])[1:-1], payload)
        (alert,) = read("datadog", body.encode(), {}).alerts
        return alert

    alert, over = told("Triggered"), told("Recovered")
    assert (alert.severity, alert.labels["team"]) == (Severity.CRITICAL, "payroll")
    assert (alert.is_firing, over.is_firing, alert.key, alert.occurrence) == (True, False, over.key, over.occurrence)


def section(kind: str) -> str:
    """The section of the docs about a kind."""
    return re.split(r"^## ", PAGE.split(f"(`{kind}`)\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
