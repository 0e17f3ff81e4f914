"""A monitoring system tells of a problem: what the team reads, and how it is over."""

import json
import socket

import pytest

from bot.services.signals import doors
from bot.transport import signals as transport
from bot.transport.connections import MAX_BODY_BYTES
from domain.signals.kinds import KINDS
from tests.signals.conftest import post, sample
from tests.signals.samples import contract
from tests.support.bot import BotWorkspace
from tests.support.control import ControlError
from tests.support.days import passes
from tests.support.oncall import on_call, with_rota


def opened(slack: BotWorkspace, kind: str) -> dict[str, str]:
    """A lead opens a door; the header that its secret belongs into."""
    said = slack.person("lena").types(f"/hypercare signals add {kind}", "hypercare-desk")["text"]
    assert f"/signals/PAY/{kind}" in said
    return {"Authorization": said.split("Authorization: ")[1].split("`")[0]}


def test_an_alert_is_on_a_card_until_it_is_over(watched: BotWorkspace) -> None:
    slack, door = watched, opened(watched, "alertmanager")
    firing, headers = sample("alertmanager", "firing", "Payroll is <down>")
    assert post(slack, "alertmanager", firing, headers | door) == (200, "Received 1 alert.")
    card = slack.channel("hypercare-desk").expects("Payroll is &lt;down&gt;")
    assert "Reported by monitoring" in card.words
    assert "1 is firing" in card.words
    assert "<http://prometheus.example/graph|Payroll is &lt;down&gt;>" in card.words
    assert post(slack, "alertmanager", firing, headers | door)[0] == 200
    post(slack, "alertmanager", sample("alertmanager", "resolved", "Payroll is <down>")[0], headers | door)
    passes(slack, minutes=6)
    card.shows("confirmed fixed")
    card.expects_reply("no one had taken it, so it's resolved")
    assert [m for m in slack.channel("hypercare-desk").messages() if "Payroll is" in m.words] == [card.now()]


def test_a_critical_alert_pages_like_a_critical_report(watched: BotWorkspace) -> None:
    slack, door = watched, opened(watched, "zabbix")
    with_rota(slack)
    given = contract("zabbix", "problem")
    post(slack, "zabbix", given.body, door)
    slack.channel("hypercare-oncall").expects("Free disk space is less than 5 % on /var")
    on_call(slack).dm.expects("Free disk space is less than 5 % on /var")
    slack.quiet()
    sam = on_call(slack)
    sam.types("/hypercare take PAY-1")
    post(slack, "zabbix", json.dumps(json.loads(given.body) | {"value": "0"}).encode(), door)
    passes(slack, minutes=6)
    card = slack.channel("hypercare-desk").expects("Free disk space")
    asked = card.expects_reply("If the problem is fixed, resolve it.")
    assert asked.buttons == ["Resolve"]
    sam.presses(asked, "Resolve")
    sam.modal().fills(explanation="Deleted old logs", fix="symptom", test="Tried").submits()
    card.shows("Resolved")


def test_leads_see_doors_and_what_came(watched: BotWorkspace) -> None:
    slack, door = watched, opened(watched, "generic")
    assert "Only leads" in slack.person("jo").types("/hypercare signals", "hypercare-desk")["text"]
    post(slack, "generic", b'{"key": "batch", "severity": "low", "labels": {"path": "/v2/pay"}}', door)
    post(slack, "generic", b'{"name": "Maria"}', door)
    lena = slack.person("lena")
    page = str(lena.types("/hypercare signals", "hypercare-desk"))
    assert "2 requests · 1 not understood" in page
    assert "batch · Generic JSON" in page.replace(":red_circle: ", "")
    assert "/v2/pay: 1 alert" in page
    assert "name: text(5)" in page
    assert "Maria" not in page
    said = lena.types("/hypercare signals test generic", "hypercare-desk")["text"]
    assert said == "A plain alert of Generic JSON opens a ticket of severity medium, because no rule applies to it."
    lena.types("/hypercare signals revoke generic", "hypercare-desk")
    assert post(slack, "generic", b'{"key": "batch"}', door)[0] == 401


def test_what_can_never_be_right_and_what_is_too_much_have_statuses_of_their_own(
    watched: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack, door = watched, opened(watched, "generic")
    assert post(slack, "generic", b"{}", {"Authorization": "Bearer guessed"})[0] == 401
    assert post(slack, "nagios", b"{}", door)[0] == 404
    assert post(slack, "generic", b"{", door)[0] == 200
    assert post(slack, "generic", b" " * (MAX_BODY_BYTES + 1), door)[0] == 413
    monkeypatch.setattr(transport, "MAX_WAITING", 0)
    assert post(slack, "generic", b'{"key": "a"}', door)[0] == 503
    with socket.create_connection(("127.0.0.1", slack.application.monitor.port)) as line:
        line.sendall(b"POST /signals/PAY/generic HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n"
                     b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")  # fmt: skip
        assert line.recv(100).split(b"\r\n")[0].split(b" ")[1] in (b"401", b"400", b"503")


def test_the_sandbox_sends_what_every_kind_of_machine_sends(watched: BotWorkspace) -> None:
    slack, url = watched, f"http://127.0.0.1:{watched.application.monitor.port}/signals/PAY/"
    known = slack.control.get("signals")["kinds"]
    assert known == [*KINDS]
    for kind in known:
        given = "a secret that the machine made" if KINDS[kind].picks_secret else ""
        secret = doors.open_door(slack.application.context, "PAY", kind, "operator", given)
        for state in ("firing", "resolved"):
            answer = slack.control.post(
                "signal", kind=kind, secret=secret, name=f"It's “{kind}”", state=state, url=url + kind
            )
            assert answer["status"] == 200, kind
            assert json.loads(answer["answer"])["said"].startswith("Received "), kind
            assert "not understood" not in answer["answer"], kind
    with slack.application.store.read() as tx:
        found = tx.signal_alerts.list_newest(tx.phases.list_phases()[0].id, 20)
    assert {one.source for one in found} == {name for name, kind in KINDS.items() if not kind.sends_logs}
    assert not any(one.firing for one in found)
    with pytest.raises(ControlError, match="There is no kind nagios"):
        slack.control.post("signal", kind="nagios", secret="x")
