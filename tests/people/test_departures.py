"""A person who has left: within one poll the team has back what they held, and the leads are told once."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, update

from bot.context import AppContext
from bot.services.decisions import decisions
from bot.services.followup import promises
from bot.services.intake import intake
from bot.services.people import profiles
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.sessions import sessions
from bot.services.tickets import work
from bot.services.warroom import war_rooms
from domain.connectors.settings import Connection
from domain.conversations.following import FollowLevel
from domain.decisions.decision import DecisionDraft, DecisionKind
from domain.decisions.settings import DecisionSettings
from domain.exit.settings import ExitSettings, FirstRun
from domain.followup.promises import PromiseKind
from domain.oncall.settings import Layer, OnCallSettings, Rota
from domain.people.profile import Organization, PersonKind, Profile
from domain.phases.link import LinkKind
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.pulse.settings import Pulse
from domain.pulse.wave import Invitee
from domain.sessions.session import SessionDraft, SessionKind
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Report, Severity
from domain.warroom.war_room import WarRoomRole
from storage.delivery.tables import lanes, messages
from storage.followup.tables import promises as promise_rows
from storage.store import Store
from storage.tickets.tables import tickets
from tests.conftest import Clock
from tests.support.bot import BotWorkspace
from tests.support.control import eventually

JO, SAM, LENA, ANN = "U0JO00000", "U0SAM0000", "U0LENA000", "U0ANN0000"


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT0000", home=Organization(("T0HOME",)))
    rota = Rota(name="primary", layers=(Layer(people=(SAM, JO)),))
    phases.apply_settings(app, PhaseSettings(
        key="PAY", name="Payday", triage_channel="C0DESK000", oncall_channel="C0CALL000", leads=(LENA, ANN),
        responders=(JO,), oncall=OnCallSettings(rotas=(rota,)),
    ))  # fmt: skip
    return app


def account(person: str, **facts: object) -> dict[str, object]:
    return {"id": person, "team_id": "T0HOME", "profile": {"display_name": "Jo Adler"}, "updated": 5, **facts}


def told(app: AppContext, person: str) -> list[str]:
    asked = select(messages.c.payload).join(lanes, lanes.c.id == messages.c.lane_id).where(lanes.c.channel == person)
    with app.store.read() as tx:
        return [str(payload) for payload in tx.connection.scalars(asked) if "has left" in str(payload)]


def test_what_a_person_held_is_let_go_of_and_the_leads_are_told_once(app: AppContext, clock: Clock) -> None:
    jo = Person(JO)
    for words in ("Slow page", "No payslip"):
        intake.open_ticket(app, Report(summary=words, severity=Severity.LOW), person=Person("U0MARIA00"),
                           intake=Intake.COMMAND)  # fmt: skip
    work.acknowledge(app, 1, jo)
    promises.make_promise(app, 1, jo, PromiseKind.FIX, clock().replace(day=4), "")
    with app.store.begin() as tx:
        tx.followers.update_level(2, JO, FollowLevel.ALL, clock())
        tx.links.insert("secret", LinkKind.CALENDAR, 1, JO, at=clock(), until=clock().replace(year=2030))
        tx.reminders.insert_reminder(1, JO, "promise", "x", clock())
        tx.home_viewers.upsert_viewer(JO, clock())
        wave = tx.waves.insert(1, Pulse(name="weekly"), "1", clock(), clock() + timedelta(days=3), "salt")
        assert wave
        tx.waves.insert_invitations(
            wave.id, [(Invitee(person=one, segment="All", zone="UTC"), clock()) for one in (JO, SAM)]
        )
    profiles.receive(app, account(JO, deleted=True), "event:1")
    profiles.receive(app, account(JO, deleted=True), "event:2")  # the same news, as user_profile_changed
    with app.store.read() as tx:
        ticket = tx.tickets.get_ticket(1)
        assert (ticket.owner, ticket.status) == (None, Status.RECEIVED)
        assert tx.links.find_by_token(LinkKind.CALENDAR, "secret") is None
        assert tx.followers.find_level(2, JO) is FollowLevel.NOTHING
        assert tx.home_viewers.list_seen_since(clock().replace(year=2000)) == set()
        phase = tx.phases.list_phases()[0]
        assert [one["person"] for one in tx.waves.list_due_invitations(clock() + timedelta(days=9), 9)] == [SAM]
        assert not tx.reminders.list_due(clock().replace(year=2030), 9)
    assert len(told(app, LENA)) == len(told(app, ANN)) == 1
    note = told(app, LENA)[0]
    for words in ("Jo Adler", "*PAY-1* is unassigned again", "promised a date for *PAY-1*", "primary", "responders"):
        assert words in note
    assert phase.id


def test_the_leads_read_of_everything_that_waits_for_them(app: AppContext, clock: Clock) -> None:
    """What only the person could do is named, and every setting that names them; nothing is about another person."""
    lena, jo = Person(LENA), Person(JO)
    with app.store.read() as tx:
        settings = tx.phases.list_phases()[0].settings
    phases.apply_settings(app, settings.model_copy(update={
        "decisions": DecisionSettings(deciders={DecisionKind.GO_NO_GO: (JO, SAM)}),
        "connections": (Connection(system="jira", project="OPS", people={JO: "jo"}),),
        "exit": ExitSettings(first_runs=(FirstRun(name="Payroll", on=date(2026, 3, 9), owner=JO),)),
    }))  # fmt: skip
    intake.open_ticket(app, Report(summary="Slow page", severity=Severity.CRITICAL), person=Person("U0MARIA00"),
                       intake=Intake.COMMAND)  # fmt: skip
    for question, kind in (("Go on?", DecisionKind.GO_NO_GO), ("Or not?", DecisionKind.SCOPE)):
        decisions.add(app, lena, "PAY", DecisionDraft(kind=kind, question=question, options=("Yes", "No")))
    war_rooms.open_war_room(app, 1, jo)
    war_rooms.set_roles(app, 1, jo, {WarRoomRole.SCRIBE: JO})
    for host in (JO, SAM, JO):
        draft = SessionDraft(kind=SessionKind.WORKSHOP, title="Queues", starts=clock() + timedelta(hours=2), host=host,
                             participants=(ANN,))  # fmt: skip
        sessions.plan(app, lena, "PAY", draft)
    profiles.receive(app, account(JO, deleted=True), "event:1")
    note = told(app, LENA)[0]
    for words in ("*D1* waits for their decision", "the war room of *PAY-1*", "They host the sessions *S1, S3*"):
        assert words in note
    for setting in ("responders", "oncall.rotas", "decisions.deciders", "exit.first_runs", "connections.people"):
        assert setting in note
    assert not {"D2", "S2"} & {*re.findall(r"[A-Z]\d", note)}


@pytest.mark.parametrize("held", ["promise", "link"])
def test_whoever_promised_or_has_a_link_is_asked_about(app: AppContext, clock: Clock, held: str) -> None:
    """Slack's event may be lost, and they are neither in the team nor the owner of anything."""
    intake.open_ticket(app, Report(summary="Slow page", severity=Severity.LOW), person=Person("U0MARIA00"),
                       intake=Intake.COMMAND)  # fmt: skip
    work.acknowledge(app, 1, Person(JO))
    promises.make_promise(app, 1, Person(JO), PromiseKind.FIX, clock().replace(day=4), "")
    assert {JO} <= {*profiles.list_stale(app)}
    with app.store.begin() as tx:
        tx.connection.execute(update(tickets).values(owner=None))
        if held == "link":
            tx.connection.execute(delete(promise_rows))
            tx.links.insert("secret", LinkKind.REPORT, 1, JO, at=clock(), until=clock().replace(year=2030))
    with app.store.read() as tx:
        settings = tx.phases.list_phases()[0].settings
    phases.apply_settings(app, settings.model_copy(update={"responders": (), "oncall": OnCallSettings()}))
    assert JO in profiles.list_stale(app)


