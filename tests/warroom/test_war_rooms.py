"""War rooms on both databases: where they are, who is invited, what people note, and how they end."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.context import AppContext
from bot.services.followup import verification
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import bulk_changes, work
from bot.services.warroom import timeline, war_rooms
from domain.delivery.message import ChannelTask, MessageState
from domain.errors import Refused
from domain.people.profile import Organization, PersonKind, Profile
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Report, Severity
from domain.tickets.types import TicketType
from domain.warroom.war_room import SCOPE, WarRoomRole, channel_name
from handlers.conversations.threads import EVENTS
from handlers.request import Request
from storage.delivery.tables import lanes, messages
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import FIXED, JO, LENA, MARIA, PHASE, RAVI, TOM, writes

CHANNEL, DESK, TEAM = "C0WARROOM", PHASE.triage_channel, "T0TEAM"


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00", scopes=frozenset({SCOPE}),
                     secret=b"secret", home=Organization((TEAM,)))  # fmt: skip
    apply(app)
    for person in (MARIA, TOM):
        known(app, person)
    return app


def known(app: AppContext, person: Person) -> None:
    strange = person.kind is PersonKind.STRANGER
    with app.transaction() as tx:
        tx.profiles.save(Profile(id=person.id, team=TEAM, fetched_at=app.now(), updated=1, is_stranger=strange))


def apply(app: AppContext, **war_room: Any) -> None:
    rota = {"name": "support", "layers": ({"people": (RAVI.id,)},)}
    settings = PHASE.model_dump() | {"war_room": war_room, "oncall": {"rotas": (rota,)}}
    phases.apply_settings(app, PhaseSettings.model_validate(settings))


def opened(app: AppContext, severity: Severity = Severity.CRITICAL, **more: Any) -> int:
    kind = more.pop("type", TicketType.BUG)
    report = Report(summary="No one can pay", severity=severity, type=kind)
    return intake.open_ticket(app, report, person=more.pop("person", MARIA), intake=Intake.COMMAND, **more).id


def changes(app: AppContext, what: ChannelTask) -> list[dict[str, Any]]:
    asked = select(messages.c.payload).where(messages.c.verb == "channel", messages.c.state == MessageState.WAITING)
    with app.store.read() as tx:
        found = [*tx.connection.scalars(asked.order_by(messages.c.id))]
    return [one for one in found if one["do"] == what]


def said(app: AppContext, lane: str) -> str:
    asked = select(messages.c.payload).join(lanes, lanes.c.id == messages.c.lane_id).where(lanes.c.name == lane)
    with app.store.read() as tx:
        return "\n".join(map(str, tx.connection.scalars(asked.order_by(messages.c.id))))


def land(app: AppContext, lane: str, ts: str | None) -> None:
    """Let Slack have posted what waits; without `ts`, it isn't known yet where the first message of the lane stands."""
    state = MessageState.SENT if ts else MessageState.SENDING
    with app.store.begin() as tx:
        tx.connection.execute(update(lanes).where(lanes.c.name == lane).values(thread_ts=ts))
        tx.connection.execute(update(messages).values(state=state))


def created(app: AppContext, ticket: int) -> None:
    """Let Slack have created the channel."""
    with app.store.begin() as tx:
        tx.connection.execute(update(lanes).where(lanes.c.name == f"war_room:{ticket}").values(channel=CHANNEL))


def invited(app: AppContext) -> list[str]:
    return [one for change in changes(app, ChannelTask.INVITE) for one in change["users"]]


def war_room_of(app: AppContext, ticket: int) -> Any:
    with app.store.read() as tx:
        return tx.war_rooms.find_open(ticket)


