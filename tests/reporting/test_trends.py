"""Trends of a phase, from the reports of several people."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.report_page.page import page
from bot.services.csv_files import InvalidFile
from bot.services.followup import verification
from bot.services.intake import duplicates, intake
from bot.services.phases import phases
from bot.services.reporting import phase_report, readings, trends
from domain.reporting.readings import Baseline
from domain.reporting.settings import UserGroup
from domain.reporting.trends import Trends
from domain.tickets.closing import Solution
from domain.tickets.ticket import Fix, Intake, Report, Severity
from domain.tickets.types import TicketType
from tests.support.bot import BotWorkspace
from tests.support.days import BERLIN, passes, to_monday
from tests.support.oncall import applied


def reports(
    slack: BotWorkspace, who: str, module: str, count: int = 1, kind: TicketType = TicketType.BUG, *, days_ago: int = 0
) -> None:
    """Reports of days that have passed need no day of the bot's own between them."""
    at = slack.application.context.now() - timedelta(days=days_ago)
    app = replace(slack.application.context, now=lambda: at)
    for n in range(count):
        said = Report(summary=f"{module} does not add up", severity=Severity.LOW, type=kind, module=module)
        person = app.person(slack.user_id(who))
        intake.open_ticket(app, replace(said, happened=f"Try {n}"), person=person, intake=Intake.COMMAND, quiet=True)


def found(slack: BotWorkspace) -> Trends:
    with slack.application.store.read() as tx:
        return trends.trends(tx, phases.get_phase(slack.application.context, "PAY"), slack.application.context.now())


def with_groups(slack: BotWorkspace, **more: object) -> None:
    groups = (UserGroup(name="Stores", members=(slack.user_id("maria"),), people=20),
              UserGroup(name="Office", members=(slack.user_id("tom"),), people=20),
              UserGroup(name="Plant", members=(slack.user_id("ann"),), people=40))  # fmt: skip
    applied(slack, reporting={"user_groups": groups}, **more)


def test_a_recurring_issue_names_its_first_day_and_lists_its_tickets(slack: BotWorkspace) -> None:
    to_monday(slack, "12:00")
    passes(slack, days=11)
    for day in range(11):
        reports(slack, "maria", "Payslips", 1 if day < 8 else 4, days_ago=11 - day)
        reports(slack, "tom", "Login", day % 2, days_ago=11 - day)
    (payslips, *rest) = found(slack).recurring
    assert (payslips.dimension, payslips.name, payslips.count) == ("module", "Payslips", 12)
    assert [one.name for one in rest] == ["bug"]
    page = slack.person("jo").types("/hypercare trends", "hypercare-desk")
    assert "Payslips: 12 since" in str(page)
    asked = next(e["value"] for b in page["blocks"] if b["type"] == "actions" for e in b["elements"])
    listed = slack.person("jo").types(f"/hypercare list {asked}")
    assert listed["text"].count("PAY-") == 10  # one page


@pytest.mark.core
def test_hotspots_and_quiet_groups_are_shown(slack: BotWorkspace) -> None:
    with_groups(slack)
    reports(slack, "maria", "Time sheets", 18, TicketType.QUESTION)
    reports(slack, "maria", "Payslips", 4)
    reports(slack, "tom", "Time sheets", 3)
    reports(slack, "tom", "Payslips", 14)
    seen = found(slack)
    assert [one.name for one in seen.overrepresented] == ["Time sheets", "Payslips"]
    assert {(one.module, one.group, one.training_helps) for one in seen.hotspots} == {
        ("Time sheets", "Stores", True), ("Payslips", "Office", False)}  # fmt: skip
    assert [(one.name, one.count) for one in seen.quiet_groups] == [("Plant", 0)]
    said = str(slack.person("jo").types("/hypercare trends", "hypercare-desk"))
    assert "Training may help" in said
    assert "Ask this group how it's going" in said
    assert "Only the team of" in slack.person("maria").types("/hypercare trends")["text"]


