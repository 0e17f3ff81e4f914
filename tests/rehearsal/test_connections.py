"""Every way in and out that is set up is tried through its real door: what is broken is named, and nothing stays."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession, web
from pydantic import SecretStr
from sqlalchemy import func, select

from bot.app.application import Application
from bot.services.api import reading
from bot.services.phases import links
from bot.services.signals import integrations
from bot.services.tickets.session import TicketSession
from bot.transport.own_endpoints import NO_PORT, OwnEndpoints
from connectors.jira.fake import BOT, TOKEN, FakeJira
from connectors.mail.fake import AUTHSERV, FakeMailbox
from connectors.servicenow.fake import CODES, PASSWORD, USER, FakeInstance
from connectors.teams.activities import sample as activity_sample
from connectors.teams.fake import FakeTeams
from domain.api.query import Scope
from domain.phases.link import LinkKind
from domain.rehearsal.marks import HEADER, UNDONE
from domain.signals.alert import SignalRequest
from domain.signals.kinds import KINDS
from domain.signals.settings import GenericMapping
from domain.tickets.ticket import Intake
from storage.database.metadata import metadata
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes
from tests.support.oncall import applied
from tests.support.systems import Systems

ADDRESS = "pay@hypercare.example"
PAGED = {"name": "all", "steps": ({"targets": ("leads", "pagerduty")},)}
UNREACHABLE = "http://127.0.0.1:9"  # the port at which everything is discarded
SERVICENOW = {
    "system": "servicenow", "project": "Payroll",
    "severities": {"critical": "1/1", "high": "2/1", "medium": "2/2", "low": "3/3"},
    "transition_fields": {"close_code": CODES[0], "hold_reason": "Awaiting Caller"},
    "statuses": {"waiting": ("On Hold",)},
}  # fmt: skip
BREAKING = (Intake.SIGNAL, Intake.FORM, Intake.TEAMS)
# What goes on by itself in a running process: its lease, the pace of its messages, what it asks Slack about people, and
# when it last asked trackers for news.
BY_ITSELF = {"rate_limits", "replicas", "profiles", "tracker_states"}


class Company:
    """A bot with everything set up: mail, monitoring, gateways, webhooks, PagerDuty, Teams, the form and the API."""

    def __init__(self, slack: BotWorkspace) -> None:
        self.slack, self.systems, self.teams = slack, Systems(), FakeTeams()
        self.box = FakeMailbox(ADDRESS, now=slack.box.clock.now)
        self.jira, self.instance = FakeJira(now=slack.box.clock.now), FakeInstance(now=slack.box.clock.now)
        self.runner = slack.loop.run(self.systems.start())
        slack.loop.run(self.jira.start())
        slack.loop.run(self.instance.start())
        slack.loop.run(self.teams.start())
        slack.loop.run(self.box.start())
        applied(slack, mail={"address": ADDRESS}, webhooks=({"name": "ops"},), teams_channels=({"name": "ops"},),
                teams={"reports": True}, connections=({"system": "jira", "project": "OPS"}, SERVICENOW),
                oncall={"policies": (PAGED,)})  # fmt: skip
        app = self.app.context
        for kind in KINDS:
            integrations.add(app, "PAY", kind, "U0LENA0000", "a secret that Sentry made" if kind == "sentry" else "")
        with app.transaction() as tx:
            (phase,) = tx.phases.list_phases()
            (self.lead,) = phase.lead_people
            links.create(app, tx, LinkKind.FORM, phase, self.lead, 30)
        reading.create_token(app, "PAY", self.lead, [Scope.TICKETS], 30)

    @property
    def app(self) -> Application:
        return self.slack.application

    def starts(self, **broken: Any) -> None:
        """Start the bot with every address, or with some settings that are not right."""
        base = f"http://127.0.0.1:{self.systems.port}"
        self.slack.stop_bot()
        given = {
            "monitor_port": 0, "mail_port": 0, "mail_authserv": AUTHSERV, "smtp_url": self.box.smtp_url,
            "webhooks": {"ops": SecretStr(f"{base}/ops")}, "webhook_secrets": {"ops": SecretStr(self.systems.secret)},
            "pagerduty_key": SecretStr("a key"), "pagerduty_url": f"{base}/pagerduty",
            "teams": {"ops": SecretStr(self.teams.address("ops"))}, "teams_local_url": self.teams.url,
            "signals_token": SecretStr("the token of readings"),
            "pagerduty_webhook_secret": SecretStr("newer-secret-of-ours older-secret-of-ours"),
            "jira_url": self.jira.url, "jira_user": BOT, "jira_token": TOKEN, "jira_webhook_secret": "a secret of Jira",
            "servicenow_url": self.instance.url, "servicenow_user": USER, "servicenow_token": PASSWORD,
            "servicenow_webhook_secret": "a secret of ServiceNow",
        } | broken  # fmt: skip
        self.slack.settings = type(self.slack.settings)(**{**dict(self.slack.settings), **given})
        self.slack.start_bot()

    def rehearses(self) -> list[str]:
        """The verdict after everyone has answered, line by line."""
        lena = self.slack.person("lena")
        lena.opens("/hypercare rehearse", "hypercare-desk").submits()
        lena.presses(lena.dm.expects("This is how a page of"), "I'm here")
        lena.dm.expects("Thanks, a page of")
        self.slack.quiet()  # each connection has been tried
        passes(self.slack, minutes=16)
        blocks = lena.dm.expects("connections were tried").raw["blocks"]
        lines = [one["text"]["text"] if "text" in one else one["elements"][0]["text"] for one in blocks]
        passes(self.slack, minutes=2)
        eventually(self._is_over, "the end of the rehearsal", instead=lambda: "\n".join(self.slack.coming()))
        return lines

    def _is_over(self) -> bool:
        with self.app.store.begin() as tx:
            return tx.rehearsals.find_of_phase(1) is None

    def _waits(self) -> bool:
        """Whether no timer is due."""
        with self.app.store.read() as tx:
            due = tx.timers.next_due()
        return due is None or due > self.app.context.now()

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table, other than what goes on by itself."""
        eventually(self._waits, "nothing that is due")
        self.slack.quiet()
        with self.app.store.read() as tx:
            return {table.name: sorted(map(repr, tx.connection.execute(select(table)).all()))
                    for table in metadata.sorted_tables if table.name not in BY_ITSELF}  # fmt: skip

    def stop(self) -> None:
        for end in (self.runner.cleanup(), self.teams.stop(), self.box.stop(), self.jira.stop(), self.instance.stop()):
            self.slack.loop.run(end)


