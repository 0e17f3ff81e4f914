"""Rules at work on both databases: what they do, that they neither loop nor flood, and what stays hidden."""

from typing import Any

import pytest
from sqlalchemy import select

from bot.context import AppContext
from bot.services.automation import overview
from bot.services.intake import intake
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import work
from domain.errors import Refused
from domain.phases.settings import PhaseSettings
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from domain.tickets.types import TicketType
from storage.delivery.tables import lanes, messages
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE, RAVI, TOM

PAYROLL, GROUP = "C0PAYROLL1", "S0GROUP01"
BOT = "U0BOT00"


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    return AppContext(
        features=FEATURES, store=store, now=clock, bot_user=BOT, secret=b"a secret of the tests, long enough"
    )


def apply(app: AppContext, *rules: dict[str, Any], **bounds: Any) -> None:
    named = [{"name": f"rule{number}", **rule} for number, rule in enumerate(rules, 1)]
    phases.apply_settings(
        app, PhaseSettings.model_validate(PHASE.model_dump() | {"automation": {"rules": named, **bounds}})
    )


def opened(app: AppContext, severity: Severity = Severity.MEDIUM, **more: Any) -> Ticket:
    how = {name: more.pop(name) for name in ("anonymous", "quiet") if name in more}
    report = Report(summary="The bank export fails", severity=severity, **more)
    return intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND, **how)


def posted(app: AppContext, channel: str) -> list[str]:
    asked = select(messages.c.payload).join(lanes, lanes.c.id == messages.c.lane_id).where(lanes.c.channel == channel)
    with app.store.read() as tx:
        return [str(payload) for payload in tx.connection.scalars(asked.order_by(messages.c.id))]


def events(app: AppContext, ticket_id: int) -> list[tuple[EventKind, str]]:
    with app.store.read() as tx:
        return [(one.kind, one.actor) for one in tx.tickets.list_events(ticket_id)]


def get(app: AppContext, ticket_id: int) -> Ticket:
    with app.store.read() as tx:
        return tx.tickets.get_ticket(ticket_id)


def test_a_rule_does_everything_it_names_once_and_the_log_says_so(app: AppContext) -> None:
    apply(app, {"when": ("opened",), "labels": {"title": "*bank*"}, "severity": "high", "module": "Bank",
                "assign": JO.id, "page": True, "ask": "Which bank?", "tell": (PAYROLL, RAVI.id, MARIA.id),
                "webhook": "ops"})  # fmt: skip
    ticket = get(app, opened(app).id)
    assert (ticket.severity, ticket.report.module, ticket.owner) == (Severity.HIGH, "Bank", JO.id)
    assert ticket.status is Status.RECEIVED, "no one of the team has acted yet"
    (told,) = posted(app, PAYROLL)
    assert "rule1" in told
    assert "PAY-1" in told
    assert len([one for one in posted(app, RAVI.id) if "rule1" in one]) == 1
    assert [one for one in posted(app, MARIA.id) if "Which bank?" in one]
    assert not [one for one in posted(app, MARIA.id) if "You get this" in one], "she knows what she did"
    (call,) = posted(app, "webhook:ops")
    assert "'occasion': 'opened'" in call
    with app.store.read() as tx:
        assert tx.escalations.find_newest(ticket.id)
    assert (EventKind.AUTOMATED, BOT) in events(app, ticket.id)
    page = str(overview.page(app, JO, PHASE.triage_channel, []))
    assert "acted once in 7 days" in page
    assert "PAY-1 · set the severity, set the module, assigned it, paged, asked the reporter, told people" in page
    assert "at most 20 times an hour" in page