def test_a_group_of_few_people_is_not_shown(slack: BotWorkspace) -> None:
    """What is counted of the only person in Pilot would be as good as a name."""
    applied(slack, reporting={"user_groups": (
        UserGroup(name="Stores", members=(slack.user_id("maria"),), people=20),
        UserGroup(name="Office", members=(slack.user_id("ann"),), people=30),
        UserGroup(name="Pilot", members=(slack.user_id("tom"),)),
    )})  # fmt: skip
    reports(slack, "maria", "Payslips", 18)
    reports(slack, "ann", "Payslips", 2)
    reports(slack, "tom", "Time sheets", 9)
    said = str(slack.person("jo").types("/hypercare metrics group", "hypercare-desk"))
    assert "Office" in said
    assert "Pilot" not in said
    # The smallest of the others is left out with it: else it were what the whole leaves.
    assert "Stores" not in said
    assert "Pilot" not in str(found(slack))


def test_reports_after_deployments_are_shown(slack: BotWorkspace) -> None:
    to_monday(slack, "08:00")
    passes(slack, days=1)
    for day, hours in ((1, 23), (2, 47), (4, 47)):
        assert "Marked" in slack.person("ravi").types(f"/hypercare event deployment 1.{day}", "hypercare-desk")["text"]
        passes(slack, hours=1)
        reports(slack, "maria", "Payslips", 5)
        passes(slack, hours=hours)
    followed = {kind: one.count for kind, one in found(slack).after_events}
    assert followed == {"": 15, "bug": 15}
    assert "within four hours after 3 × deployment" in str(
        slack.person("jo").types("/hypercare trends", "hypercare-desk")
    )
    assert "Only the team of" in slack.person("maria").types("/hypercare event deployment 9")["text"]
    moment = (slack.application.context.now() - timedelta(days=1)).astimezone(BERLIN)
    slack.person("ravi").types(f"/hypercare event batch Payroll run at {moment:%Y-%m-%d %H:%M}", "hypercare-desk")
    with slack.application.store.read() as tx:
        phase = phases.get_phase(slack.application.context, "PAY")
        marks = tx.readings.list_events(phase.id, moment - timedelta(minutes=1), slack.application.context.now())
    assert [(one.kind, one.label, one.at) for one in marks] == [
        ("batch", "Payroll run", moment.replace(second=0, microsecond=0))]  # fmt: skip


def test_counts_are_compared_with_the_time_before_go_live(slack: BotWorkspace) -> None:
    to_monday(slack, "08:00")
    today = slack.application.context.now().astimezone(BERLIN).date()
    phase = applied(slack, go_live=today)
    app = slack.application.context
    with app.transaction() as tx:
        before = [(today - timedelta(days=n), 1.0) for n in range(1, 29)]
        tx.readings.replace(phase.id, "reports", before, "U0OPERATOR", app.now())
    passes(slack, days=3)
    for days in (3, 2, 1):
        reports(slack, "maria", "Payslips", 5, days_ago=days)
    ratio = found(slack).before.rates["reports"]
    assert ratio is not None
    assert (ratio.ratio.value, ratio.differs) == (pytest.approx(5, rel=0.01), True)
    assert "5.0 times as many a day" in str(slack.person("jo").types("/hypercare trends", "hypercare-desk"))


