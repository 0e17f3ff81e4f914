"""Topics: who is told of which tickets, how often at most, and what stays hidden."""

from typing import Any

import pytest

from bot.context import AppContext
from bot.services.automation import topics
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import work
from bot.views.automation import topics as views
from bot.views.form import InvalidForm
from domain.automation.topics import HOURLY_TICKETS, FollowedTopic, TopicKind, first_topic, stems_of
from domain.conversations.following import FollowLevel
from domain.errors import Refused
from domain.people.profile import Organization, PersonKind, Profile
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from domain.tickets.types import TicketType
from storage.store import Store
from tests.automation.test_rules import posted
from tests.conftest import Clock
from tests.support.actions import JO, MARIA, PHASE, TOM
from tests.trust.doors import filled

BANK, PAYSLIPS = FollowedTopic(TopicKind.MODULE, "Bank"), FollowedTopic(TopicKind.WORD, "payslip export")


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00", secret=b"long enough for the tests",
                     home=Organization(("T0TEAM0",)))  # fmt: skip
    intake_ = {"modules": ("Bank", "Bank / Export", "Till"), "processes": ("Payroll",)}
    phases.apply_settings(app, PhaseSettings.model_validate(PHASE.model_dump() | {"intake": intake_}))
    with app.store.begin() as tx:
        for person in (TOM, MARIA):
            tx.profiles.save(Profile(id=person.id, team="T0TEAM0", fetched_at=app.now(), updated=1))
    return app


def opened(app: AppContext, module: str = "", summary: str = "It fails", person: Person = MARIA, **how: Any) -> Ticket:
    kind = how.pop("type", TicketType.BUG)
    report = Report(summary=summary, severity=Severity.LOW, module=module, type=kind)
    return intake.open_ticket(app, report, person=person, intake=Intake.COMMAND, **how)


def news(app: AppContext) -> list[str]:
    return [one for one in posted(app, TOM.id) if "which you follow" in one]


def test_people_follow_tickets_about_their_topics_and_hear_of_their_status(app: AppContext) -> None:
    topics.follow(app, TOM, "PAY", [BANK, PAYSLIPS])
    ticket = opened(app, "Bank / Export")
    opened(app, "Till")
    opened(app, summary="Exports of my payslips are empty")
    opened(app, "Bank", person=TOM)
    first, second = news(app)
    assert "PAY-1" in first
    assert "the module *Bank*" in first
    assert "PAY-3" in second
    work.acknowledge(app, ticket.id, JO)
    assert "is looking into *PAY-1*" in posted(app, TOM.id)[-1]
    with app.store.read() as tx:
        assert tx.followers.find_level(ticket.id, TOM.id) is FollowLevel.CHANGES
    topics.follow(app, TOM, "PAY", [])
    opened(app, "Bank")
    assert len(news(app)) == 2


def test_details_that_come_later_count_and_a_muted_ticket_stays_so(app: AppContext) -> None:
    topics.follow(app, TOM, "PAY", [BANK])
    ticket = opened(app)
    intake.add_details(app, ticket.id, {"module": "Bank"}, person=MARIA, request="one")
    assert len(news(app)) == 1
    with app.store.begin() as tx:
        tx.followers.update_level(ticket.id, TOM.id, FollowLevel.NOTHING, app.now())
    intake.add_details(app, ticket.id, {"happened": "Again"}, person=MARIA, request="two")
    assert len(news(app)) == 1


def test_more_than_ten_tickets_an_hour_are_one_message(app: AppContext, clock: Clock) -> None:
    topics.follow(app, TOM, "PAY", [BANK])
    for _ in range(HOURLY_TICKETS + 3):
        opened(app, "Bank")
    assert len(news(app)) == HOURLY_TICKETS
    assert len([one for one in posted(app, TOM.id) if "You won't get the others" in one]) == 1
    clock.forward(minutes=61)
    opened(app, "Bank")
    assert len(news(app)) == HOURLY_TICKETS + 1


def test_private_tickets_and_strangers_are_left_out(app: AppContext) -> None:
    topics.follow(app, TOM, "PAY", [BANK])
    opened(app, "Bank", type=TicketType.SECURITY)
    opened(app, "Bank", quiet=True)
    opened(app, "Bank", anonymous=True)
    (told,) = news(app)
    assert "PAY-3" in told
    assert MARIA.id not in told
    with app.store.begin() as tx:
        tx.profiles.save(Profile(id=TOM.id, team="T0TEAM0", fetched_at=app.now(), updated=2, deleted=True))
    opened(app, "Bank")
    assert len(news(app)) == 1, "a person who left hears nothing"
    with pytest.raises(Refused, match="Only people of this workspace"):
        topics.follow(app, Person("U0GUEST", kind=PersonKind.GUEST), "PAY", [BANK])


def test_the_form_gives_back_what_it_shows_and_refuses_what_can_not_be_found(app: AppContext) -> None:
    topics.follow(app, TOM, "PAY", [BANK, PAYSLIPS])
    phase, form = phases.get_phase(app, "PAY"), topics.open_form(app, TOM, "")
    assert {*views.read_form(filled(form, {}), phase)} == {BANK, PAYSLIPS}
    for words, says in (("it is the", "is in too many reports"), ("x" * 41, "too long"),
                        ("\n".join(f"word{n}" for n in range(40)), "Follow at most 30")):  # fmt: skip
        with pytest.raises(InvalidForm, match=says):
            views.read_form(filled(form, {"words": words}), phase)


def test_a_line_of_words_needs_all_of_them(app: AppContext) -> None:
    ticket = opened(app, summary="My payslips are wrong")
    assert first_topic([PAYSLIPS], ticket, stems_of(ticket)) is None
    assert first_topic([FollowedTopic(TopicKind.WORD, "Payslip")], ticket, stems_of(ticket))