def test_their_turns_on_call_are_the_leads_until_they_are_back(app: AppContext) -> None:
    from bot.services.oncall import shifts

    def on_call() -> set[str]:
        with app.store.read() as tx:
            [schedule] = shifts.rota_schedules(tx, tx.phases.list_phases()[0], app.now())
            return {shift.on_call.person for shift in shifts.upcoming_shifts(schedule, app.now())}

    assert on_call() == {SAM, JO}
    profiles.receive(app, account(JO, deleted=True), "event:1")
    assert on_call() == {SAM, ""}
    profiles.receive(app, account(JO, updated=9), "event:2")
    assert on_call() == {SAM, JO}


def test_older_news_and_nonsense_change_nothing(app: AppContext) -> None:
    profiles.receive(app, account(JO, deleted=True, updated=9), "event:1")
    for number, user in enumerate(({}, {"id": 7}, account(JO), account("U0NEVER00"), {"id": JO, "updated": "x"})):
        profiles.receive(app, user, f"event:{number + 2}")
    with app.store.read() as tx:
        known = tx.profiles.find(JO)
        assert known is not None
        assert known.deleted
        assert tx.profiles.find("U0NEVER00") is None


def test_a_person_who_leaves_is_noticed_from_slacks_event_and_from_a_poll(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow page")
    card = slack.triage.expects("Slow page")
    slack.person("jo").presses(card, "Acknowledge")
    card.shows("Acknowledged")
    slack.control.post("person", user="jo", deactivated=True)
    card.shows("unassigned")
    slack.person("lena").dm.expects("has left")
    slack.person("maria").dm.expects("Thank you").expects_reply("its owner has left")
    slack.person("ravi").presses(card, "Acknowledge")
    card.shows("owner")
    slack.box.world.workspace.user("ravi").deleted = True  # without an event
    slack.box.world.workspace.user("ravi").updated = 2**40
    refresher = next(one for one in slack.application.workers.pollers if type(one).__name__ == "ProfileRefresher")
    slack.loop.run(refresher.check())
    card.shows("unassigned")


def test_moving_to_the_far_east_is_no_reason_to_fail(slack: BotWorkspace) -> None:
    slack.control.post("person", user="jo", tz="Pacific/Kiritimati")
    slack.person("jo").types("/hypercare mine")

    def zone() -> str:
        with slack.application.store.read() as tx:
            known = tx.profiles.find(slack.user_id("jo"))
            return known.tz if known else ""

    assert eventually(lambda: zone() == "Pacific/Kiritimati", "the zone at UTC+14")


def test_an_old_profile_is_used_and_looked_up_again_and_forgotten_after_a_quarter(
    app: AppContext, clock: Clock
) -> None:
    again: list[str] = []
    app.look_up_again = again.append
    with app.store.begin() as tx:
        tx.profiles.save(Profile(id="U0MARIA00", team="T0HOME", is_restricted=True, fetched_at=clock()))
    assert app.person("U0MARIA00").kind is PersonKind.GUEST
    clock.forward(hours=25)
    assert app.person("U0MARIA00").kind is PersonKind.GUEST
    assert again == ["U0MARIA00"]
    with app.store.begin() as tx:
        assert tx.profiles.delete_older(clock()) == 1
        assert tx.profiles.find("U0MARIA00") is None