@pytest.fixture
def company(slack: BotWorkspace) -> Iterator[Company]:
    made = Company(slack)
    yield made
    made.stop()


@pytest.mark.core
def test_each_way_in_that_is_broken_is_named_and_none_else(company: Company) -> None:
    applied(company.slack, mail={"address": ADDRESS, "strangers": False})
    company.starts(mail_authserv="", smtp_url="", pagerduty_key=None, teams={})
    company.systems.broken = [500]
    app = company.app.context
    integrations.rotate(replace(app, secret=b"another"), "PAY", "sentry", "operator", "another secret of Sentry")
    with app.transaction() as tx:
        sentry = tx.signal_integrations.find(1, "sentry", lock=True)
        assert sentry
        tx.signal_integrations.update(sentry.id, {"previous_sealed": "", "previous_until": None})

    def breaks(session: TicketSession) -> None:
        if session.ticket.intake in BREAKING:
            raise KeyError(session.ticket.intake)

    app.features = replace(app.features, consequences=(*app.features.consequences, breaks))
    before = company.rows()
    findings = [one.split("_Who fixes it")[0] for one in company.rehearses() if one.startswith("•")]
    named = {one.split("`")[1] for one in findings if "The connection" in one}
    alerts = {f"signals {name}" for name, kind in KINDS.items() if not kind.sends_logs}
    assert named == alerts | {"mail", "webhook ops", "pagerduty", "the web form", "the chat in Teams"}
    assert any("`teams ops` has no address. Set `HYPERCARE_TEAMS__OPS`" in one for one in findings)
    words = {one.split("`")[1]: one for one in findings if "The connection" in one}
    assert "since HYPERCARE_SECRET changed" in words["signals sentry"]
    assert "nothing proves who wrote" in words["mail"]
    assert "Set HYPERCARE_SMTP_URL" in words["mail"]
    assert "It answered `http_500`" in words["webhook ops"]
    assert "Its address or key is not set" in words["pagerduty"]
    assert "answered 400" in words["the web form"]
    assert company.rows() == before


