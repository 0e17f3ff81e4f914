"""Who acknowledges a page in PagerDuty has acknowledged its ticket here, by Webhooks v3 in PagerDuty's own form."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from domain.oncall.pagerduty import IncidentChange, is_signed, read_event
from domain.oncall.settings import EscalationPolicy, EscalationStep
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import TEXT, applied, critical
from tests.support.people import Message
from tests.support.systems import (
    PAGERDUTY_OLD_SECRET,
    PAGERDUTY_SECRET,
    PAGERDUTY_TOKEN,
    Systems,
    connect,
    incident_event,
    signed_by_pagerduty,
)

TITLE = f"PAY-1: {TEXT}"
INTEGRATION = {"id": "PXMQRWJ", "summary": "Events API V2", "type": "inbound_integration_reference"}
Hears = Callable[..., tuple[int, str]]


def user(id_: str, name: str) -> dict[str, Any]:
    return {"id": id_, "summary": name, "type": "user_reference",
            "html_url": f"https://acme.pagerduty.com/users/{id_}"}  # fmt: skip


EVA = user("PLH1HKV", "Eva Stone")


@pytest.fixture
def hears(slack: BotWorkspace, systems: Systems) -> Hears:
    """A bot that PagerDuty reaches, and pages through PagerDuty before it pages the leads."""
    connect(slack, systems, monitor_port=0, pagerduty_api_url=f"http://127.0.0.1:{systems.port}",
            pagerduty_token=SecretStr(PAGERDUTY_TOKEN),
            pagerduty_webhook_secret=SecretStr(f"{PAGERDUTY_OLD_SECRET} {PAGERDUTY_SECRET}"))  # fmt: skip
    steps = (EscalationStep(targets=("pagerduty",), wait="5m"), EscalationStep(targets=("leads",), wait="10m"))
    applied(slack, oncall={"policies": (EscalationPolicy(name="all", steps=steps, repeat=0, silence="30m"),)})
    to_monday(slack, "02:00")

    def hear(change: str, id_: str, agent: dict[str, Any] | None, title: str = TITLE, **data: Any) -> tuple[int, str]:
        body = incident_event(change, id_, title, agent, **data)
        signature = signed_by_pagerduty(body, "a secret of tomorrow", PAGERDUTY_SECRET)
        answer = requests.post(f"http://127.0.0.1:{slack.application.monitor.port}/pagerduty", data=body,
                               headers={"X-PagerDuty-Signature": signature}, timeout=30)  # fmt: skip
        return answer.status_code, answer.json()["said"]

    return hear


def triggered(slack: BotWorkspace, systems: Systems) -> tuple[Message, dict[str, Any]]:
    card = critical(slack)
    eventually(lambda: systems.of("pagerduty"), "the incident")
    return card, systems.of("pagerduty")[0]


def test_who_acknowledges_in_pagerduty_owns_the_ticket(slack: BotWorkspace, systems: Systems, hears: Hears) -> None:
    sam, lena = slack.person("sam"), slack.person("lena")
    systems.users["PSAM"] = slack.box.world.workspace.user("sam").email
    card, incident = triggered(slack, systems)
    agent, key = user("PSAM", "Samuel"), incident["dedup_key"]
    assert hears("acknowledged", "01A", agent, incident_key=key) == (200, "Received. The ticket is acknowledged.")
    card.shows(f"<@{sam.id}> is on it")
    card.expects_reply(f"{sam.full_name} acknowledged *PAY-1* in PagerDuty.")
    slack.person("maria").dm.expects(TEXT).expects_reply(f"<@{sam.id}> is looking into")
    eventually(lambda: systems.of("pagerduty")[-1]["event_action"] == "acknowledge", "the acknowledgement back")
    assert hears("acknowledged", "01A", agent, incident_key=key) == (200, "Received before.")
    assert hears("acknowledged", "01B", INTEGRATION, incident_key=key)[0] == 200, "our own echo"
    assert hears("acknowledged", "01C", EVA, incident_key=key) == (200, "Received. The ticket has an owner.")
    passes(slack, minutes=20)
    assert not [m for m in lena.dm.messages() if TEXT in m.words], "no one else is paged"
    assert len([m for m in card.thread() if "in PagerDuty" in m.words]) == 1, "it is said once"
    assert [e["event_action"] for e in systems.of("pagerduty")] == ["trigger", "acknowledge"]


def test_a_person_who_is_not_known_here_is_named(slack: BotWorkspace, systems: Systems, hears: Hears) -> None:
    lena = slack.person("lena")
    card, _incident = triggered(slack, systems)
    assert hears("acknowledged", "01A", EVA)[0] == 200
    card.shows("*Acknowledged* · Eva Stone acknowledged it in PagerDuty.")
    card.expects_reply("Eva Stone acknowledged *PAY-1* in PagerDuty, so paging has stopped.")
    slack.quiet()
    assert "Acknowledge" in card.now().buttons, "the ticket has no owner yet"
    passes(slack, minutes=20)
    assert not [m for m in lena.dm.messages() if TEXT in m.words], "no one is paged meanwhile"
    passes(slack, minutes=10)
    card.shows("No one has sent an update since. Paging starts again")
    lena.presses(card.now(), "Acknowledge")
    card.shows(f"<@{lena.id}> is on it")


def test_what_is_resolved_there_is_acknowledged_here(slack: BotWorkspace, systems: Systems, hears: Hears) -> None:
    systems.users["PSAM"] = slack.box.world.workspace.user("sam").email
    card, incident = triggered(slack, systems)
    merged = {"resolve_reason": {"type": "merge_resolve_reason", "incident": {"id": "PGR0VU9"}}}
    assert hears("resolved", "01A", EVA, **merged) == (200, "Received. It changes nothing here.")
    assert hears("resolved", "01B", EVA, "HR-9: Payroll is late") == (200, "Received. It belongs to no ticket.")
    other = incident["dedup_key"].removesuffix("-1") + "-9"
    assert hears("resolved", "01C", EVA, incident_key=other) == (
        200,
        "Received. No one is being paged for that ticket.",
    )
    card.shows("Not acknowledged yet.")
    assert hears("resolved", "01D", user("PSAM", "Samuel")) == (200, "Received. The ticket is acknowledged.")
    card.shows(f"<@{slack.person('sam').id}> is on it")
    card.expects_reply("resolved the incident of *PAY-1* in PagerDuty. The ticket is still open")
    late = hears("acknowledged", "01E", EVA)
    assert late == (200, "Received. The ticket has an owner."), "what was acknowledged before comes after it"
    slack.person("sam").opens("/hypercare resolve PAY-1").fills(
        test="Tried", fix="root_cause", explanation="Restarted"
    ).submits()
    eventually(lambda: systems.of("pagerduty")[-1]["event_action"] == "resolve", "the end")
    assert hears("acknowledged", "01F", EVA) == (200, "Received. No one is being paged for that ticket.")


def test_a_webhook_needs_one_signature_with_one_of_the_secrets() -> None:
    body = incident_event("acknowledged", "01A", TITLE, EVA)
    both, now = (PAGERDUTY_OLD_SECRET, PAGERDUTY_SECRET), (PAGERDUTY_SECRET,)
    assert is_signed(now, signed_by_pagerduty(body, PAGERDUTY_SECRET), body)
    assert is_signed(now, signed_by_pagerduty(body, *both), body), "while PagerDuty rotates its secret"
    assert is_signed(both, signed_by_pagerduty(body, PAGERDUTY_OLD_SECRET), body), "while we do"
    assert is_signed(now, signed_by_pagerduty(body, *both).replace(",", ", "), body)
    digest = signed_by_pagerduty(body, PAGERDUTY_SECRET).removeprefix("v1=")
    for wrong in ("", "v1=", f"v0={digest}", digest, signed_by_pagerduty(body, "other"), "v1=\udcff"):
        assert not is_signed(both, wrong, body), wrong
    assert not is_signed(now, signed_by_pagerduty(body, PAGERDUTY_SECRET), body + b" ")
    assert not is_signed((), signed_by_pagerduty(body, ""), body), "without a secret no webhook is taken"


def test_only_what_a_person_did_to_an_incident_of_ours_is_read() -> None:
    found = read_event(incident_event("acknowledged", "01A", "renamed", EVA, incident_key="hypercare-PAY-42-3"))
    assert found
    assert (found.change, found.ticket, found.escalation_id) == (IncidentChange.ACKNOWLEDGED, "PAY-42", 3)
    assert read_event(incident_event("acknowledged", "01A", "PAY-42: Down", EVA)), "the title names it too"
    odd = read_event(
        incident_event("resolved", "01\x00\ud800" * 99, TITLE, user("PLH1HKV", "Eva\x00\ud800\u202e Stone"))
    )
    assert odd
    assert (odd.id.isprintable(), len(odd.id) <= 128, odd.user_name) == (True, True, "Eva Stone"), "it can be stored"
    for wrong in (incident_event("unacknowledged", "01A", TITLE, EVA), incident_event("acknowledged", "", TITLE, EVA),
                  incident_event("acknowledged", "01A", TITLE, None), incident_event("resolved", "01A", "Down", EVA),
                  b"[]", b"{", b"\xff", b'{"event": 1}', b'{"event": {"agent": [], "data": 3}}'):  # fmt: skip
        assert read_event(wrong) is None, wrong
