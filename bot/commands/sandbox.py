"""`hypercare sandbox`: a Slack-like workspace on this machine, with the bot installed as in a real one."""

import argparse
import asyncio
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot import logs
from bot.app.application import Application
from bot.cli import CommandError
from bot.database import CannotStart
from bot.secret import secret_beside
from bot.settings.settings import Settings
from bot.transport.http import PATH
from bot.transport.teams import PATH as TEAMS
from bot.transport.trackers import PATH as TRACKERS
from connectors.jira.fake import BOT, TOKEN, FakeJira
from connectors.mail.fake import AUTHSERV, FakeMailbox
from connectors.servicenow.fake import PASSWORD, USER, FakeInstance
from connectors.teams.fake_chat import TENANT
from connectors.teams.fake_page import CHANNEL, FakeTeamsPage
from domain.automation.settings import AutomationRule, AutomationSettings, RuleOccasion
from domain.connectors.settings import Connection
from domain.exit.settings import ExitSettings, FirstRun
from domain.gateways.settings import GatewaySettings, GatewayTarget
from domain.intake.settings import IntakeSettings
from domain.mail.settings import MailSettings
from domain.oncall.settings import Layer, OnCallSettings, Rota
from domain.phases.settings import PhaseSettings
from domain.pulse.settings import Occasion, Pulse, PulseSettings, Segment
from domain.reporting.objectives import Objective
from domain.reporting.settings import Digest, ReportingSettings, UserGroup
from domain.teams.settings import TeamsChannel, TeamsSettings
from domain.tickets.status import Status
from domain.tickets.ticket import Severity
from domain.warroom.settings import WarRoomSettings
from sandbox.cast import InvalidCastError, read_cast
from sandbox.manifest import InvalidManifestError, tokens_of
from sandbox.server import Sandbox
from sandbox.story import FULL_WEEKS, opening, play

NO_URL = f"http://127.0.0.1:1{PATH}"  # until the bot listens
MANIFEST = Path(__file__).parents[2] / "manifest.yaml"
STEPS = MANIFEST.with_name("manifest-steps.yaml")  # the steps for Workflow Builder, which not every plan has
MAIL_ADDRESS, BOARD = "pay@hypercare.example", "board@customer.example"
BESIDE = {"jira": "Jira is at {address}.", "servicenow": "ServiceNow is at {address}.",
          "mail": "The mailbox is at {address}.", "teams": "Microsoft Teams is at {address}."}  # fmt: skip
IN_TEAMS = {"Eva Berg": "", "Sam Ortiz": "sam@sandbox.example"}  # one without a Slack account, and one of the team
CREATE = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM)  # tickets that get an issue at once
MODULES = ("Payslips", "Pay run", "Time sheets", "Self service", "Bank export", "Login", "Reports")


def main(args: argparse.Namespace) -> int:
    logs.configure("warning", "text")
    for name in BESIDE:
        if getattr(args, name) and (args.only or args.manifest or args.cast):
            raise CommandError(f"--{name} works only with Hypercare and the default people.")
    if args.jira and args.servicenow:
        raise CommandError("A ticket has one issue, so choose --jira or --servicenow.")
    args.only = args.only or bool(args.manifest)  # another app is not started here
    if args.story and (args.only or args.cast):
        raise CommandError(
            "--story works only with Hypercare and the default people. Leave out --only, --manifest and --cast."
        )
    if not args.only:
        for name in [n for n in os.environ if n.startswith("HYPERCARE_")]:
            del os.environ[name]  # the sandbox must never use a real workspace's tokens
    try:
        with tempfile.TemporaryDirectory(prefix="hypercare-") as scratch:
            folder = _folder(args.data or Path(scratch))
            asyncio.run(_serve(args, folder))
    except (CannotStart, InvalidManifestError, InvalidCastError) as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(
            f"Port {args.port} cannot be used ({error.strerror}). Choose another with --port, or --port 0."
        ) from None
    return 0


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"The folder {path} cannot be used: {error.strerror}. Choose another with --data.") from None
    return path


