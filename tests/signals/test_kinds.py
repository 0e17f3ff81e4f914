"""What each monitoring system sends, and what is read of it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.signals.alert import Alert, Delivery, NotUnderstood
from domain.signals.kinds import KINDS
from domain.signals.outline import outline
from domain.signals.settings import GenericMapping
from domain.tickets.ticket import Severity
from tests.signals.samples import contract, contracts, request


def read(kind: str, name: str) -> Delivery:
    return KINDS[kind].read(contract(kind, name))


def only(kind: str, name: str) -> Alert:
    (alert,) = read(kind, name).alerts
    return alert


@pytest.mark.parametrize(("kind", "name"), [*contracts()])
def test_every_contract_is_understood(kind: str, name: str) -> None:
    found = read(kind, name)
    assert found.skipped == 0
    assert found.alerts or found.calls or found.ai_calls or found.is_test or name in ("issue-assigned", "maintenance")
    assert all(alert.source == kind and alert.key and alert.title for alert in found.alerts)


def test_an_alert_of_alertmanager_keeps_its_key_and_occurrence_until_it_is_resolved() -> None:
    firing, again, resolved = (only("alertmanager", f"api-{n}") for n in ("firing", "firing-repeat", "resolved"))
    assert firing == again
    assert (firing.key, firing.occurrence) == (resolved.key, resolved.occurrence)
    assert (firing.is_firing, resolved.is_firing) == (True, False)
    assert (firing.title, firing.severity, firing.link) == ("s", Severity.MEDIUM, "http://prom.example/graph")


def test_alerts_that_alertmanager_leaves_out_are_counted_and_never_called_resolved() -> None:
    firing, resolved = (
        read("alertmanager", "prometheus-firing-truncated"),
        read("alertmanager", "prometheus-resolved-truncated"),
    )
    assert (len(firing.alerts), firing.left_out, resolved.left_out) == (2, 1, 1)
    assert [one.key for one in firing.alerts] == [one.key for one in resolved.alerts]
    assert "Runbook: https://wiki.example/payroll" in firing.alerts[0].text


def test_grafana_names_its_panel_and_tells_a_test_from_an_alert() -> None:
    assert only("grafana", "firing").link == "https://grafana.example/d/pay?viewPanel=2"
    assert only("grafana", "firing").since == datetime(2026, 11, 28, 11, tzinfo=UTC)
    assert read("grafana", "test").is_test


def test_sentry_s_issue_alert_is_over_when_its_issue_is_resolved() -> None:
    fired, over = only("sentry", "event-alert"), only("sentry", "issue-resolved")
    assert fired.key == over.key
    assert (fired.is_firing, over.is_firing, over.occurrence) == (True, False, "")
    assert read("sentry", "issue-assigned").alerts == ()
    assert read("sentry", "installation").is_test


def test_an_update_of_a_zabbix_problem_is_the_same_occurrence() -> None:
    problem, update = only("zabbix", "problem"), only("zabbix", "update")
    assert (problem.key, problem.occurrence) == (update.key, update.occurrence) == ("23456", "1001")
    assert (problem.severity, problem.labels["component"]) == (Severity.CRITICAL, "storage")


def test_kuma_s_test_and_maintenance_are_no_alerts() -> None:
    assert only("kuma", "down").title == "Payroll API is down"
    assert read("kuma", "test").is_test
    assert read("kuma", "maintenance") == Delivery()


def test_cloudevents_come_with_binary_headers_and_in_batches() -> None:
    alert = only("cloudevents", "binary")
    assert (alert.title, alert.severity, alert.is_firing) == ("Nightly run failed", Severity.CRITICAL, True)
    failed, recovered = read("cloudevents", "batch").alerts
    assert (failed.is_firing, recovered.is_firing) == (True, False)
    assert failed.key == alert.key != recovered.key


def test_the_generic_integration_follows_its_mapping() -> None:
    body = {"events": [{"id": 7, "what": {"name": "Batch late"}, "status": "CLEARED"}, {"id": None}, "none"]}
    mapping = GenericMapping(alerts="events", key="id", title="what.name", state="status", resolved=("cleared",))
    found = KINDS["generic"].read(replace(request(body), mapping=mapping))
    assert [(one.key, one.title, one.is_firing) for one in found.alerts] == [("7", "Batch late", False)]
    assert found.skipped == 2


@pytest.mark.parametrize(("value", "severity"), [
    (97.5, Severity.CRITICAL), (81, Severity.MEDIUM), ("4.9", Severity.LOW), (80, None), (50, None), (True, None),
])  # fmt: skip
def test_a_threshold_says_when_a_value_is_an_alert(value: object, severity: Severity | None) -> None:
    limits = ({"metric": "cpu.*", "above": 80}, {"metric": "cpu.*", "above": 95, "severity": "critical"},
              {"metric": "cpu.db", "below": 5, "severity": "low"}, {"metric": "disk", "above": 0})  # fmt: skip
    mapping = GenericMapping.model_validate({"thresholds": limits})
    (alert,) = KINDS["generic"].read(replace(request({"key": "cpu.db", "value": value}), mapping=mapping)).alerts
    if value is True:
        assert alert.is_firing, "what has no value is an alert as it always was"
    else:
        assert (alert.is_firing, alert.severity) == (severity is not None, severity)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"{}", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"alerts": 1}']
)
def test_what_makes_no_sense_is_not_understood(kind: str, body: bytes) -> None:
    with pytest.raises(NotUnderstood) as found:
        KINDS[kind].read(request(body))
    assert found.value.reason.endswith(".")


def test_hostile_texts_are_cut_and_cleaned() -> None:
    labels = {"alertname": "<!channel> \u202e" + "x" * 5000, **{f"l{n}": "y" * 5000 for n in range(500)}}
    body = {"alerts": [{"status": "firing", "labels": labels, "startsAt": "9" * 300, "fingerprint": "z" * 9000,
                        "generatorURL": "javascript:alert(1)", "panelURL": "https://x.example/a|b>c"}]}  # fmt: skip
    (alert,) = KINDS["alertmanager"].read(request(body)).alerts
    assert (len(alert.title), len(alert.key), len(alert.labels)) == (150, 64, 40)
    assert "\u202e" not in alert.title
    assert len(alert.occurrence) <= 64
    assert alert.link == "https://x.example/a%7Cb%3Ec"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def test_each_field_of_each_payload_may_be_anything() -> None:
    for kind, name in contracts():
        sample = contract(kind, name)
        for body in with_one_changed(json.loads(sample.body), ([], 1e308)):
            with suppress(NotUnderstood):
                KINDS[kind].read(replace(sample, body=json.dumps(body).encode()))


def with_one_changed(value: Any, by: Sequence[object]) -> Iterator[Any]:
    """Yield the value with each thing in it replaced by each of these; it is the same object, changed and restored."""
    places = [*value] if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for place in places:
        was = value[place]
        for one in by:
            value[place] = one
            yield value
        value[place] = was
        yield from (value for _ in with_one_changed(was, by))


@settings(max_examples=40)
@given(data=st.data())
def test_a_changed_payload_is_read_or_not_understood_and_never_breaks(data: st.DataObject) -> None:
    """Some values anywhere in a real payload are replaced by others; what is read stays within its bounds."""
    kind, name = data.draw(st.sampled_from([*contracts()]))
    sample = contract(kind, name)
    body = json.loads(sample.body)
    for _ in range(data.draw(st.integers(1, 3))):
        body = changed(body, data)
    try:
        found = KINDS[kind].read(replace(sample, body=json.dumps(body).encode()))
    except NotUnderstood:
        return
    for alert in found.alerts:
        assert 0 < len(alert.key) <= 128
        assert len(alert.occurrence) <= 64
        assert 0 < len(alert.title) <= 150
        assert alert.link == "" or alert.link.startswith(("http://", "https://"))
        assert not set(alert.link) & set("<>|\n")


def changed(value: object, data: st.DataObject) -> object:
    """Return the value with something in it replaced, removed or added."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 3)):
        name = data.draw(st.sampled_from(sorted(value)))
        if data.draw(st.integers(0, 4)) == 0:
            return {key: one for key, one in value.items() if key != name}
        return {**value, name: changed(value[name], data)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 3)):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], changed(value[at], data), *value[at + 1 :]]
    return data.draw(JSON)


def test_the_outline_of_a_body_has_names_and_types_and_no_content() -> None:
    body = json.dumps({"alerts": [{"status": "fired", "n": 1}], "secret of Maria": "hunter2", "ok": True, "x": None})
    assert (
        outline(body.encode()) == "{alerts: [{status: text(5), n: number}] (1), name(15): text(7), ok: yes/no, x: null}"
    )
    assert outline(b"user=maria") == "10 bytes that are not JSON"
    assert len(outline(json.dumps([{f"n{n}": [[[[1]]]] for n in range(900)}]).encode())) <= 1000