def test_rules_that_answer_each_other_do_not_loop(app: AppContext, clock: Clock) -> None:
    apply(app, {"when": ("severity",), "severities": ("high",), "severity": "low"},
          {"when": ("severity",), "severities": ("low",), "severity": "high"})  # fmt: skip
    ticket = opened(app)
    for to in (Severity.HIGH, Severity.LOW, Severity.HIGH, Severity.LOW):
        if get(app, ticket.id).severity is not to:
            work.weigh(app, ticket.id, LENA, to, "I say so", {})
        clock.forward(minutes=1)
        while timers.run_due(app):
            pass
    kinds = [one for one in events(app, ticket.id) if one[0] is EventKind.AUTOMATED]
    assert len(kinds) == 2, "each rule acts on a ticket once a day"


def test_a_rule_that_would_flood_is_held_back_and_the_team_is_told_once(app: AppContext, clock: Clock) -> None:
    apply(app, {"when": ("opened",), "tell": (PAYROLL,)}, hourly_limit=3)
    for _ in range(6):
        opened(app)
    assert len(posted(app, PAYROLL)) == 3
    assert len([one for one in posted(app, PHASE.triage_channel) if "has acted 3 times within an hour" in one]) == 1
    assert "held back 3 times" in str(overview.page(app, LENA, PHASE.triage_channel, []))
    clock.forward(minutes=61)
    opened(app)
    assert len(posted(app, PAYROLL)) == 4
    opened(app, quiet=True)
    assert len(posted(app, PAYROLL)) == 4, "an imported ticket sets off no rule"


def test_private_and_anonymous_stay_so(app: AppContext) -> None:
    apply(app, {"when": ("opened",), "tell": (PAYROLL, TOM.id, LENA.id), "webhook": "ops", "assign": JO.id})
    secret = opened(app, type=TicketType.SECURITY)
    assert posted(app, PAYROLL) == posted(app, "webhook:ops") == []
    assert not [one for one in posted(app, TOM.id) if "PAY-1" in one]
    assert [one for one in posted(app, LENA.id) if "You get this" in one]
    assert get(app, secret.id).owner is None, "a rule gives a private ticket to no one but a lead"
    assert "a ticket you can't see" in str(overview.page(app, JO, PHASE.triage_channel, []))
    opened(app, anonymous=True)
    assert len(posted(app, PAYROLL)) == 1
    assert MARIA.id not in str(posted(app, PAYROLL))
    assert not posted(app, "webhook:ops")
    with pytest.raises(Refused, match="Only the team"):
        overview.page(app, TOM, PHASE.triage_channel, [])


def test_a_missed_target_is_an_occasion_once(app: AppContext, clock: Clock) -> None:
    apply(app, {"when": ("overdue",), "severities": ("critical",), "tell": (PAYROLL,)})
    opened(app, Severity.CRITICAL)
    opened(app)
    for _ in range(4):
        clock.forward(hours=2)
        while timers.run_due(app):
            pass
    (told,) = posted(app, PAYROLL)
    assert "PAY-1" in told


def test_the_dry_run_says_what_the_rules_did_and_what_others_would_have_done(app: AppContext, clock: Clock) -> None:
    acting = {"when": ("opened",), "severities": ("medium",), "severity": "high", "module": "Bank"}
    apply(app, acting, hourly_limit=2)
    tickets = [opened(app) for _ in range(4)]
    clock.forward(hours=3)
    work.weigh(app, tickets[3].id, LENA, Severity.CRITICAL, "It is worse", {})
    secret = opened(app, type=TicketType.SECURITY)
    apply(app, acting, {"when": ("severity",), "severities": ("critical",), "page": True, "enabled": False},
          hourly_limit=2)  # fmt: skip
    before = events(app, secret.id)
    shown = str(overview.dry_run(app, JO, "", ["PAY"]))
    assert "*rule1* would have acted 3 times: PAY-1, PAY-2 and 1 more, and was held back 2 times." in shown
    assert "*rule2* (off) would have acted once: PAY-4." in shown
    assert events(app, secret.id) == before
    clock.forward(days=8)
    assert "*rule1* would have acted 0 times." in str(overview.dry_run(app, LENA, "", ["PAY"]))
