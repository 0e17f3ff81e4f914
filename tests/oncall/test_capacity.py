"""Too many tickets for two days: the people who decide are asked once, with the options."""

from datetime import timedelta

import pytest

from bot.services.followup import verification
from bot.services.intake import intake
from bot.services.tickets import work
from domain.oncall.settings import Member
from domain.phases.permissions import Person as Who
from domain.tickets.closing import Solution
from domain.tickets.ticket import Intake, Report, Severity
from tests.support.bot import BotWorkspace
from tests.support.days import BERLIN, passes, to_monday
from tests.support.oncall import applied

A_DAY = 4


def a_day(slack: BotWorkspace) -> None:
    """From nine to five: tickets are reported, worked on all day by one person, and resolved."""
    maria, jo = Who(slack.user_id("maria")), Who(slack.user_id("jo"))
    app = slack.application.context
    reports = [Report(summary=f"Slow {n}", severity=Severity.LOW) for n in range(A_DAY)]
    made = [intake.open_ticket(app, one, person=maria, intake=Intake.COMMAND, quiet=True) for one in reports]
    for ticket in made:
        work.acknowledge(app, ticket.id, jo)
    slack.control.post("clock", advance=8 * 3600 - 60)
    for ticket in made:
        verification.resolve(app, ticket.id, jo, Solution(explanation="Indexed"))
    to_nine(slack)


def to_nine(slack: BotWorkspace) -> None:
    """The next working day at a minute past nine."""
    now = slack.application.context.now().astimezone(BERLIN)
    following = (now + timedelta(days=1)).replace(hour=9, minute=1)
    while following.weekday() > 4:
        following += timedelta(days=1)
    passes(slack, seconds=(following - now).total_seconds())


@pytest.mark.long
def test_two_days_of_overload_are_asked_about_once(slack: BotWorkspace) -> None:
    slack.control.post("clock", speed=20)
    applied(slack, oncall={"roster": (Member(person=slack.user_id("jo")),), "capacity_path": (slack.user_id("ann"),)})
    to_monday(slack, "09:01")
    ann = slack.person("ann")
    for day in range(9):
        a_day(slack)
        if day < 4:
            assert [
                m for m in ann.dm.messages() if "more tickets than its people can handle" in m.words
            ] == []  # too little data yet
    (asked,) = [m for m in ann.dm.messages() if "more tickets than its people can handle" in m.words]
    assert "At this rate you need 2 people in total, or have to defer" in asked.raw["text"]
    assert (
        "4.0 new tickets a working day, 2.0 h of work each. 1.0 people working 5.0 h a day can handle 2.5."
        in asked.words
    )
    ann.presses(asked, "Add people")
    slack.triage.expects("Ann Moreau decided to add people to *PAY*")


def test_no_question_when_there_are_enough_people(slack: BotWorkspace) -> None:
    slack.control.post("clock", speed=20)
    to_monday(slack, "09:01")
    for _ in range(8):
        a_day(slack)
    assert [m for m in slack.person("lena").dm.messages() if "more tickets than its people can handle" in m.words] == []
