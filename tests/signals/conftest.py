"""A phase with integrations, without Slack; and a bot whose integrations other programs can reach."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from zlib import crc32

import pytest

from bot.context import AppContext
from bot.database import open_store
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.signals import integrations
from bot.services.signals.receiving import SignalAnswer, receive
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings
from sandbox import machines
from storage.store import Store
from tests.conftest import Clock
from tests.support import ready
from tests.support.bot import BotWorkspace

DATABASES = ("sqlite", "postgresql")
on_both = pytest.mark.parametrize("store", DATABASES, indirect=True)
BOT, LEAD = "U0BOT00", "U0LENA0"
PAY = PhaseSettings(key="PAY", name="Payday", triage_channel="C0DESK00", oncall_channel="C0ONCALL", leads=(LEAD,))


@dataclass
class Senders:
    """Monitoring systems of one phase, with the secrets of their integrations."""

    app: AppContext
    phase: Phase
    clock: Clock
    secrets: dict[str, str] = field(default_factory=dict)

    def opens(self, kind: str, given: str = "") -> str:
        self.secrets[kind] = integrations.add(self.app, "PAY", kind, LEAD, given)
        return self.secrets[kind]

    def follows(self, **signals: Any) -> None:
        """Change the settings of signals."""
        settings = PAY.model_copy(update={"signals": type(PAY.signals).model_validate(signals)})
        self.phase = phases.apply_settings(self.app, settings)

    def agrees(self, **target: Any) -> None:
        """Agree on a target of endpoints."""
        settings = PAY.model_copy(update={"gateways": type(PAY.gateways).model_validate({"targets": [target]})})
        self.phase = phases.apply_settings(self.app, settings)

    def sends(self, body: Any, kind: str = "generic", **headers: str) -> SignalAnswer:
        """One request as it is, with the secret of the integration as a bearer token."""
        if kind not in self.secrets:
            self.opens(kind)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return receive(self.app, "pay", kind, {"authorization": f"Bearer {self.secrets[kind]}", **headers}, raw)

    def fires(self, key: str, title: str = "", **more: Any) -> None:
        assert self.sends({"key": key, "title": title or key, **more}).status == 200

    def recovers(self, key: str, **more: Any) -> None:
        assert self.sends({"key": key, "state": "resolved", **more}).status == 200

    def later(self, **by: float) -> None:
        """Let time pass, and do what is due then."""
        self.clock.forward(**by)
        while True:
            with self.app.transaction() as tx:
                due = tx.timers.list_overdue(self.app.now(), 50)
                mine = [one for one in due if one.kind.startswith(("signal_", "gateway_"))]
                for timer in mine:
                    tx.timers.cancel(timer.key)
                    self.app.features.timers[timer.kind].run(self.app, tx, timer)
            if not mine:
                return


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """One kind of database, the same in each run; a test that has to hold on both is parametrized with them."""
    usual = DATABASES[crc32(request.node.name.encode()) % len(DATABASES)]
    with ready.database(request, getattr(request, "param", usual), tmp_path) as url, closing(open_store(url)) as opened:
        yield opened


@pytest.fixture
def senders(store: Store, clock: Clock) -> Senders:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user=BOT, secret=b"a secret of the tests",
                     workspace="https://w.slack.com/", public_url="https://bot.example")  # fmt: skip
    return Senders(app, phases.apply_settings(app, PAY), clock)


@pytest.fixture
def watched(slack: BotWorkspace) -> BotWorkspace:
    """A bot that monitoring systems can reach."""
    slack.stop_bot()
    slack.settings = type(slack.settings)(**{**dict(slack.settings), "monitor_port": 0})
    slack.start_bot()
    return slack


def basic(secret: str) -> str:
    return f"Basic {base64.b64encode(f'hypercare:{secret}'.encode()).decode()}"


def signed(secret: str, body: bytes, stamp: str = "") -> str:
    return hmac.new(secret.encode(), f"{stamp}:".encode() + body if stamp else body, hashlib.sha256).hexdigest()


def sample(kind: str, state: str, name: str, secret: str = "") -> tuple[bytes, dict[str, str]]:
    """What the sandbox would send: the body and the headers."""
    since, now = datetime(2026, 3, 3, 8, tzinfo=UTC), datetime(2026, 3, 3, 9, tzinfo=UTC)
    return machines.request_of(machines.Signal(kind=kind, name=name, state=state), secret, since, now)


def post(slack: BotWorkspace, kind: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """A request to an integration over HTTP: the status and the sentence of its answer, if it has one."""
    url = f"http://127.0.0.1:{slack.application.monitor.port}/signals/PAY/{kind}"
    try:
        with urlopen(Request(url, data=body, headers=headers), timeout=10) as answer:
            said = answer.read()
            return answer.status, json.loads(said)["said"] if said else ""
    except HTTPError as error:
        return error.code, error.read().decode()