def test_a_war_room_invites_who_is_needed_and_its_topic_follows_the_ticket(app: AppContext) -> None:
    ticket = opened(app)
    work.take(app, ticket, JO)
    war_rooms.open_war_room(app, ticket, LENA)
    assert changes(app, ChannelTask.CREATE)[0]["name"] == "pay-1-war-room"
    assert invited(app) == [RAVI.id, JO.id, LENA.id, MARIA.id]
    work.set_status(app, ticket, JO, Status.FIXING)
    work.assign(app, ticket, LENA, RAVI.id)
    assert changes(app, ChannelTask.TOPIC)[-1]["topic"] == "Critical · Fix in progress · PAY-1 No one can pay"
    war_rooms.set_roles(app, ticket, LENA, dict.fromkeys(WarRoomRole, "") | {WarRoomRole.SCRIBE: TOM.id})
    assert invited(app)[4:] == [TOM.id], "only new people are invited"
    assert f"Scribe: <@{TOM.id}>" in said(app, f"war_room:{ticket}")
    with pytest.raises(Refused, match="has a war room already"):
        war_rooms.open_war_room(app, ticket, JO)
    with pytest.raises(Refused, match="can't work on tickets"):
        war_rooms.open_war_room(app, ticket, TOM)


def test_neither_a_private_ticket_nor_an_anonymous_or_foreign_reporter_is_shown(app: AppContext) -> None:
    apply(app, automatic=True)
    private = opened(app, type=TicketType.SECURITY)
    assert war_room_of(app, private).own_channel is False
    assert not changes(app, ChannelTask.CREATE)
    opened(app, anonymous=True)
    stranger = replace(TOM, kind=PersonKind.STRANGER)
    known(app, stranger)
    opened(app, person=stranger)
    assert len(changes(app, ChannelTask.CREATE)) == 2
    assert {*invited(app)} <= {RAVI.id}, "reporters who are not to be seen are not invited"


def test_critical_tickets_get_one_by_themselves_where_the_phase_says_so(app: AppContext) -> None:
    apply(app, automatic=True)
    first = opened(app, Severity.HIGH)
    assert war_room_of(app, first) is None
    bulk_changes.set_severity_all(app, [first], LENA, Severity.CRITICAL, "raised")
    assert war_room_of(app, first).own_channel
    card = said(app, f"team:{first}")
    assert card.index("No one can pay") < card.index("opened a war room"), "the card is the first message"


@pytest.mark.parametrize("why", ["setting", "scope"])
def test_without_a_channel_all_of_it_happens_in_the_thread_of_the_card(app: AppContext, why: str) -> None:
    app.scopes = frozenset() if why == "scope" else app.scopes
    apply(app, own_channel=why != "setting")
    ticket = opened(app)
    war_rooms.open_war_room(app, ticket, JO)
    war_rooms.set_roles(app, ticket, JO, {WarRoomRole.LEAD: LENA.id})
    writes(app, ticket, "team", JO, "The pump is off")
    with app.store.read() as tx:
        found = tx.outbox.find(f"team:{ticket}")
    assert found
    assert timeline.note(app, JO, DESK, "1772442000.000001", str(found.thread_ts), JO.id, "The pump is off", "pin")
    war_rooms.close_war_room(app, ticket, JO, "The pump was off. It has a watchdog now.")
    thread = said(app, f"team:{ticket}")
    assert "Wrap up" in thread
    assert f"Incident lead: <@{LENA.id}>" in thread
    assert "It has a watchdog now" in thread.split("closed the war room")[-1]
    assert "The pump is off" in thread.split("*Timeline*")[1]
    with app.store.read() as tx:
        kinds = [one.kind for one in tx.tickets.list_events(ticket)]
        assert not [*tx.connection.scalars(select(messages.c.id).where(messages.c.verb == "channel"))]
    assert {EventKind.WAR_ROOM_OPENED, EventKind.WAR_ROOM_ROLES, EventKind.TIMELINE,
            EventKind.WAR_ROOM_CLOSED} <= {*kinds}  # fmt: skip


