"""Contacts on both databases: logged in two taps by anybody, their tickets, and where to walk next."""

import pytest

from bot.context import AppContext
from bot.services.contacts import contacts
from bot.services.intake import intake
from bot.services.operations import erasure
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import trends, walks
from bot.views.contacts import contacts as views
from domain.contacts.contact import ContactDraft, ContactOutcome, Walk, WalkReason, plan_walks
from domain.errors import Refused
from domain.people.profile import Organization, PersonKind, Profile
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.ticket import Intake, Report, Severity
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE, TOM
from tests.support.bot import BotWorkspace
from tests.trust.doors import filled

HALL = tuple(f"U0HALL{n:02}" for n in range(20))
GROUPS = ({"name": "Hall", "members": HALL}, {"name": "Stores", "members": ("U0STORE1",), "people": 20},
          {"name": "Office", "members": (MARIA.id, "U0OFFICE1"), "people": 20})  # fmt: skip
SOLVED, TICKET = ContactOutcome.SOLVED, ContactOutcome.TICKET


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00", home=Organization(("T0TEAM0",)))
    more = {"intake": {"modules": ("Till",)}, "reporting": {"user_groups": GROUPS}}
    phases.apply_settings(app, PhaseSettings.model_validate(PHASE.model_dump() | more))
    with app.store.begin() as tx:
        for person in (TOM.id, MARIA.id, *HALL[:2]):
            tx.profiles.save(Profile(id=person, team="T0TEAM0", fetched_at=app.now(), updated=1))
    return app


def test_the_second_contact_takes_two_taps(app: AppContext) -> None:
    phase = phases.get_phase(app, "PAY")
    first = filled(contacts.open_form(app, TOM, ""), {"group": "Hall", "module": "Till"})
    contacts.log_contact(app, TOM, "PAY", views.read_form(first, phase))
    again = views.read_form(filled(contacts.open_form(app, TOM, ""), {}), phase)
    assert (again.group, again.module, again.outcome) == ("Hall", "Till", SOLVED)
    contacts.log_contact(app, TOM, "PAY", again)
    shown = str(contacts.page(app, TOM, PHASE.triage_channel, []))
    assert "2 contacts today, none with a ticket" in shown
    assert "Hall · Till · solved on the spot" in shown
    assert "Hall · Till" in str(contacts.page(app, JO, PHASE.triage_channel, []))
    assert "Hall · Till" not in str(contacts.page(app, MARIA, PHASE.triage_channel, [])), "a walker sees their own"
    for person in (Person("U0GUEST", kind=PersonKind.GUEST), Person("U0STRAN", kind=PersonKind.STRANGER)):
        with pytest.raises(Refused, match="Only people of this workspace"):
            contacts.log_contact(app, person, "PAY", again)


def test_who_stands_beside_users_logs_a_contact_from_a_phone_and_gets_no_other_right(slack: BotWorkspace) -> None:
    tom = slack.person("tom")
    slack.person("maria").reports("The till is slow")
    for asked in ({"person": slack.user_id("maria"), "note": "Where to find old payslips"}, {}):
        slack.control.post("shortcut", user="tom", callback_id="contact_log")  # the first tap
        assert tom.modal().fills(**asked).submits() == {"closed": True}  # the second
    shown = str(tom.types("/hypercare contacts"))
    assert "2 contacts today, none with a ticket" in shown
    assert "can't work on tickets" in tom.types("/hypercare take PAY-1")["text"]


def test_a_contact_that_needs_a_ticket_opens_one_for_the_person_who_was_met(app: AppContext) -> None:
    with pytest.raises(Refused, match="A ticket needs some words"):
        contacts.log_contact(app, TOM, "PAY", ContactDraft(outcome=TICKET))
    draft = ContactDraft(person=HALL[0], module="Till", note="The till prints twice", outcome=TICKET)
    ticket = contacts.log_contact(app, TOM, "PAY", draft, app.person(HALL[0]))
    assert ticket
    assert (ticket.reporter, ticket.filed_by, ticket.intake) == (HALL[0], TOM.id, Intake.CONTACT)
    with app.store.read() as tx:
        (kept,) = tx.contacts.list_newest(1, 5)
    assert (kept.group, kept.ticket_id) == ("Hall", ticket.id), "the group follows from the person"
    shown = str(contacts.page(app, LENA, PHASE.triage_channel, []))
    assert "Hall · Till · The till prints twice · PAY-1" in shown
    assert HALL[0] not in shown
    erasure.erase(app, TOM.id)
    with app.store.read() as tx:
        assert tx.people.find_remaining(TOM.id) == []
        assert tx.contacts.list_newest(1, 5)[0].note == "The till prints twice"


def test_where_to_walk_follows_from_what_was_heard(app: AppContext, clock: Clock) -> None:
    for number in range(8):
        person = Person("U0OFFICE1") if number % 2 else MARIA
        intake.open_ticket(app, Report(summary=f"Fault {number}", severity=Severity.LOW), person=person,
                           intake=Intake.COMMAND)  # fmt: skip
    for _ in range(4):
        contacts.log_contact(app, TOM, "PAY", ContactDraft(group="Stores"))
    clock.forward(minutes=1)
    with app.store.read() as tx:
        phase = tx.phases.get(1)
        found = walks.walks(tx, phase, clock())
        seen = trends.trends(tx, phase, clock()).quiet_groups
        line = walks.contacts_line(tx, phase, clock() - walks.WEEK, clock())
    assert found[:2] == [Walk("Stores", WalkReason.BUSY), Walk("Hall", WalkReason.QUIET)]
    assert [one.name for one in seen] == ["Hall"], "a group that was talked to is not quiet"
    assert line == "4 contacts by floor walkers, none with a ticket. Walk next: Stores, Hall, Office."


@pytest.mark.parametrize(
    ("heard", "today", "first"),
    [({"b": 9}, {}, WalkReason.QUIET), ({}, {"a": 5}, WalkReason.BUSY), ({}, {}, WalkReason.UNVISITED)],
)
def test_a_plan_gives_the_strongest_reason_first(
    clock: Clock, heard: dict[str, int], today: dict[str, int], first: WalkReason
) -> None:
    people = {"a": 20, "b": 20, "c": 20}
    found = plan_walks(people, heard, today, {"b": clock()})
    assert found[0] == Walk("a", first)
    assert len({one.group for one in found}) == len(found)


def test_a_defect_that_a_walker_saw_is_not_found_by_both_sides() -> None:
    shared, alone = trends.found_by(["U1", "U2"], "U1"), trends.found_by(["U3"], None)
    assert trends.found_by(["U1"], "U1") == ["team"]
    assert (shared, alone) == (["U2", "team"], ["U3"])