@dataclass(frozen=True, slots=True)
class _Systems:
    """The small systems beside the workspace that were asked for."""

    jira: FakeJira | None
    servicenow: FakeInstance | None
    mailbox: FakeMailbox | None
    teams: FakeTeamsPage | None

    @classmethod
    def of(cls, box: Sandbox, args: argparse.Namespace) -> "_Systems":
        jira = FakeJira(secret=secrets.token_hex(16), now=box.clock.now) if args.jira else None
        instance = FakeInstance(secrets.token_hex(16), now=box.clock.now) if args.servicenow else None
        mailbox = FakeMailbox(MAIL_ADDRESS, now=box.clock.now) if args.mail else None
        return cls(jira, instance, mailbox, FakeTeamsPage(IN_TEAMS) if args.teams else None)

    async def start(self, settings: Settings, box: Sandbox) -> Settings:
        """Start them, and return the settings with which Hypercare finds them."""
        if self.jira:
            await self.jira.start()
            settings = with_jira(settings, box, self.jira)
        if self.servicenow:
            await self.servicenow.start()
            settings = with_servicenow(settings, box, self.servicenow)
        if self.mailbox:
            await self.mailbox.start()
            settings = with_mail(settings, self.mailbox)
        if self.teams:
            await self.teams.start()
            settings = with_teams(settings, self.teams)
        return settings

    def connect(self, application: Application) -> None:
        """Tell them where Hypercare listens."""
        if self.jira:
            self.jira.webhook_url = f"http://127.0.0.1:{application.monitor.port}{TRACKERS}jira"
        if self.servicenow:
            self.servicenow.webhook_url = f"http://127.0.0.1:{application.monitor.port}{TRACKERS}servicenow"
        if self.mailbox:
            self.mailbox.lmtp_port = application.lmtp.port
        if self.teams:
            self.teams.chats.bot_url = f"http://127.0.0.1:{application.monitor.port}{TEAMS}"

    @property
    def addresses(self) -> dict[str, str]:
        """The address of the page of each."""
        known = {"jira": self.jira, "servicenow": self.servicenow, "mail": self.mailbox,
                 "teams": self.teams}  # fmt: skip
        return {name: system.url for name, system in known.items() if system}

    async def stop(self) -> None:
        for system in (self.jira, self.servicenow, self.mailbox, self.teams):
            if system:
                await system.stop()


async def _serve(args: argparse.Namespace, folder: Path) -> None:
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    port = _free_port() if args.only else 0  # our own bot says which one it got
    request_url = args.request_url if args.only else NO_URL
    full = args.story == "full"
    start = opening(datetime.now(UTC), FULL_WEEKS if full else 1) if args.story else None
    box = Sandbox(manifest=args.manifest or MANIFEST, port=args.port, mode=args.mode, request_url=request_url,
                  data=folder if args.data else None, start=start, grid=args.grid, connect=args.connect,
                  plan=args.plan, refuse=args.refuse, people=read_cast(args.cast) if args.cast else None,
                  beside=args.add, parts=() if args.manifest or args.plan == "free" else (STEPS,))  # fmt: skip
    await box.start()
    beside = _Systems.of(box, args)
    application = None
    try:
        if not args.only:
            settings = settings_of(box, args, folder, port)
            settings = await beside.start(settings, box)
            application = Application(settings, now=box.clock.now, speed=lambda: box.clock.speed)
            await application.start()
            if application.port:
                box.set_request_url(f"http://127.0.0.1:{application.port}{PATH}")
            box.set_signals_url(f"http://127.0.0.1:{application.monitor.port}/signals/PAY/{{kind}}")
            beside.connect(application)
            box.clock.on_move(application.wake)
            await box.ready()
        if args.story:
            await _play(box, stop, beside.addresses, full=full)
        _announce(box, args, port, beside.addresses)
        await stop.wait()
    finally:
        with suppress(asyncio.CancelledError):
            if application:
                await application.stop()
                application.wait_for_models()
            await beside.stop()
            await box.stop()


async def _play(box: Sandbox, stop: asyncio.Event, beside: Mapping[str, str], *, full: bool) -> None:
    """Play the story until it ends or the command is told to stop."""
    tell = lambda line: print(line, file=sys.stderr)  # noqa: E731, T201
    story = asyncio.create_task(play(box.url, progress=tell, full=full, beside=beside))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([story, stopped], return_when=asyncio.FIRST_COMPLETED)
    for task in (story, stopped):
        task.cancel()
    await asyncio.gather(story, stopped, return_exceptions=True)
    if not story.cancelled() and (problem := story.exception()):
        why = str(problem) or type(problem).__name__
        print(f"The story ends here, because it can't go on: {why}", file=sys.stderr)  # noqa: T201


def settings_of(box: Sandbox, args: argparse.Namespace, folder: Path, port: int) -> Settings:
    """Return the bot's settings, as for a real workspace; a cast of one's own has no phase yet.

    The secret is kept in the folder, also when the database is on a server.
    """
    database = (folder / "hypercare.db").resolve()
    phase = None if args.cast else with_all(phase_of(box), box)
    if phase and args.story == "full":
        phase = with_exit(phase, box)
    given: dict[str, Any] = {
        "bot_token": box.bot_token,
        "app_token": box.app_token,
        "signing_secret": box.signing_secret,
        "secret": os.environ.get("HYPERCARE_SECRET") or secret_beside(database).decode(),
    }
    return Settings(
        **given, mode=args.mode, port=port, slack_url=box.api_url, log_level="warning",
        phase=phase, monitor_port=0,
        database=args.database or f"sqlite:///{database}",
    )  # fmt: skip


