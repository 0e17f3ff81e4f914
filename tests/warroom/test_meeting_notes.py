"""What is decided or promised in a meeting: noted by one reaction, told to its tickets, and in one message."""

import pytest

from bot.context import AppContext
from bot.services.conversations.threads import NotYetPosted
from bot.services.operations import timers
from bot.services.warroom import meeting_notes
from bot.services.warroom.meeting_notes import SaidMessage
from domain.tickets.event import EventKind
from domain.tickets.types import TicketType
from domain.warroom.meeting_note import numbers_in, parse_meeting
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE
from tests.warroom import test_agendas
from tests.warroom.test_agendas import passes_days, with_agenda
from tests.warroom.test_war_rooms import land, opened, said

app = test_agendas.app
DESK = PHASE.triage_channel
AGENDA = "agenda:1:2026-03-03"


def says(text: str, ts: str = "1772530000.000001", thread: str = "1.5") -> SaidMessage:
    return SaidMessage(channel=DESK, ts=ts, thread_ts=thread, author=LENA.id, text=text)


def kinds(app: AppContext, ticket: int) -> list[EventKind]:
    with app.store.read() as tx:
        return [one.kind for one in tx.tickets.list_events(ticket)]


def test_what_is_decided_is_noted_once_told_to_its_tickets_and_listed(app: AppContext, clock: Clock) -> None:
    first, secret = opened(app), opened(app, type=TicketType.SECURITY)
    passes_days(app, clock, 1)
    land(app, AGENDA, None)
    with pytest.raises(NotYetPosted):
        meeting_notes.note(app, JO, says("PAY-1: we roll back tonight"), "too early")
    land(app, AGENDA, "1.5")
    assert meeting_notes.has_meetings(app, DESK)
    assert not meeting_notes.note(app, MARIA, says("PAY-1 is mine"), "not in the team")
    assert meeting_notes.note(app, JO, says("pay-1 and PAY-2: we roll back tonight, PAY-77 too"), "pin")
    assert meeting_notes.note(app, LENA, says("pay-1 and PAY-2: we roll back tonight, PAY-77 too"), "pin again")
    assert said(app, f"team:{first}").count("noted this from") == 1
    assert "we roll back tonight" not in said(app, f"team:{secret}"), "Jo may not work on it"
    assert kinds(app, first).count(EventKind.NOTED) == 1
    meeting_notes.note(app, LENA, says("I'll call the bank by noon", "1772530009.000001"), "pin of hers")
    listed = said(app, f"meeting_notes:{AGENDA}")
    assert listed.index("we roll back tonight") < listed.index("call the bank")
    meeting_notes.follow_edit(app, DESK, "1772530009.000001", "I'll call the bank by two")
    assert "by two" in said(app, f"meeting_notes:{AGENDA}")
    meeting_notes.take_back(app, JO, DESK, "1772530009.000001", "not his")
    assert "by two" in said(app, f"meeting_notes:{AGENDA}")
    meeting_notes.take_back(app, JO, DESK, "1772530000.000001", "his")
    assert "roll back" not in said(app, f"meeting_notes:{AGENDA}")
    assert "took back a note from the agenda" in said(app, f"team:{first}")
    meeting_notes.follow_edit(app, DESK, "1772530009.000001", "")
    assert "Nothing any more" in said(app, f"meeting_notes:{AGENDA}"), "the message was deleted"


def test_what_is_promised_below_the_minutes_of_a_stand_up_is_posted_to_its_ticket_too(
    app: AppContext, clock: Clock
) -> None:
    ticket, minutes = opened(app), "stand_up:1:2026-03-02"
    with_agenda(app, stand_up="09:00", stand_up_people=(JO.id,))
    for hours in (0.5, 5):  # Jo is asked, and has had the time to answer
        clock.forward(hours=hours)
        while timers.run_due(app):
            pass
    assert "0 of 1 answered" in said(app, minutes)
    land(app, minutes, "1.7")
    assert meeting_notes.note(app, LENA, says("I call the bank about PAY-1", thread="1.7"), "pin")
    posted = said(app, f"team:{ticket}").partition("noted this from")[2]
    assert "the stand-up" in posted
    assert "I call the bank about PAY-1" in posted
    assert "I call the bank about PAY-1" in said(app, f"meeting_notes:{minutes}")


def test_only_threads_of_meetings_are_meetings(app: AppContext, clock: Clock) -> None:
    opened(app)
    passes_days(app, clock, 1)
    for lane, thread in ((AGENDA, "1.5"), ("team:1", "1.6")):
        land(app, lane, thread)
    assert not meeting_notes.note(app, JO, says("PAY-1", thread="1.6"), "below a card")
    assert not meeting_notes.note(app, JO, says("Agenda", ts="1.5"), "the agenda itself")
    assert parse_meeting("stand_up:1:2026-03-02:U0JO000") is None, "a question to one person"
    assert parse_meeting("digest:1:2026-03-02") is None
    assert parse_meeting(AGENDA) is not None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("PAY-1, pay-2 and PAY-1", [1, 2]), ("REPAY-1 PAY-2x XPAY-3", []), ("(PAY-4)", [4]), ("PAY-1-war-room", []),
     ("PAY-" + "9" * 12, [])],
)  # fmt: skip
def test_tickets_are_known_by_their_whole_names(text: str, numbers: list[int]) -> None:
    assert numbers_in(text, "PAY") == numbers