@pytest.mark.core
def test_ways_in_that_work_are_not_named_and_nothing_of_what_came_in_stays(company: Company) -> None:
    company.starts()
    before = company.rows()
    lines = company.rehearses()
    assert not [one for one in lines if "The connection" in one or "has no address" in one]
    tried = len(KINDS) + len(("mail", "form", "API", "webhook", "PagerDuty", "Teams", "Jira", "ServiceNow"))
    tried += len(("readings", "from Jira", "from ServiceNow", "from PagerDuty", "chat in Teams"))
    assert any(f"{tried} connections were tried" in one for one in lines)
    assert not [one for one in lines if "Not set up" in one]
    ((_, resolved),) = [one for one in company.systems.heard if one[0] == "pagerduty"]
    assert resolved["event_action"] == "resolve"
    assert [one["type"] for one in company.systems.of("ops")] == ["rehearsal"]
    assert [one.startswith("Rehearsal.") for one in company.teams.words("ops")] == [True]
    assert not company.box.sink.received
    assert company.rows() == before
    with company.app.store.read() as tx:
        assert tx.connection.scalar(select(func.count()).select_from(metadata.tables["tickets"])) == 0


MAPPINGS = (
    GenericMapping(), GenericMapping(alerts="data.alerts", key="event.id", title="event.name", state=""),
    GenericMapping(key="event", title="event.name"),
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_sample_of_each_integration_is_one_alert_that_fires_or_one_line(kind: str, mapping: GenericMapping) -> None:
    sample = KINDS[kind].sample(mapping)
    found = KINDS[kind].read(SignalRequest(sample.headers, json.dumps(sample.body).encode(), mapping))
    assert (found.skipped, found.is_test) == (0, False)
    assert len(found.alerts) + len(found.calls) + len(found.ai_calls) == 1
    assert all(one.is_firing and one.key for one in found.alerts)


def test_an_address_at_which_another_server_answers_or_none_is_a_finding() -> None:
    request = {"method": "POST", "path": "/signals/PAY/kuma", "json": {}, "expects": UNDONE}

    async def ask(url: str, port: int | None = None) -> str:
        return await OwnEndpoints(url, lambda: ("", port), lambda: ("", None), proves=True).request(request)

    async def ask_another() -> str:
        app = web.Application()
        app.router.add_post("/signals/PAY/kuma", _welcome)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            return await ask(f"http://127.0.0.1:{runner.addresses[0][1]}")
        finally:
            await runner.cleanup()

    assert asyncio.run(ask("")) == NO_PORT
    assert "Nothing answered at http://127.0.0.1:9." in asyncio.run(ask("", 9))
    assert asyncio.run(ask_another()).endswith("answered 200.")


def test_a_public_address_that_the_server_can_not_reach_is_not_named(company: Company) -> None:
    company.starts(public_url=UNREACHABLE)
    lines = company.rehearses()
    assert not [one for one in lines if "The connection" in one]
    (outside,) = [one for one in lines if "Couldn't be tried from here" in one]
    assert "`readings`" in outside
    assert "`webhook from jira`" in outside
    assert "`mail`" not in outside
    command = outside.partition("`curl -i ")[2].partition("`")[0]
    answer = asyncio.run(_ask(command.replace(UNREACHABLE, f"http://127.0.0.1:{company.app.monitor.port}")))
    assert answer == (401, True), "what the verdict says of an address that is right"


async def _ask(url: str) -> tuple[int, bool]:
    async with ClientSession() as session, session.get(url) as answer:
        return answer.status, "error" in await answer.json()


@pytest.mark.parametrize("mark", ["", "no mark"])
def test_no_one_else_comes_in_by_the_header_of_a_rehearsal(company: Company, mark: str) -> None:
    company.starts()
    before = company.rows()
    here = f"http://127.0.0.1:{company.app.monitor.port}"
    reading = (f"{here}/signals/PAY", b'{"metric": "uptime", "value": 1}')
    chat = (f"{here}/teams/messages", activity_sample("")[0])
    for url, body in (reading, chat) if mark else (reading,):
        assert asyncio.run(_post(url, body, mark)) == (401, "The token is missing or wrong.")
    assert company.rows() == before


async def _post(url: str, body: bytes, mark: str) -> tuple[int, str]:
    async with ClientSession() as session, session.post(url, data=body, headers={HEADER: mark}) as answer:
        return answer.status, (await answer.json())["said"]


async def _welcome(_request: web.Request) -> web.Response:
    return web.Response(text="Welcome")