def test_the_timeline_has_what_the_team_marked_and_follows_edits(app: AppContext) -> None:
    ticket = opened(app)
    war_rooms.open_war_room(app, ticket, JO)
    created(app, ticket)
    for number, words in enumerate(("Pump off", "Called Berlin", "A joke")):
        assert timeline.note(app, JO, CHANNEL, f"177244200{number}.000001", "", RAVI.id, words, f"pin {number}")
    assert timeline.note(app, LENA, CHANNEL, "1772442000.000001", "", RAVI.id, "Pump off", "again"), "it is there once"
    assert not timeline.note(app, MARIA, CHANNEL, "1772442009.000001", "", MARIA.id, "Hello", "hers"), (
        "only the team notes"
    )
    assert not timeline.note(app, JO, "C0OTHER", "1772442009.000001", "9.9", JO.id, "Lunch", "elsewhere")
    timeline.follow_edit(app, CHANNEL, "1772442001.000001", "Called Bern")
    timeline.take_out(app, LENA, CHANNEL, "1772442002.000001", "not hers")
    timeline.take_out(app, JO, CHANNEL, "1772442002.000001", "his")
    form = str(war_rooms.open_form(app, ticket, JO, closing=True))
    assert form.index("Pump off") < form.index("Called Bern")
    assert "A joke" not in form
    timeline.follow_edit(app, CHANNEL, "1772442000.000001", "")
    assert "Pump off" not in str(war_rooms.open_form(app, ticket, JO, closing=True)), "its message was deleted"


def test_a_war_room_closes_with_its_ticket_and_can_be_opened_again(app: AppContext, clock: Clock) -> None:
    ticket = opened(app)
    war_rooms.open_war_room(app, ticket, JO)
    clock.forward(minutes=90)
    verification.resolve(app, ticket, JO, replace(FIXED, test="Paid 1 €"))
    assert war_room_of(app, ticket), "people may still have to talk about it"
    verification.confirm(app, ticket, MARIA)
    assert war_room_of(app, ticket) is None
    assert "so its war room is closed* after 1 h 30 min" in said(app, f"war_room:{ticket}")
    assert len(changes(app, ChannelTask.ARCHIVE)) == 1
    with pytest.raises(Refused, match="Reopen it first"):
        war_rooms.open_war_room(app, ticket, JO)
    verification.reopen(app, ticket, MARIA, "Again")
    war_rooms.open_war_room(app, ticket, JO)
    assert len(changes(app, ChannelTask.CREATE)) == 2
    with pytest.raises(Refused, match="has no open war room"):
        war_rooms.open_form(app, opened(app), JO)


def test_the_name_of_a_channel_is_one_that_slack_takes(app: AppContext) -> None:
    with app.store.read() as tx:
        assert channel_name(tx.tickets.get_ticket(opened(app))) == "pay-1-war-room"


def test_a_reaction_that_was_taken_back_does_nothing_when_its_event_comes_late(app: AppContext) -> None:
    """Slack promises no order of events; what happened later counts."""
    ticket = opened(app)
    war_rooms.open_war_room(app, ticket, JO)
    created(app, ticket)

    def event(name: str, at: float, number: int) -> Request:
        payload = {
            "reaction": "pushpin",
            "item": {"channel": CHANNEL, "ts": "1772442001.000001"},
            "event_ts": f"{at:.6f}",
        }
        said = {"user": RAVI.id, "text": "The pump is off", "ts": "1772442001.000001"}
        return Request(person=JO, request=f"{name} {number}", channel=CHANNEL, payload=payload, look=lambda *_: said)

    def noted() -> list[str]:
        with app.store.read() as tx:
            return [one.text for one in tx.war_rooms.list_entries(war_room_of(app, ticket).id)]

    EVENTS["reaction_removed"](app, event("removed", 1772442020, 1))
    EVENTS["reaction_added"](app, event("added", 1772442010, 1))
    assert noted() == []
    EVENTS["reaction_added"](app, event("added", 1772442030, 2))
    assert noted() == ["The pump is off"], "added again"
    EVENTS["reaction_removed"](app, event("removed", 1772442040, 2))
    EVENTS["reaction_added"](app, event("added", 1772442035, 3))
    assert noted() == []