def test_an_ended_phase_is_compared_with_the_time_since(slack: BotWorkspace, tmp_path: Path) -> None:
    to_monday(slack, "08:00")
    app = slack.application.context
    monday = app.now().astimezone(BERLIN).date()
    phase = applied(slack, go_live=monday)
    passes(slack, days=5)
    for days in (5, 4, 3, 2, 1):
        reports(slack, "maria", "Payslips", 2, days_ago=days)
    slack.quiet()
    ended = phases.archive(app, "PAY").ended_at
    assert ended is not None
    passes(slack, days=9)
    slack.person("jo").opens("/hypercare resolve PAY-1").fills(explanation="Indexed", fix="root_cause").submits()
    slack.quiet()
    assert phases.archive(app, "PAY").ended_at == ended
    file = tmp_path / "after.csv"
    rows = [f"reports,{monday + timedelta(days=7 + n)},{value}" for n, value in enumerate((0, 0, 1, 0, 0))]
    file.write_text("\n".join(["metric,day,value", *rows, f"resolution,{monday + timedelta(days=7)},2"]))
    assert readings.read_file(app, "PAY", file) == 6
    made = phase_report.report(app, "PAY")
    assert made.until == ended
    assert made.backlog.total == 9
    assert [(count.opened, still_open) for _, count, still_open in made.days] == [(2, 2 * n) for n in range(1, 6)]
    after = made.trends.after.rates["reports"]
    assert after is not None
    assert (after.now, after.before, after.ratio.value) == (0.2, 2, pytest.approx(0.1))
    assert after.differs
    written = page(made)
    assert "Since the end, compared with the last four weeks" in written
    assert "Reports: 0.1 times as many a day" in written
    assert "Median time to resolution: not enough data" in written
    assert ", when it ended." in written
    parts = re.search(r"(\d+) reports, (\d+) resolved, (\d+) closed later or otherwise, (\d+) still open", written)
    assert parts
    whole, *rest = map(int, parts.groups())
    assert (whole, rest) == (10, [0, 1, 9])
    assert phases.apply_settings(app, phase.settings).ended_at is None
    assert phase_report.report(app, "PAY").until > ended


def test_durations_and_shares_are_compared_with_the_time_before_go_live(slack: BotWorkspace, tmp_path: Path) -> None:
    to_monday(slack, "08:00")
    today = slack.application.context.now().astimezone(BERLIN).date()
    applied(slack, go_live=today)
    rows = [f"resolution,{today - timedelta(days=3)},{hours}" for hours in (16, 18, 20, 22, 24, 26, 28, 29, "30+")]
    file = tmp_path / "before.csv"
    file.write_text(
        "\n".join(["metric,day,value", *rows, f"first_fix,{today - timedelta(days=9)},2/12", "resolution,x,1"])
    )
    with pytest.raises(InvalidFile, match="line 12: “x” is not a day"):
        readings.read_file(slack.application.context, "PAY", file)
    file.write_text(file.read_text().replace("resolution,x,1", f"in_time,{today},3 of 4"))
    with pytest.raises(InvalidFile, match="line 12: “3 of 4” is not a share of a day's reports such as 14/17"):
        readings.read_file(slack.application.context, "PAY", file)
    file.write_text(file.read_text().rpartition("\n")[0])
    for _ in range(2):  # importing a file again replaces its days
        assert readings.read_file(slack.application.context, "PAY", file) == 10
    passes(slack, hours=1)
    reports(slack, "maria", "Payslips", 9)
    passes(slack, hours=2)
    for number in range(1, 10):
        form = slack.person("jo").opens(f"/hypercare resolve PAY-{number}")
        assert form.fills(explanation="Indexed", fix="root_cause").submits() == {"closed": True}
    before = found(slack).before.changes
    took, fixed = before[Baseline.RESOLUTION], before[Baseline.FIRST_FIX]
    assert took is not None
    assert fixed is not None
    assert (took.now, took.before, took.differs) == (120, 24 * 60, True)
    assert (fixed.now, round(fixed.before, 3), fixed.differs) == (1, 0.167, True)
    assert Baseline.IN_TIME not in before
    said = str(slack.person("jo").types("/hypercare trends", "hypercare-desk"))
    assert "Median time to resolution: 2.0 h (previously 24.0 h, difference -" in said
    assert "First-time fix: 100 % (previously 17 %, difference +" in said


def test_undetected_defects_are_estimated_from_users_and_testers(slack: BotWorkspace) -> None:
    phase = applied(slack, reporting={"testers": (slack.user_id("tom"),)})
    reports(slack, "maria", "Payslips", 6)
    reports(slack, "tom", "Payslips", 4)
    assert found(slack).undetected is None
    assert phase.reporting.testers == (slack.user_id("tom"),)
    for number in range(1, 5):
        assert "affected" in slack.person("tom").types(f"/hypercare metoo PAY-{number}")["text"]
    seen = found(slack).undetected
    assert seen is not None
    assert (seen.users, seen.testers, seen.both, round(seen.total, 1)) == (6, 8, 4, 11.6)
    said = str(slack.person("jo").types("/hypercare trends", "hypercare-desk"))
    assert (
        "Known defects: 10 (6 reported by users, 8 by testers, monitoring, floor walkers or in sessions, 4 by both)"
        in said
    )
    assert "Estimated total: 12" in said


