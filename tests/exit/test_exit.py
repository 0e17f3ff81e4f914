"""The exit of a phase in Slack: what is missing, and first runs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.views.exit.readiness import window_sentences
from domain.exit.first_runs import RunWindow
from domain.statistics.comparison import compare_daily_counts
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import applied


def told(slack: BotWorkspace, name: str, text: str, channel: str = "hypercare-digest") -> None:
    """Wait for an answer that only that person sees."""
    eventually(lambda: any(text in one for one in slack.person(name).whispers(channel)), text)


def days_pass(slack: BotWorkspace, count: int) -> None:
    """One day after another, so that each morning happens."""
    for _ in range(count):
        passes(slack, days=1)


def prepared(slack: BotWorkspace, runs: int = 1, **more: object) -> None:
    """A phase that Jo runs later and Ann signs for; its payroll runs on Wednesday, and Tom owns it."""
    to_monday(slack, "07:00")
    today = slack.application.context.now().date()
    first_runs = ({"name": "Payroll", "on": today + timedelta(days=2), "owner": slack.user_id("tom"),
                   "acceptance": "All sums agree"},)[:runs]  # fmt: skip
    owners = {"run_owners": (slack.user_id("jo"),), "business_owners": (slack.user_id("ann"),)}
    applied(slack, **{"go_live": today, "exit": {**owners, "first_runs": first_runs}, **more})


def test_a_phase_without_data_says_what_is_missing(slack: BotWorkspace) -> None:
    prepared(slack)
    page = str(slack.person("jo").types("/hypercare exit", "hypercare-desk"))
    assert "is not ready to end. 3 of 6 gates pass. The score is not measurable yet." in page
    assert "Waiting for Payroll" in page
    assert "no pulse with visible results has asked about it" in page
    assert "There is no forecast yet: it needs at least 10 confirmed defects." in page


def test_a_first_run_is_watched_until_its_owner_accepts_it(slack: BotWorkspace) -> None:
    prepared(slack, planned_end=slack.application.context.now().date() + timedelta(days=9))
    passes(slack, hours=2)
    digest = slack.channel("hypercare-digest")
    digest.expects("Make sure that enough people are available")
    passes(slack, days=2)
    digest.expects("runs for the first time today")
    slack.person("maria").reports("The payslip of a leaver is wrong", severity="critical")
    slack.triage.expects("The payslip of a leaver")
    passes(slack, days=1)
    tom = slack.person("tom")
    asked = tom.dm.expects("How did the first run of Payroll go?")
    assert "All sums agree" in asked.words
    assert "1 report came in its watched days, 1 critical." in asked.words
    tom.presses(asked, "Reports (1)")
    told(slack, "tom", "The payslip of a leaver", "@hypercare")
    tom.presses(asked, "Decide")
    form = tom.modal().fills(what="accepted|run:Payroll")
    assert "errors" in form.submits(), "a decision needs its reason"
    assert form.fills(reason="All sums agree with the old system").submits()["view"], "it says what follows"
    digest.expects("accepted “Payroll” for the exit")
    assert "accepted, All sums agree" in str(slack.person("jo").types("/hypercare exit", "hypercare-desk"))
    assert "Decide" not in asked.shows("accepted. We've told the team").buttons


def test_a_first_run_after_the_planned_end_is_said_on_the_first_day(slack: BotWorkspace) -> None:
    to_monday(slack, "07:00")
    today = slack.application.context.now().date()
    run = {"name": "Month-end close", "on": today + timedelta(days=20), "owner": slack.user_id("tom")}
    applied(slack, go_live=today, planned_end=today + timedelta(days=14), exit={"first_runs": (run,)})
    passes(slack, hours=2)
    slack.channel("hypercare-digest").expects("is before these first runs are over: Month-end close")


def test_what_came_in_a_first_run_is_compared_with_the_days_before_the_go_live() -> None:
    monday = date(2026, 3, 2)
    days = [monday + timedelta(days=n) for n in range(14)]
    before = [(monday - timedelta(days=n), 12.0 if n == 1 else 0.0) for n in range(1, 29)]
    now = [(on, 30.0 if on == monday else 0.0) for on in days]
    found = RunWindow(
        begins=datetime(2026, 3, 2, tzinfo=UTC), ends=datetime(2026, 3, 16, tzinfo=UTC), reports=30, critical=2,
        has_baseline=True, compared=compare_daily_counts(now, before),
    )  # fmt: skip
    assert "5.0 times as many as on the same weekdays before the go-live (95 %: 2.5 to 10.7)" in str(
        window_sentences(found)
    )
    assert "too few, or too early" in str(window_sentences(replace(found, compared=None)))
