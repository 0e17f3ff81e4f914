"""Integrations for monitoring systems: who gets in, what is answered, and what is kept."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.services.operations import maintenance
from bot.services.signals import integrations
from bot.services.signals.overview import overview
from domain.errors import Refused
from domain.phases.link import LinkKind
from domain.signals.kinds import KINDS
from storage.operations.timers import Timer
from storage.signals.tables import signal_alerts, signal_integrations
from tests.signals.conftest import LEAD, Senders, basic, on_both, sample, signed
from tests.signals.samples import contract

CLIENT_SECRET = "the client secret that Sentry made"


def test_a_integration_takes_its_secret_as_a_token_a_header_and_a_password(senders: Senders) -> None:
    secret = senders.opens("datadog")
    body = sample("datadog", "firing", "Queue is long")[0]
    for headers in ({"authorization": f"bearer {secret}"}, {"authorization": basic(secret)},
                    {"authorization": "", "x-hypercare-secret": secret}):  # fmt: skip
        assert senders.sends(body, "datadog", **headers).status == 200
    for headers in ({"authorization": f"Bearer {secret}x"}, {"authorization": basic("")}, {"authorization": "Basic é"},
                    {"authorization": secret}, {"authorization": "", "x-hypercare-secret": "\udcff"}):  # fmt: skip
        assert senders.sends(body, "datadog", **headers) == (401, "The secret or the signature is missing or wrong.")


def test_a_signature_is_checked_over_the_raw_bytes_and_within_five_minutes(senders: Senders) -> None:
    secret, body = senders.opens("grafana"), contract("grafana", "firing").body
    name, stamped, now = (
        "x-grafana-alerting-signature",
        "x-grafana-alerting-timestamp",
        int(senders.clock.at.timestamp()),
    )

    def answered(signature: str, stamp: str = "", sent: bytes = body) -> int:
        more = {stamped: stamp} if stamp else {}
        return senders.sends(sent, "grafana", authorization="", **{name: signature}, **more).status

    assert answered(signed(secret, body)) == 200
    assert answered(signed(secret, body), sent=body + b" ") == 401
    assert answered(signed(secret, body, str(now)), str(now)) == 200
    assert answered(signed(secret, body), str(now)) == 401
    for stamp in (str(now - 301), str(now + 301), "soon", "9" * 40):
        assert answered(signed(secret, body, stamp), stamp) == 401
    assert answered("é") == 401


def test_sentry_makes_its_secret_and_only_signs(senders: Senders) -> None:
    with pytest.raises(Refused, match="--secret-file"):
        senders.opens("sentry")
    senders.opens("sentry", CLIENT_SECRET)
    given = contract("sentry", "event-alert")
    assert senders.sends(given.body, "sentry", **given.headers).status == 401
    proof = {"sentry-hook-signature": signed(CLIENT_SECRET, given.body)}
    assert senders.sends(given.body, "sentry", **given.headers, **proof) == (200, "Received 1 alert.")


def test_a_secret_is_stored_only_as_a_hash_and_sealed(senders: Senders) -> None:
    secret = senders.opens("grafana")
    with senders.app.store.read() as tx:
        (row,) = tx.connection.execute(select(signal_integrations)).mappings()
        assert secret not in str(dict(row))
        opened = tx.connection.execute(text("SELECT actor, subject FROM audit WHERE action = 'integration added'"))
        assert [tuple(one) for one in opened] == [(LEAD, "PAY grafana")]


def test_an_erased_person_leaves_the_integrations_and_the_alerts(senders: Senders) -> None:
    senders.sends({"key": "a", "title": f"Job of {LEAD} failed"})
    with senders.app.transaction() as tx:
        changed = tx.people.erase(LEAD, "U0GONE00")
        assert (changed["signal_integrations"], changed["signal_alerts"]) == (1, 1)
        (integration,) = tx.signal_integrations.list_by_phase(senders.phase.id)
        (alert,) = tx.signal_alerts.list_newest(senders.phase.id, 5)
    assert (integration.made_by, alert.title) == ("U0GONE00", "Job of U0GONE00 failed")


def test_after_a_rotation_both_secrets_work_for_a_day_and_after_a_revocation_none(senders: Senders) -> None:
    old = senders.opens("generic")
    new = integrations.rotate(senders.app, "PAY", "generic", LEAD)

    def answered(secret: str) -> int:
        return senders.sends({"key": "a"}, authorization=f"Bearer {secret}").status

    assert (answered(old), answered(new)) == (200, 200)
    senders.clock.forward(hours=25)
    assert (answered(old), answered(new)) == (401, 200)
    integrations.revoke(senders.app, "PAY", "generic", LEAD)
    assert (answered(old), answered(new), answered("")) == (401, 401, 401)
    with pytest.raises(Refused, match="has no integration for Generic JSON"):
        integrations.rotate(senders.app, "PAY", "generic", LEAD)
    assert answered(senders.opens("generic")) == 200


def test_an_unknown_integration_is_not_found(senders: Senders) -> None:
    secret = senders.opens("generic")
    from bot.services.signals.receiving import receive

    headers = {"authorization": f"Bearer {secret}"}
    for key, kind in (("NO", "generic"), ("PAY", "nagios"), ("PAY", "kuma"), ("", ""), ("PAY", "../x")):
        assert receive(senders.app, key, kind, headers, b"{}") == (404, "There is no such integration.")
    with pytest.raises(Refused, match="Did you mean `alertmanager`"):
        integrations.add(senders.app, "PAY", "alertmanger", LEAD)
    with pytest.raises(Refused, match="has an integration for Generic JSON already"):
        senders.opens("generic")


def test_what_is_not_understood_is_answered_with_200_and_shown_without_its_content(senders: Senders) -> None:
    answer = senders.sends({"name": "Maria", "alerts": [{"salary": 90_000}]}, "alertmanager")
    assert answer.status == 200
    assert answer.said.startswith("Received, but not understood.")
    (integration,) = overview(senders.app, senders.phase).integrations
    (miss,) = overview(senders.app, senders.phase).misses
    assert (integration.received, integration.not_understood) == (1, 1)
    assert miss.outline == "{name: text(5), alerts: [{salary: number}] (1)}"
    senders.clock.forward(hours=25)
    with senders.app.transaction() as tx:
        timer = Timer(id=1, key=maintenance.CLEAN_UP, kind=maintenance.CLEAN_UP, next_at=senders.app.now())
        maintenance.clean_up(senders.app, tx, timer)
        assert tx.signal_integrations.list_misses(senders.phase.id, senders.app.now() - timedelta(days=9), 9) == []


@on_both
def test_an_alert_is_kept_once_however_often_it_is_told(senders: Senders) -> None:
    firing, resolved = (contract("alertmanager", f"api-{name}") for name in ("firing", "resolved"))
    senders.opens("alertmanager")
    pair = [threading.Thread(target=senders.sends, args=(firing.body, "alertmanager")) for _ in range(4)]
    for one in pair:
        one.start()
    for one in pair:
        one.join()
    with senders.app.store.read() as tx:
        (row,) = tx.connection.execute(select(signal_alerts.c.times, signal_alerts.c.firing))
        assert tuple(row) == (4, True)
    senders.sends(resolved.body, "alertmanager")
    senders.sends(firing.body, "alertmanager")  # late, by the other of a pair
    with senders.app.store.read() as tx:
        assert tx.connection.execute(select(signal_alerts.c.firing)).scalars().all() == [False]
        assert tx.connection.scalar(text("SELECT count(*) FROM tickets")) == 1


def test_a_resolved_alert_that_never_fired_here_is_kept_in_case_it_comes_late(senders: Senders) -> None:
    firing, resolved = (contract("alertmanager", f"api-{name}") for name in ("firing", "resolved"))
    assert senders.sends(resolved.body, "alertmanager").status == 200
    assert senders.sends(firing.body, "alertmanager").status == 200
    with senders.app.store.read() as tx:
        assert tx.connection.scalar(text("SELECT count(*) FROM tickets")) == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not KINDS[kind].sends_logs])
def test_the_sample_of_the_sandbox_opens_a_ticket_and_is_over(senders: Senders, kind: str) -> None:
    senders.opens(kind, CLIENT_SECRET if KINDS[kind].picks_secret else "")
    for state in ("firing", "resolved"):
        body, headers = sample(kind, state, "Payroll is slow", senders.secrets[kind])
        lower = {name.lower(): value for name, value in headers.items()}
        assert senders.sends(body, kind, **lower) == (200, "Received 1 alert.")
    with senders.app.store.read() as tx:
        (alert,) = tx.signal_alerts.list_newest(senders.phase.id, 5)
        assert not alert.firing
        assert alert.ticket_id
        assert "Payroll is slow" in tx.tickets.get_ticket(alert.ticket_id).summary


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_alerts_at_two_integrations_of_a_phase_do_not_wait_for_each_other_in_a_circle(senders: Senders) -> None:
    """Each adds a row of the phase before it takes the phase's next number for a ticket."""
    store, phase, now = senders.app.store, senders.phase.id, senders.clock()
    with store.begin() as one, store.begin() as other:
        for tx in (one, other):
            tx.connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            tx.links.insert(f"token {id(tx)}", LinkKind.FORM, phase, LEAD, at=now, until=now)
            tx.write_pending()
        one.phases.lock(phase)