def phase_of(box: Sandbox) -> PhaseSettings:
    """Return the phase PAY with the sandbox's people and channels."""
    return PhaseSettings(
        key="PAY", name="Payday go-live", system="Payday", timezone="Europe/Berlin",
        triage_channel=box.channel_id("hypercare-desk"), oncall_channel=box.channel_id("hypercare-oncall"),
        digest_channel=box.channel_id("hypercare-digest"), intake_channels=(box.channel_id("payroll-help"),),
        intake=IntakeSettings(modules=MODULES, auto_intake=(box.channel_id("payroll-floor"),)),
        leads=(box.user_id("lena"),), responders=tuple(box.user_id(n) for n in ("jo", "ravi", "sam", "yuki")),
    )  # fmt: skip


def with_all(phase: PhaseSettings, box: Sandbox) -> PhaseSettings:
    """Add everything that the sandbox shows."""
    return with_meetings(with_targets(with_users(with_pulse(with_rota(phase, box), box), box)), box)


def with_rota(phase: PhaseSettings, box: Sandbox) -> PhaseSettings:
    """Add a rota: Sam and Yuki alternate weekly, with the handover on Wednesday, and Ravi shadows."""
    today = box.clock.now().date()
    since = today - timedelta(days=today.weekday() + 5)
    weekly = Layer(people=(box.user_id("sam"), box.user_id("yuki")), since=since, hand_over="08:00")
    shadow = Layer(people=(box.user_id("ravi"),), shadow=True)
    return phase.model_copy(update={"oncall": OnCallSettings(rotas=(Rota(name="primary", layers=(weekly, shadow)),))})


def with_jira(settings: Settings, box: Sandbox, jira: FakeJira) -> Settings:
    """Connect the phase to the small Jira: medium and worse tickets get an issue there."""
    assert settings.phase
    connection = Connection(system="jira", project=jira.project, create=CREATE, people={box.user_id("sam"): "acc-sam"})
    phase = settings.phase.model_copy(update={"connections": (connection,)})
    given = {"jira_url": jira.url, "jira_user": BOT, "jira_token": TOKEN, "jira_webhook_secret": jira.secret}
    return Settings(**{**dict(settings), **given, "phase": phase})


def with_servicenow(settings: Settings, box: Sandbox, instance: FakeInstance) -> Settings:
    """Connect the phase to the small ServiceNow, as with Jira."""
    assert settings.phase
    pairs = {Severity.CRITICAL: "1/1", Severity.HIGH: "2/1", Severity.MEDIUM: "2/2", Severity.LOW: "3/3"}
    fields = {"close_code": instance.codes[0], "hold_reason": "Awaiting Caller"}
    connection = Connection(
        system="servicenow", project=instance.group, create=CREATE, severities=pairs, transition_fields=fields,
        people={box.user_id("sam"): "sam.okafor"}, statuses={Status.WAITING: ("On Hold",)},
    )  # fmt: skip
    phase = settings.phase.model_copy(update={"connections": (connection,)})
    given = {"servicenow_url": instance.url, "servicenow_user": USER, "servicenow_token": PASSWORD,
             "servicenow_webhook_secret": instance.secret, "phase": phase}  # fmt: skip
    return Settings(**{**dict(settings), **given})


def with_mail(settings: Settings, mailbox: FakeMailbox) -> Settings:
    """Connect the phase to the mailbox. Links in mails lead to the monitor port, so it is one that is known."""
    assert settings.phase
    digests = settings.phase.reporting.digests or (Digest(name="daily"),)
    first = digests[0].model_copy(update={"mails": (BOARD,)})
    reporting = settings.phase.reporting.model_copy(update={"digests": (first, *digests[1:])})
    mail = MailSettings(address=mailbox.address)
    phase = settings.phase.model_copy(update={"mail": mail, "reporting": reporting})
    port = _free_port()
    given = {"mail_port": 0, "mail_authserv": AUTHSERV, "smtp_url": mailbox.smtp_url, "monitor_port": port,
             "public_url": f"http://127.0.0.1:{port}"}  # fmt: skip
    return Settings(**{**dict(settings), **given, "phase": phase})


