"""Too many tickets for two days: the people who decide are asked once, with the options."""

from datetime import timedelta

import pytest

from bot.context import AppContext
from bot.services.followup import deferral, verification
from bot.services.intake import duplicates, intake
from bot.services.oncall import capacity
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import work
from domain.oncall.settings import Member
from domain.phases.permissions import Person as Who
from domain.tickets.closing import Solution
from domain.tickets.ticket import Deferral, Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import BERLIN, passes, to_monday
from tests.support.oncall import applied

A_DAY = 4
DAYS = 7  # the question is asked on the sixth, and again on the seventh if it were asked twice


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
@pytest.mark.shape("sqlite")
def test_two_days_of_overload_are_asked_about_once(slack: BotWorkspace) -> None:
    slack.control.post("clock", speed=20)
    applied(slack, oncall={"roster": (Member(person=slack.user_id("jo")),), "capacity_path": (slack.user_id("ann"),)})
    to_monday(slack, "09:01")
    ann = slack.person("ann")
    for day in range(DAYS):
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
    slack.person("maria").reports("Slow again", "low")
    last = f"PAY-{DAYS * A_DAY + 1}"
    slack.person("jo").types(f"/hypercare ack {last}")
    ann.presses(asked, "Reassign tickets")
    assert asked.shows("Ann Moreau decided").buttons == []
    decided = slack.triage.expects("Ann Moreau decided to reassign tickets of *PAY*").shows("owns most: 1 open ticket")
    slack.person("lena").presses(decided, "Choose tickets")
    assert last in slack.person("lena").modal().words
    slack.control.post("action", user="lena", view=True, action_id="action", value="assign")
    form = slack.person("lena").modal().fills(action="assign", owner=slack.user_id("ravi"), why="Jo has too much to do")
    assert form.submits() == {"closed": True}
    slack.triage.expects(f"{last}. Reason: Jo has too much to do")


@pytest.mark.shape("sqlite")
@pytest.mark.parametrize(("choice", "said", "pressed"), [
    ("people", "decided to add people to *PAY*", None),
    ("defer", "decided to defer tickets of *PAY*. A lead chooses which.", "List tickets"),
    ("accept", "decided to change nothing in *PAY*", None),
])  # fmt: skip
def test_what_was_decided_is_said_with_the_button_for_it(
    slack: BotWorkspace, choice: str, said: str, pressed: str | None
) -> None:
    app = slack.application.context
    with app.store.read() as tx:
        (phase,) = tx.phases.list_phases()
    lena = slack.person("lena")
    lena.reports("Slow", "low")
    capacity.decide(app, Who(lena.id), phase.id, choice, "decided")
    message = slack.triage.expects(said)
    assert message.buttons == ([pressed] if pressed else [])
    if pressed:
        lena.presses(message, pressed)
        eventually(lambda: any("PAY-1" in one for one in lena.whispers("hypercare-desk")), "the list")


@pytest.mark.shape("sqlite")
def test_no_question_when_there_are_enough_people(slack: BotWorkspace) -> None:
    slack.control.post("clock", speed=20)
    to_monday(slack, "09:01")
    for _ in range(DAYS):
        a_day(slack)
    assert [m for m in slack.person("lena").dm.messages() if "more tickets than its people can handle" in m.words] == []


def test_praise_duplicates_and_deferred_tickets_are_no_load(store: Store, clock: Clock) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    phases.apply_settings(app, PHASE)
    made = list[int]()
    for day in range(7):
        for n in range(6):
            one = Report(summary=f"Slow {day} {n}", severity=Severity.LOW)
            made.append(intake.open_ticket(app, one, person=MARIA, intake=Intake.COMMAND, quiet=True).id)
            work.acknowledge(app, made[-1], JO)
        clock.forward(hours=2)
        for id_ in made[-6:-1]:
            verification.resolve(app, id_, JO, Solution(explanation="Indexed"))
        clock.forward(hours=22)
    with app.store.read() as tx:
        before = capacity.load_at(tx, tx.phases.list_phases()[0], app.now())
    thanks = Report(summary="Thank you", severity=Severity.LOW, type=TicketType.PRAISE)
    intake.open_ticket(app, thanks, person=MARIA, intake=Intake.COMMAND, quiet=True)
    duplicates.merge(app, made[5], made[11], LENA)
    deferral.defer(app, made[17], LENA, Deferral.LOW_IMPACT, "Later", app.now().date() + timedelta(days=30))
    clock.forward(minutes=1)
    with app.store.read() as tx:
        after = capacity.load_at(tx, tx.phases.list_phases()[0], app.now())
    assert before
    assert after
    assert (before.backlog, after.backlog) == (7, 5)
    assert after.arrivals < before.arrivals
    assert before.age