def test_co_occurring_types_are_shown(slack: BotWorkspace) -> None:
    to_monday(slack, "08:00")
    passes(slack, days=12)
    for day in (0, 2, 4, 8, 9, 11):
        reports(slack, "maria", "Payslips", 1, TicketType.PERFORMANCE, days_ago=12 - day)
        reports(slack, "tom", "Login", 1, TicketType.BUG, days_ago=12 - day)
    (pair,) = found(slack).co_occurring
    assert (pair.one, pair.other, pair.count) == ("bug", "performance", 6)
    assert "Bug and performance: 6 times in the same two hours" in str(
        slack.person("jo").types("/hypercare trends", "hypercare-desk")
    )


def test_rising_words_are_shown(slack: BotWorkspace) -> None:
    to_monday(slack, "08:00")
    passes(slack, days=8)
    for who in ("maria", "tom", "ann", "lena"):
        reports(slack, who, "Payslips")
    topics = {one.word: (one.now, one.before) for one in found(slack).topics}
    assert topics["payslips"] == (4, 0)


def test_hours_use_the_phases_time_zone(slack: BotWorkspace) -> None:
    to_monday(slack, "09:30")
    reports(slack, "maria", "Payslips", 3)
    passes(slack, hours=5)
    reports(slack, "maria", "Payslips", 1)
    assert dict(found(slack).hours) == {(0, 9): 3, (0, 14): 1}


def test_the_week_can_be_shown_for_performance_alone(slack: BotWorkspace) -> None:
    to_monday(slack, "09:30")
    reports(slack, "maria", "Payslips", 3)
    reports(slack, "maria", "Payslips", 2, TicketType.PERFORMANCE)
    lena = slack.person("lena")
    lena.types("/hypercare trends", "hypercare-desk")
    shown = [m for m in slack.messages("hypercare-desk", user="lena") if m.raw.get("ephemeral_to")][-1]
    lena.presses(shown, "Performance only")
    alone = [m for m in slack.messages("hypercare-desk", user="lena") if m.raw.get("ephemeral_to")][-1].words
    assert "Performance reports by weekday and hour" in alone
    assert "Mon 9:00 to 10:00, 2 reports" in alone
    assert "no question reports" in str(lena.types("/hypercare trends question", "hypercare-desk"))
    assert "There is no type “speed”" in lena.types("/hypercare trends speed", "hypercare-desk")["text"]


def test_private_tickets_are_in_no_trend(slack: BotWorkspace) -> None:
    with_groups(slack)
    reports(slack, "maria", "Payslips", 9, TicketType.SECURITY)
    reports(slack, "maria", "Payslips", 9, TicketType.PRAISE)
    seen = found(slack)
    assert (sum(seen.hours.values()), seen.overrepresented, seen.hotspots, seen.topics) == (0, [], [], [])


def test_repeated_problems_are_listed_with_their_counts(slack: BotWorkspace) -> None:
    to_monday(slack, "12:00")
    reports(slack, "maria", "Payslips", 3)
    app = slack.application.context
    tom, jo = (app.person(slack.user_id(name)) for name in ("tom", "jo"))
    with slack.application.store.read() as tx:
        ids = [ticket.id for ticket in tx.tickets.list_newest(app.now() - timedelta(days=1), 10)][::-1]
    duplicates.add_affected(app, ids[0], tom)
    verification.resolve(app, ids[1], jo, Solution(explanation="Restarted", fix=Fix.SYMPTOM))
    verification.reopen(app, ids[1], app.person(slack.user_id("maria")), "Again")
    shown = [(one.name, one.occurrences, one.reopened) for one in found(slack).repeated]
    assert shown == [("PAY-1", 1, 0), ("PAY-2", 0, 1)]
    page = str(slack.person("jo").types("/hypercare trends", "hypercare-desk"))
    assert "PAY-1 Payslips does not add up: 1 further occurrence" in page
    assert "PAY-2 Payslips does not add up: reopened once" in page
