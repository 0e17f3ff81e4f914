"""Trends: what a phase shows when one looks at it whole, from reports that people made."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.services import intake, phases, trends
from domain.phase import UserGroup
from domain.ticket import Intake, Report, Severity
from domain.trends import Trends
from domain.types import Type
from tests.support.bot import Desk
from tests.support.days import BERLIN, passes, to_monday
from tests.support.duty import applied


def reports(slack: Desk, who: str, module: str, count: int = 1, kind: Type = Type.BUG) -> None:
    desk = slack.house.desk
    for n in range(count):
        report = Report(summary=f"{module} does not add up", severity=Severity.LOW, type=kind, module=module)
        person = desk.person(slack.user_id(who))
        intake.open_ticket(desk, replace(report, happened=f"Try {n}"), person=person, intake=Intake.COMMAND, quiet=True)


def found(slack: Desk) -> Trends:
    with slack.house.store.read() as tx:
        return trends.trends(tx, phases.named(slack.house.desk, "PAY"), slack.house.desk.now())


def with_groups(slack: Desk, **more: object) -> None:
    groups = (UserGroup(name="Stores", members=(slack.user_id("maria"),), people=20),
              UserGroup(name="Office", members=(slack.user_id("tom"),), people=20),
              UserGroup(name="Plant", members=(slack.user_id("ann"),), people=40))  # fmt: skip
    applied(slack, user_groups=groups, **more)


def test_a_module_that_breaks_again_and_again_is_named_with_its_first_day_and_its_tickets(slack: Desk) -> None:
    to_monday(slack, "12:00")
    for day in range(11):
        reports(slack, "maria", "Payslips", 1 if day < 8 else 4)
        reports(slack, "tom", "Login", day % 2)
        passes(slack, days=1)
    (payslips, *rest) = found(slack).recurring
    assert (payslips.side, payslips.name, payslips.count) == ("module", "Payslips", 12)
    assert [one.name for one in rest] == ["bug"]
    page = slack.person("jo").types("/hypercare trends", "hypercare-desk")
    assert "Payslips: 12 since" in str(page)
    asked = next(e["value"] for b in page["blocks"] if b["type"] == "actions" for e in b["elements"])
    listed = slack.person("jo").types(f"/hypercare list {asked}")
    assert listed["text"].count("PAY-") == 10  # a page of them


def test_where_reports_gather_and_who_is_silent(slack: Desk) -> None:
    with_groups(slack)
    reports(slack, "maria", "Time sheets", 18, Type.QUESTION)
    reports(slack, "maria", "Payslips", 4)
    reports(slack, "tom", "Time sheets", 3)
    reports(slack, "tom", "Payslips", 14)
    seen = found(slack)
    assert [one.name for one in seen.heavy] == ["Time sheets", "Payslips"]
    assert {(one.module, one.group, one.learning) for one in seen.gathered} == {
        ("Time sheets", "Stores", True), ("Payslips", "Office", False)}  # fmt: skip
    assert [(one.name, one.count) for one in seen.silent] == [("Plant", 0)]
    said = str(slack.person("jo").types("/hypercare trends", "hypercare-desk"))
    assert "training may help" in said
    assert "ask how they are doing" in said
    assert "Trends are for the team" in slack.person("maria").types("/hypercare trends")["text"]


def test_reports_that_follow_deployments_are_told_with_the_event(slack: Desk) -> None:
    to_monday(slack, "08:00")
    for day in range(6):
        if day in (1, 2, 4):
            assert (
                "Marked" in slack.person("ravi").types(f"/hypercare event deployment 1.{day}", "hypercare-desk")["text"]
            )
            passes(slack, hours=1)
            reports(slack, "maria", "Payslips", 5)
            passes(slack, hours=23)
        else:
            passes(slack, days=1)
    followed = {kind: one.count for kind, one in found(slack).follows}
    assert followed == {"": 15, "bug": 15}
    assert "within four hours after 3 × deployment" in str(
        slack.person("jo").types("/hypercare trends", "hypercare-desk")
    )
    assert "marked by the team" in slack.person("maria").types("/hypercare event deployment 9")["text"]
    moment = (slack.house.desk.now() - timedelta(days=1)).astimezone(BERLIN)
    slack.person("ravi").types(f"/hypercare event batch Payroll run at {moment:%Y-%m-%d %H:%M}", "hypercare-desk")
    with slack.house.store.read() as tx:
        phase = phases.named(slack.house.desk, "PAY")
        marks = tx.readings.marks(phase.id, moment - timedelta(minutes=1), slack.house.desk.now())
    assert [(one.kind, one.label, one.at) for one in marks] == [
        ("batch", "Payroll run", moment.replace(second=0, microsecond=0))]  # fmt: skip


def test_against_the_time_before_the_go_live(slack: Desk) -> None:
    to_monday(slack, "08:00")
    today = slack.house.desk.now().astimezone(BERLIN).date()
    phase = applied(slack, go_live=today)
    desk = slack.house.desk
    with desk.transaction() as tx:
        before = [(today - timedelta(days=n), 1.0) for n in range(1, 29)]
        tx.readings.put(phase.id, "reports", before, "U0OPERATOR", desk.now())
    for _ in range(3):
        reports(slack, "maria", "Payslips", 5)
        passes(slack, days=1)
    ratio = found(slack).baseline["reports"]
    assert ratio is not None
    assert (ratio.times.value, ratio.differs) == (pytest.approx(5, rel=0.01), True)
    assert "5.0 times as many a day" in str(slack.person("jo").types("/hypercare trends", "hypercare-desk"))


def test_words_that_more_people_use_than_before(slack: Desk) -> None:
    to_monday(slack, "08:00")
    passes(slack, days=8)
    for who in ("maria", "tom", "ann", "lena"):
        reports(slack, who, "Payslips")
    topics = {one.word: (one.now, one.before) for one in found(slack).topics}
    assert topics["payslips"] == (4, 0)


def test_when_it_happens_is_told_by_the_phases_own_clock(slack: Desk) -> None:
    to_monday(slack, "09:30")
    reports(slack, "maria", "Payslips", 3)
    passes(slack, hours=5)
    reports(slack, "maria", "Payslips", 1)
    assert dict(found(slack).hours) == {(0, 9): 3, (0, 14): 1}


def test_private_tickets_are_in_no_trend(slack: Desk) -> None:
    with_groups(slack)
    reports(slack, "maria", "Payslips", 9, Type.SECURITY)
    reports(slack, "maria", "Payslips", 9, Type.PRAISE)
    seen = found(slack)
    assert (sum(seen.hours.values()), seen.heavy, seen.gathered, seen.topics) == (0, [], [], [])
