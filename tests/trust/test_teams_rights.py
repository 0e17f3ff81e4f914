"""What people in Microsoft Teams reach: only the ticket that they reported there."""

from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import func, select

from bot.services.followup import verification
from bot.services.phases import phases
from bot.services.teams.receiving import receive
from domain.teams.incoming import TeamsAct, TeamsActivity
from domain.teams.settings import TeamsSettings
from domain.tickets.closing import Solution
from domain.tickets.ticket import Fix
from storage.conversations.tables import comments
from storage.delivery.tables import lanes, messages
from storage.tickets.tables import events, tickets
from tests.trust import stages
from tests.trust.faults import Fuse
from tests.trust.stages import Make
from tests.trust.test_rights import table
from tests.trust.world import JO, PAY, TICKETS, World

PEOPLE = {"teams reporter": "eva", "teams other": "mallory"}
ANSWERS = ("confirm", "reject", "cannot_check")
numbers = count(1)


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.sqlite(tmp_path_factory.mktemp("teams") / "world.db")


class Chats:
    """A world in which a person has reported in Teams, and the ticket is resolved."""

    def __init__(self, made: World) -> None:
        self.app, self.ids = made.app, made.ids
        phases.apply_settings(made.app, PAY.model_copy(update={"teams": TeamsSettings(reports=True)}))
        self.does("eva", "Totals are wrong")
        with self.app.store.read() as tx:
            person = tx.teams_people.find_person("eva")
            assert person
            (self.ticket,) = tx.tickets.list_of_reporter(person.id)
        verification.resolve(made.app, self.ticket.id, JO, Solution(explanation="Restarted", fix=Fix.ROOT_CAUSE))

    def does(self, who: str, text: str = "", **values: str) -> None:
        act = TeamsAct.PRESS if values else TeamsAct.MESSAGE
        receive(self.app, TeamsActivity(act=act, id=str(next(numbers)), tenant="t", object_id=who, account=f"29:{who}",
                                        name=who, bot="28:b", conversation=f"a:{who}", is_personal=True, values=values,
                                        service_url="https://smba.trafficmanager.net/emea", text=text))  # fmt: skip

    def changed(self, who: str, text: str = "", **values: str) -> bool:
        """Whether an act adds to a ticket: a report, a comment or an event."""
        with self.app.store.read() as tx:
            before = [
                tx.connection.scalar(select(func.count()).select_from(one)) for one in (tickets, comments, events)
            ]
        self.does(who, text, **values)
        with self.app.store.read() as tx:
            after = [tx.connection.scalar(select(func.count()).select_from(one)) for one in (tickets, comments, events)]
        return before != after

    def told(self, who: str) -> str:
        """Return the newest text in a person's chat."""
        with self.app.store.read() as tx:
            person = tx.teams_people.find_person(who)
            assert person
            theirs = select(messages.c.payload).join(lanes, lanes.c.id == messages.c.lane_id)
            newest = theirs.where(lanes.c.channel == person.id).order_by(messages.c.id.desc()).limit(1)
            return str((tx.connection.scalar(newest) or {}).get("text"))


@pytest.fixture
def chats(on_sqlite: Make) -> Iterator[Chats]:
    with on_sqlite(Fuse()) as made:
        yield Chats(made)


def test_people_in_teams_get_through_as_the_table_says(on_sqlite: Make) -> None:
    found = dict[str, list[str]]()
    for name, who in PEOPLE.items():
        with on_sqlite(Fuse()) as made:
            one = Chats(made)
            if one.changed(who, "report The printer burns"):
                found.setdefault("teams report", []).append(name)
            if one.changed(who, f"{one.ticket.name} since June"):
                found.setdefault("teams answer", []).append(name)
            one.does(who, one.ticket.name)
            if "Totals" in one.told(who):
                found.setdefault("teams show", []).append(name)
        for answer in ANSWERS:
            with on_sqlite(Fuse()) as made:
                one = Chats(made)
                one.does(who, "help")
                if one.changed(who, do=answer, ticket=str(one.ticket.id)):
                    found.setdefault(f"teams {answer}", []).append(name)
    wanted = {label: names for label, names in table().items() if label.startswith("teams ")}
    assert {label: ", ".join(names) for label, names in found.items()} == wanted


def test_a_chat_reaches_no_other_ticket_and_does_not_say_whether_there_is_one(chats: Chats) -> None:
    def said(ticket: str, id_: int) -> list[str]:
        answers = []
        for act in ({"text": ticket}, {"text": f"{ticket} hello"}, *({"do": do, "ticket": str(id_)} for do in ANSWERS)):
            chats.does("eva", **act)
            answers.append(chats.told("eva"))
        return answers

    absent = said("PAY-999", 999_999)
    assert all(absent)
    with chats.app.store.read() as tx:
        named = {name: tx.tickets.get_ticket(chats.ids[name]).name for name in TICKETS}
    assert {name: found for name in TICKETS if (found := said(named[name], chats.ids[name])) != absent} == {}
