"""From alert to ticket: one ticket an alert, updated in place, one for a storm, and resolved when all is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.services.intake import duplicates
from bot.services.intake.intake import open_ticket
from bot.services.signals.overview import overview
from bot.services.tickets import work
from domain.phases.permissions import Person
from domain.signals.alert import Alert
from domain.signals.components import Component, subject_of
from domain.signals.rules import decide, end_of_hours
from domain.signals.settings import SignalAction, SignalSettings
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from domain.tickets.types import TicketType
from storage.delivery.tables import lanes, messages
from tests.signals.conftest import BOT, LEAD, Senders, on_both

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALERT = Alert(source="grafana", key="k", occurrence="1", is_firing=True, title="CPU is high",
              severity=Severity.HIGH, labels={"env": "prod"})  # fmt: skip


def tickets(senders: Senders) -> list[Ticket]:
    with senders.app.store.read() as tx:
        numbers = range(1, 30)
        found = (tx.tickets.find_by_name("PAY", number) for number in numbers)
        return [one for one in found if one]


def kinds(senders: Senders, ticket: Ticket) -> list[EventKind]:
    with senders.app.store.read() as tx:
        return [event.kind for event in tx.tickets.list_events(ticket.id)]


def posted(senders: Senders, place: str) -> int:
    """How many new messages a place gets."""
    with senders.app.store.read() as tx:
        joined = messages.join(lanes, lanes.c.id == messages.c.lane_id)
        mine = (lanes.c.channel == place, messages.c.verb == "post")
        return tx.connection.scalar(select(func.count()).select_from(joined).where(*mine)) or 0


def card_of(senders: Senders, ticket: Ticket) -> str:
    """What the card of a ticket says now."""
    with senders.app.store.read() as tx:
        lane = select(lanes.c.id).where(lanes.c.name == f"team:{ticket.id}").scalar_subquery()
        mine = select(messages.c.payload).where(messages.c.lane_id == lane).order_by(messages.c.id.desc()).limit(1)
        return str(tx.connection.scalar(mine))


def decided(alert: Alert = ALERT, **settings: object) -> tuple[SignalAction, Severity]:
    found = decide(alert, SignalSettings.model_validate(settings), NOON, "Europe/Berlin")
    return found.action, found.severity


def test_without_rules_the_severity_decides() -> None:
    assert decided() == (SignalAction.OPEN, Severity.HIGH)
    assert decided(replace(ALERT, severity=Severity.LOW)) == (SignalAction.NOTE, Severity.LOW)
    assert decided(replace(ALERT, severity=None)) == (SignalAction.OPEN, Severity.MEDIUM)
    assert decided(open_from="critical") == (SignalAction.NOTE, Severity.HIGH)


def test_the_first_rule_that_fits_counts() -> None:
    ignored = {"name": "tests", "labels": {"env": "test*"}, "do": "ignore"}
    worse = {"name": "cpu", "kinds": ("grafana",), "labels": {"title": "CPU*"}, "severity": "critical"}
    rules = (ignored, worse, {"name": "rest", "do": "note"})
    assert decided(rules=rules) == (SignalAction.OPEN, Severity.CRITICAL)
    assert decided(replace(ALERT, labels={"env": "test-2"}), rules=rules)[0] is SignalAction.IGNORE
    assert decided(replace(ALERT, source="kuma"), rules=rules)[0] is SignalAction.NOTE


def test_in_quiet_hours_an_alert_is_only_noted() -> None:
    assert decided(rules=({"name": "night", "quiet_hours": "12:30-13:30"},))[0] is SignalAction.NOTE  # 13:00 in Berlin
    assert decided(rules=({"name": "night", "quiet_hours": "22:00-06:00"},))[0] is SignalAction.OPEN
    assert end_of_hours("22:00-06:00", NOON - timedelta(hours=8), "UTC") == NOON - timedelta(hours=6)
    assert end_of_hours("22:00-06:00", NOON + timedelta(hours=11), "UTC") == NOON + timedelta(hours=18)
    assert end_of_hours("12:30-13:30", NOON, "Europe/Berlin") == NOON + timedelta(minutes=30)


@pytest.mark.parametrize(("title", "labels", "component", "endpoint"), [
    ("CPU above 90 %", {}, Component.CPU, ""),
    ("x", {"alertname": "HostOutOfMemory"}, Component.MEMORY, ""),
    ("Free disk space is less than 5 %", {}, Component.DISK, ""),
    ("x", {"alertname": "NodeNetworkReceiveErrs"}, Component.NETWORK, ""),
    ("Too many connections", {"component": "PostgreSQL"}, Component.DATABASE, ""),
    ("p95 is 2.1 s", {"endpoint": "/v2/payslips", "method": "get"}, Component.RESPONSE_TIME, "GET /v2/payslips"),
    ("Response time of the form", {}, Component.RESPONSE_TIME, ""),
    ("Error rate", {"handler": "/pay"}, Component.ERROR_RATE, "/pay"),
    ("Requests per second fell", {}, Component.THROUGHPUT, ""),
    ("The batch has not run", {"instance": "db-1"}, None, ""),
])  # fmt: skip
def test_an_alert_names_its_component_and_endpoint(
    title: str, labels: dict[str, str], component: Component | None, endpoint: str
) -> None:
    found = subject_of(title, labels)
    assert (found.component, found.endpoint) == (component, endpoint)
    assert found.type is (TicketType.PERFORMANCE if component or endpoint else TicketType.BUG)


def test_an_alert_opens_one_ticket_however_often_it_fires(senders: Senders) -> None:
    senders.follows(rules=({"name": "api", "labels": {"endpoint": "*"}, "module": "Payslips"},))
    alert = {"key": "slow", "title": "Latency of payslips", "severity": "high", "text": "p95 is 2 s",
             "labels": {"endpoint": "/v2/payslips"}}  # fmt: skip
    assert senders.sends(alert).said == "Received 1 alert."
    senders.sends(alert)
    (ticket,) = tickets(senders)
    report = ticket.report
    assert (report.summary, report.severity, report.type) == ("Latency of payslips", "high", "performance")
    assert (report.module, dict(report.extra)) == (
        "Payslips", {"endpoint": "/v2/payslips", "component": "Response time"})  # fmt: skip
    assert (ticket.reporter, ticket.intake.value, ticket.status) == (BOT, "monitoring", Status.RECEIVED)
    assert overview(senders.app, senders.phase).endpoints == {"/v2/payslips": 1}
    assert posted(senders, BOT) == 0


def test_alerts_make_a_ticket_more_important(senders: Senders) -> None:
    senders.fires("flap", severity="low")
    senders.follows(open_from="low")
    senders.fires("often", severity="low", occurrence="1")
    before = tickets(senders)[0].priority
    for number in range(2, 12):
        senders.fires("often", severity="low", occurrence=str(number))
    assert tickets(senders)[0].priority > before
    assert len(tickets(senders)) == 1


def test_a_ticket_that_no_one_has_taken_is_resolved_when_its_alert_is_over(senders: Senders) -> None:
    senders.fires("a")
    senders.recovers("a")
    senders.later(minutes=4)
    assert tickets(senders)[0].status is Status.RECEIVED
    senders.later(minutes=2)
    (ticket,) = tickets(senders)
    assert (ticket.status, ticket.owner) == (Status.VERIFIED, None)
    assert kinds(senders, ticket)[-3:] == [EventKind.ALERT_RECOVERED, EventKind.RESOLVED, EventKind.VERIFIED]


def test_a_ticket_that_was_taken_is_left_to_its_owner(senders: Senders) -> None:
    senders.fires("a")
    work.take(senders.app, tickets(senders)[0].id, Person(LEAD))
    before = posted(senders, "C0DESK00")
    senders.recovers("a")
    senders.later(minutes=6)
    (ticket,) = tickets(senders)
    assert (ticket.status, kinds(senders, ticket)[-1]) == (Status.ACKNOWLEDGED, EventKind.ALERT_RECOVERED)
    assert posted(senders, "C0DESK00") == before + 1


@on_both
def test_an_alert_that_comes_and_goes_stays_one_ticket_with_one_card(senders: Senders) -> None:
    for _ in range(10):
        senders.fires("flap")
        senders.later(minutes=1)
        senders.recovers("flap")
        senders.later(minutes=1)
    assert [one.status for one in tickets(senders)] == [Status.RECEIVED]
    assert posted(senders, "C0DESK00") == 1
    senders.later(minutes=6)
    assert tickets(senders)[0].status is Status.VERIFIED
    senders.fires("flap")
    (ticket,) = tickets(senders)
    assert ticket.status is Status.INVESTIGATING
    assert EventKind.REOPENED in kinds(senders, ticket)


def test_a_hundred_alerts_in_a_minute_are_at_most_three_messages(senders: Senders) -> None:
    for first_of_five in range(0, 100, 5):
        senders.sends([{"key": f"alert {n}", "severity": "high"} for n in range(first_of_five, first_of_five + 5)])
        senders.clock.forward(seconds=2.5)
    first, second, storm = tickets(senders)
    assert (first.summary, second.summary) == ("alert 0", "alert 1")
    assert storm.summary == "Many alerts at once. The worst: alert 2"
    assert posted(senders, "C0DESK00") == 3
    senders.later(seconds=2)
    assert "98 are firing" in card_of(senders, storm)
    with senders.app.store.read() as tx:
        totals = tx.signal_alerts.get_totals(storm.id)
        assert (totals.alerts, totals.firing) == (98, 98)
    senders.sends([{"key": f"alert {number}", "state": "resolved"} for number in range(100)])
    senders.later(minutes=6)
    assert {one.status for one in tickets(senders)} == {Status.VERIFIED}


@on_both
def test_a_hundred_alerts_of_one_request_are_at_most_three_messages(senders: Senders) -> None:
    senders.sends([{"key": f"{number}", "severity": "critical"} for number in range(100)])
    assert len(tickets(senders)) == 3
    assert posted(senders, "C0DESK00") == 3
    assert posted(senders, "C0ONCALL") <= 3
    assert posted(senders, LEAD) <= 3


def test_a_worse_alert_raises_the_severity_of_a_storm(senders: Senders) -> None:
    for number in range(3):
        senders.fires(str(number), severity="medium")
    senders.fires("worst", severity="critical")
    assert tickets(senders)[2].severity is Severity.CRITICAL


def test_an_alert_that_gets_worse_raises_its_ticket_and_pages(senders: Senders) -> None:
    limits = ({"metric": "cpu", "above": 80, "severity": "low"}, {"metric": "cpu", "above": 90, "severity": "high"},
              {"metric": "cpu", "above": 95, "severity": "critical"})  # fmt: skip
    senders.follows(generic={"thresholds": limits})
    senders.sends({"key": "cpu", "value": 85})
    assert tickets(senders) == []
    senders.sends({"key": "cpu", "value": 92})
    assert [one.severity for one in tickets(senders)] == [Severity.HIGH]
    before = posted(senders, "C0ONCALL")
    senders.sends({"key": "cpu", "value": 99})
    (ticket,) = tickets(senders)
    assert (ticket.severity, ticket.report.happened) == (Severity.CRITICAL, "cpu is 92, above 90.")
    assert posted(senders, "C0ONCALL") > before
    senders.sends({"key": "cpu", "value": 40})
    senders.later(minutes=6)
    assert tickets(senders)[0].status is Status.VERIFIED


def test_left_out_alerts_keep_a_ticket_open(senders: Senders) -> None:
    group = {"truncatedAlerts": 0, "alerts": [{"status": "firing", "labels": {"alertname": "Down"}, "startsAt":
             "2026-03-02T09:00:00Z", "fingerprint": "f"}]}  # fmt: skip
    senders.sends(group, "alertmanager")
    senders.sends(group | {"truncatedAlerts": 1}, "alertmanager")
    senders.later(seconds=2)
    assert "left out 1 more alert" in card_of(senders, tickets(senders)[0])
    group["alerts"][0]["status"] = "resolved"  # type: ignore[index]
    senders.sends(group, "alertmanager")
    senders.later(minutes=6)
    (ticket,) = tickets(senders)
    assert ticket.status is Status.RECEIVED
    assert EventKind.ALERT_RECOVERED in kinds(senders, ticket)


def test_a_rule_may_wait_until_an_alert_has_lasted(senders: Senders) -> None:
    senders.follows(rules=({"name": "lasting", "lasting": "5m", "owner": LEAD},))
    senders.fires("short")
    senders.later(minutes=4)
    senders.recovers("short")
    senders.later(minutes=2)
    assert tickets(senders) == []
    senders.fires("long")
    senders.later(minutes=6)
    (ticket,) = tickets(senders)
    assert (ticket.summary, ticket.owner, ticket.status) == ("long", LEAD, Status.RECEIVED)


def test_a_rule_that_waits_holds_for_an_alert_that_fires_again(senders: Senders) -> None:
    senders.follows(rules=({"name": "lasting", "lasting": "5m"},))
    senders.fires("flap")
    senders.later(minutes=6)
    senders.recovers("flap")
    senders.later(minutes=6)
    assert tickets(senders)[0].status is Status.VERIFIED
    senders.fires("flap")
    senders.later(minutes=4)
    assert tickets(senders)[0].status is Status.VERIFIED, "it fires again, but not for long enough"
    senders.later(minutes=2)
    assert [one.status for one in tickets(senders)] == [Status.INVESTIGATING]


def test_an_alert_that_waits_is_opened_when_it_gets_bad_enough_and_has_lasted(senders: Senders) -> None:
    senders.follows(rules=({"name": "lasting", "severities": ("high",), "lasting": "5m"},), open_from="critical")
    senders.fires("disk", severity="medium")
    senders.later(minutes=3)
    senders.fires("disk", severity="high")
    assert tickets(senders) == []
    senders.later(minutes=3)
    assert [one.summary for one in tickets(senders)] == ["disk"]


def test_an_alert_that_outlasts_quiet_hours_gets_its_ticket_at_their_end(senders: Senders) -> None:
    begins, ends = ((senders.app.now() + timedelta(minutes=by)).strftime("%H:%M") for by in (-10, 30))
    senders.follows(rules=({"name": "night", "quiet_hours": f"{begins}-{ends}"},))
    senders.fires("short")
    senders.fires("long")
    senders.later(minutes=20)
    senders.recovers("short")
    assert tickets(senders) == []
    senders.later(minutes=11)
    assert [one.summary for one in tickets(senders)] == ["long"]


def test_a_card_says_what_its_alert_says_now(senders: Senders) -> None:
    senders.fires("disk", "Disk is 91 % full")
    senders.fires("disk", "Disk is 93 % full")
    senders.later(seconds=3)
    (ticket,) = tickets(senders)
    assert "Disk is 93 % full" in card_of(senders, ticket)
    assert posted(senders, "C0DESK00") == 1


def test_a_card_says_at_once_that_its_alert_is_over(senders: Senders) -> None:
    senders.fires("disk")
    senders.recovers("disk")
    senders.later(seconds=3)
    (ticket,) = tickets(senders)
    assert ticket.status is Status.RECEIVED
    assert "none is firing · 1 in all" in card_of(senders, ticket)


def test_alerts_left_out_of_a_group_that_is_over_keep_its_ticket_open(senders: Senders) -> None:
    """The third alert came and was left out after the first two had been told of."""
    alert = {
        "status": "firing",
        "labels": {"alertname": "Down"},
        "startsAt": "2026-03-02T09:00:00Z",
        "fingerprint": "f",
    }
    senders.sends({"truncatedAlerts": 0, "alerts": [alert]}, "alertmanager")
    over = {"status": "resolved", "truncatedAlerts": 1, "alerts": [alert | {"status": "resolved"}]}
    senders.sends(over, "alertmanager")
    senders.later(minutes=6)
    (ticket,) = tickets(senders)
    assert ticket.status is Status.RECEIVED
    assert "left out 1 more alert" in card_of(senders, ticket)


def test_a_critical_alert_calls_as_many_people_as_a_person_s_critical_report(senders: Senders) -> None:
    places = ("C0DESK00", "C0ONCALL", LEAD)
    report = Report(summary="Down", severity=Severity.CRITICAL)
    open_ticket(senders.app, report, person=Person("U0MARIA"), phase_key="PAY", intake=Intake.COMMAND)
    before = [posted(senders, place) for place in places]
    senders.fires("down", severity="critical")
    assert [posted(senders, place) - was for place, was in zip(places, before, strict=True)] == before


def test_a_hostile_alert_pings_no_one_and_links_nowhere(senders: Senders) -> None:
    title = "<!channel> <@U0LENA0> <https://evil.example|Reset your password>"
    senders.fires("evil", title, text=title, link="https://x.example/|<!here>", labels={"a": "<!everyone>"})
    with senders.app.store.read() as tx:
        sent = str([dict(row) for row in tx.connection.execute(select(messages)).mappings()])
    assert "<!channel>" not in sent.replace("{'type': 'text', 'text': '<!channel>", "")
    assert "<https://evil" not in sent.split("'rich_text'", maxsplit=1)[0]
    assert "&lt;!channel&gt;" in sent
    assert "|<!here>" not in sent


def test_monitoring_is_a_second_source_besides_users(senders: Senders) -> None:
    senders.fires("a")
    duplicates.add_affected(senders.app, tickets(senders)[0].id, Person("U0MARIA"))
    with senders.app.store.read() as tx:
        assert tx.patterns.list_monitors(senders.phase.id) == [BOT]
        since, until = NOON - timedelta(days=1), NOON + timedelta(days=1)
        assert tx.patterns.list_affected_people(senders.phase.id, since, until, ["bug"]) == {1: [BOT, "U0MARIA"]}


def test_affected_people_are_asked_when_an_alert_is_over(senders: Senders) -> None:
    senders.fires("a")
    duplicates.add_affected(senders.app, tickets(senders)[0].id, Person("U0MARIA"))
    senders.recovers("a")
    senders.later(minutes=6)
    assert tickets(senders)[0].status is Status.RESOLVED
    assert posted(senders, "U0MARIA") == 2


def test_a_planned_phase_only_notes(senders: Senders) -> None:
    from bot.services.phases import phases
    from domain.phases.settings import PhaseState
    from tests.signals.conftest import PAY

    phases.apply_settings(senders.app, PAY.model_copy(update={"state": PhaseState.PLANNED}))
    senders.fires("a")
    assert tickets(senders) == []
    assert [one.title for one in overview(senders.app, senders.phase).alerts] == ["a"]
    phases.apply_settings(senders.app, PAY)
    senders.fires("a")
    assert [one.summary for one in tickets(senders)] == ["a"], "it is told again after the go-live"