def with_teams(settings: Settings, teams: FakeTeamsPage) -> Settings:
    """Have people report in the small Teams, and its channel get the digest and severe tickets."""
    assert settings.phase
    reporting = settings.phase.reporting
    digests = reporting.digests or (Digest(name="daily"),)
    channel = TeamsChannel(name=CHANNEL, digests=(digests[0].name,), severities=(Severity.CRITICAL, Severity.HIGH))
    changed = {"teams": TeamsSettings(reports=True), "teams_channels": (channel,),
               "reporting": reporting.model_copy(update={"digests": digests})}  # fmt: skip
    given = {"teams_local_url": teams.chats.url, "teams_tenant": TENANT,
             "teams": {CHANNEL: teams.channels.address(CHANNEL)},
             "phase": settings.phase.model_copy(update=changed)}  # fmt: skip
    return Settings(**{**dict(settings), **given})


def with_pulse(phase: PhaseSettings, box: Sandbox) -> PhaseSettings:
    """Add a weekly pulse; the workspace is small, so results are shown from three answers."""
    segment = Segment(name="Payroll", channels=(box.channel_id("payroll-help"),))
    weekly = Pulse(name="weekly", occasion=Occasion.SCHEDULE, segments=(segment,), threshold=3, comments=3)
    return phase.model_copy(update={"pulse": PulseSettings(pulses=(weekly,))})


def with_users(phase: PhaseSettings, box: Sandbox) -> PhaseSettings:
    """Add a go-live this Monday, a planned end four weeks later, and two user groups."""
    monday = box.clock.now().date() - timedelta(days=box.clock.now().weekday())
    groups = (
        UserGroup(name="Payroll office", members=tuple(box.user_id(n) for n in ("maria", "tom")), people=14),
        UserGroup(name="Management", members=tuple(box.user_id(n) for n in ("ann", "admin")), people=30),
    )
    figures = {
        "go_live": monday,
        "planned_end": monday + timedelta(days=28),
        "reporting": ReportingSettings(user_groups=groups, expected_daily=8),
    }
    return phase.model_copy(update=figures)


def with_exit(phase: PhaseSettings, box: Sandbox) -> PhaseSettings:
    """Add who signs the exit, the first pay run that it waits for, and a business objective."""
    assert phase.go_live
    run = FirstRun(name="First pay run", on=phase.go_live + timedelta(days=17), owner=box.user_id("maria"),
                   acceptance="Every payslip agrees with the trial run.")  # fmt: skip
    payslips = Objective(name="payslips", label="Payslips opened in the portal", baseline=520, target=900,
                         modules=("Payslips",))  # fmt: skip
    reporting = phase.reporting.model_copy(update={"objectives": (payslips,), "hour_cost": 80.0})
    settings = ExitSettings(defect_rate=1, run_owners=(box.user_id("sam"),), business_owners=(box.user_id("ann"),),
                            first_runs=(run,))  # fmt: skip
    return phase.model_copy(update={"exit": settings, "reporting": reporting})


def with_targets(phase: PhaseSettings) -> PhaseSettings:
    """Add targets of the system's API."""
    targets = (
        GatewayTarget(endpoint="GET /v2/payslips*", availability=99.5),
        GatewayTarget(endpoint="GET /v2/people*", p95=500),
    )
    return phase.model_copy(update={"gateways": GatewaySettings(targets=targets)})


def with_meetings(phase: PhaseSettings, box: Sandbox) -> PhaseSettings:
    """Add an agenda, a stand-up of two people, and a rule."""
    war_room = WarRoomSettings(
        agenda="08:45", stand_up="09:20", stand_up_people=(box.user_id("jo"), box.user_id("ravi"))
    )
    rule = AutomationRule(name="bank", when=(RuleOccasion.OPENED,), modules=("Bank export",),
                          tell=(box.user_id("ann"),))  # fmt: skip
    return phase.model_copy(update={"war_room": war_room, "automation": AutomationSettings(rules=(rule,))})


def _announce(box: Sandbox, args: argparse.Namespace, port: int, beside: Mapping[str, str]) -> None:
    """Print one line of JSON for programs, and open the browser unless --no-open is set."""
    ready: dict[str, Any] = {"ready": True, "url": box.url, "api": box.api_url, "pid": os.getpid()}
    if args.add:
        ready["apps"] = [tokens_of(one) for one in box.apps[1:]]
    if args.only:
        ready |= tokens_of(box.apps[0]) | {"port": port}
        if not (args.manifest or args.cast):
            ready["phase"] = phase_of(box).model_dump(mode="json", exclude_defaults=True)
    ready |= beside
    print(json.dumps(ready), flush=True)  # noqa: T201 - the command's result
    if not args.no_open:
        print(f"Open {box.url} in a browser (stop with Ctrl+C).", file=sys.stderr)  # noqa: T201 - for people
        for name, address in beside.items():
            print(BESIDE[name].format(address=address), file=sys.stderr)  # noqa: T201 - for people
        webbrowser.open(box.url)


def _free_port() -> int:
    """Propose a port for a bot that is started later, with --only."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
