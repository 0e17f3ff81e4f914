"""No one can push a ticket by pressing again, stop an import, or ping people by a search."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.services.intake import duplicates
from bot.services.oncall import escalations, icalendar
from bot.services.tickets import work
from bot.views.tickets import search
from domain.errors import Refused
from tests.trust import stages, world
from tests.trust.faults import Fuse
from tests.trust.world import JO, MARIA, TOM, World

EVENT = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:U0SAM0000\r\nDTSTART:20260302T090000Z\r\n\
DTEND:20260302T170000Z\r\nRRULE:{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with stages.sqlite(tmp_path_factory.mktemp("pushing") / "world.db")(Fuse()) as opened:
        yield opened


def test_me_too_counts_once_a_person_and_hour(made: World) -> None:
    def happened() -> int:
        with made.app.store.read() as tx:
            return tx.affected.count_occurrences(made.ids["new"], world.START)

    before = happened()
    for _ in range(25):
        duplicates.add_affected(made.app, made.ids["new"], TOM)
    assert happened() == before + 1
    world.move(made, made.app.now() + timedelta(hours=1))
    duplicates.add_affected(made.app, made.ids["new"], TOM)
    assert happened() == before + 2


def test_a_reporter_escalates_once_until_the_team_answers(made: World) -> None:
    escalations.escalate(made.app, made.ids["new"], MARIA, "It can't wait")
    with pytest.raises(Refused, match="already escalated"):
        escalations.escalate(made.app, made.ids["new"], TOM, "It really can't")
    escalations.escalate(made.app, made.ids["new"], JO, "The next one, please")
    work.acknowledge(made.app, made.ids["new"], JO)
    escalations.escalate(made.app, made.ids["new"], MARIA, "It is worse")


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;INTERVAL=5",
                                  "FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5"])  # fmt: skip
def test_a_calendar_that_would_take_hours_to_read_is_refused(rule: str) -> None:
    since = datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(icalendar.InvalidCalendar, match="more than 24 times a day"):
        icalendar.read(EVENT.format(rule=rule).encode(), {}, "UTC", since, since + timedelta(days=90))
    usual = EVENT.format(rule="FREQ=DAILY").encode()
    assert len(icalendar.read(usual, {}, "UTC", since, since + timedelta(days=9))) == 8


def test_a_search_pings_no_one() -> None:
    for page in (0, 1):
        assert "<!channel>" not in search.page("<!channel>", [], page, more=False, team=True)["text"]
