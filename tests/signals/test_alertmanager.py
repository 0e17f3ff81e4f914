"""Real counterparts: Debian's Prometheus finds services down, and its Alertmanager sends to an integration."""

from pathlib import Path
from typing import Any

import pytest

from bot.transport import signals as transport
from storage.signals.alerts import StoredAlert
from tests.signals.prometheus import ABSENT, alertmanager, prometheus, services
from tests.support.bot import BotWorkspace, free_port
from tests.support.control import eventually
from tests.support.days import passes

pytestmark = pytest.mark.skipif(bool(ABSENT), reason=f"not installed: {', '.join(ABSENT)}; .ci/run installs them")


def integration(slack: BotWorkspace) -> tuple[str, str]:
    """The address and the secret of a new integration."""
    said = slack.person("lena").types("/hypercare signals add alertmanager", "hypercare-desk")["text"]
    port = slack.application.monitor.port
    return f"http://127.0.0.1:{port}/signals/PAY/alertmanager", said.split("Bearer ")[1].split("`")[0]


def alerts(slack: BotWorkspace) -> list[StoredAlert]:
    with slack.application.store.read() as tx:
        return tx.signal_alerts.list_newest(tx.phases.list_phases()[0].id, 20)


def received(slack: BotWorkspace) -> int:
    with slack.application.store.read() as tx:
        return tx.signal_integrations.list_by_phase(tx.phases.list_phases()[0].id)[0].received


def test_prometheus_fires_repeats_and_recovers(watched: BotWorkspace, tmp_path: Path) -> None:
    """Three services are down, of which Alertmanager tells two: the third is named as left out."""
    slack, ports = watched, [free_port() for _ in range(3)]
    with alertmanager(tmp_path, *integration(slack)) as sender:
        eventually(lambda: sender.is_ready, "Alertmanager")
        with prometheus(tmp_path, sender, ports):
            card = slack.channel("hypercare-desk").expects("is down")
            slack.channel("hypercare-oncall").expects("is down")
            card.shows("The sender left out 1 more alert")
            told = received(slack)
            eventually(lambda: received(slack) > told, "the alerts told again")
            assert len(alerts(slack)) == 2
            with services(ports):
                eventually(lambda: not any(one.firing for one in alerts(slack)), "that all is over")
                passes(slack, minutes=6)
                card.expects_reply("that we know of are over")
                assert len({one.key for one in alerts(slack)}) == 2


def test_alertmanager_tries_again_when_the_integration_is_busy(
    watched: BotWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack, refused = watched, list[Any]()
    busy = transport._busy
    monkeypatch.setattr(transport, "_busy", lambda: refused.append(1) or busy())
    monkeypatch.setattr(transport, "MAX_WAITING", 0)
    with alertmanager(tmp_path, *integration(slack)) as sender:
        eventually(lambda: sender.is_ready, "Alertmanager")
        sender.takes("BatchLate")
        eventually(lambda: len(refused) > 1, "a second try")
        monkeypatch.setattr(transport, "MAX_WAITING", 100)
        card = slack.channel("hypercare-desk").expects("BatchLate happens")
        sender.takes("BatchLate", firing=False)
        eventually(lambda: not any(one.firing for one in alerts(slack)), "that it is over")
    passes(slack, minutes=6)
    card.shows("confirmed fixed")
    assert len(alerts(slack)) == 1
