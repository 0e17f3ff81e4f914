"""App Homes are drawn after the commit: no statement of a report depends on how many people have one open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from bot.context import AppContext
from bot.services.home import homes
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.ticket import Intake, Origin, Report, Severity
from storage.store import Store
from tests.conftest import Clock

RESPONDERS = tuple(f"U0TEAM{number:03}" for number in range(30))
REPORT = Report(summary="The printer in hall 2 is on fire", severity=Severity.CRITICAL)
MARIA = Person("U0MARIA00")


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    phases.apply_settings(app, PhaseSettings.model_validate({
        "key": "PAY", "name": "Payroll", "triage_channel": "C0DESK000", "oncall_channel": "C0CALL000",
        "leads": RESPONDERS[:1], "responders": RESPONDERS, "timezone": "Europe/Berlin",
    }))  # fmt: skip
    return app


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """Collect the statements that are executed in the block."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def form(app: AppContext, number: int) -> None:
    intake.open_ticket(app, REPORT, person=MARIA, intake=Intake.COMMAND, request=f"view:{number}")


def shortcut(app: AppContext, number: int) -> None:
    origin = Origin(channel="C0HALL000", ts=f"{number}.000100", thread_ts=None)
    intake.open_ticket(app, REPORT, person=MARIA, intake=Intake.MESSAGE, origin=origin, request=f"view:{number}")


def reaction(app: AppContext, number: int) -> None:
    origin = Origin(channel="C0HALL000", ts=f"{number}.000200", thread_ts=None)
    assert intake.open_from_message(app, REPORT, person=MARIA, origin=origin, intake=Intake.REACTION)


def direct_message(app: AppContext, number: int) -> None:
    origin = Origin(channel="D0MARIA00", ts=f"{number}.000300", thread_ts=None)
    assert intake.open_from_message(app, REPORT, person=MARIA, origin=origin, intake=Intake.DIRECT)


@pytest.mark.parametrize("report", [form, shortcut, reaction, direct_message])
def test_a_report_takes_the_same_statements_however_many_homes_are_open(
    app: AppContext, store: Store, clock: Clock, report: Callable[[AppContext, int], None]
) -> None:
    taken: list[list[str]] = []
    report(app, 1)  # what is only done for the first one
    for number, viewers in enumerate((0, 10, 30), start=2):
        for person in (*RESPONDERS[:viewers], *([MARIA.id] if viewers else [])):
            homes.open_home(app, Person(person))
        clock.forward(minutes=20)  # so that the pages before are not many at once
        with counted(store) as statements:
            report(app, number)
        taken.append(statements)
    assert len(taken[0]) > 0
    assert taken[0] == taken[1] == taken[2]


def test_many_changes_draw_each_home_once(app: AppContext, store: Store) -> None:
    noted: list[set[tuple[str, int]]] = []
    app.publish_homes = noted.append
    for person in (MARIA.id, *RESPONDERS[:3]):
        homes.open_home(app, Person(person))
    for number in range(5):
        form(app, number)
    assert homes.publish_changed(app, set().union(*noted)) == 4
    assert homes.publish_changed(app, {("U0OTHER00", 0)}) == 0


def test_a_home_shows_some_tickets_and_counts_all_of_them(app: AppContext) -> None:
    for number in range(30):
        form(app, number)
    with app.store.read() as tx:
        for person in (MARIA, Person(RESPONDERS[5])):
            drawn = str(homes.draw_home(tx, person, app.now()))
            assert "… and 5 more." in drawn
            assert drawn.count("The printer in hall 2") < 60


def test_a_private_ticket_is_not_counted_for_people_who_may_not_see_it(app: AppContext) -> None:
    from domain.tickets.types import TicketType

    form(app, 1)
    secret = Report(summary="A stranger read the payroll", severity=Severity.HIGH, type=TicketType.SECURITY)
    intake.open_ticket(app, secret, person=MARIA, intake=Intake.COMMAND, request="view:secret")
    with app.store.read() as tx:
        assert "(2)" in str(homes.draw_home(tx, Person(RESPONDERS[0]), app.now()))
        assert "(1)" in str(homes.draw_home(tx, Person(RESPONDERS[5]), app.now()))
