"""What a person may not see answers like what does not exist, at every door that names it."""

from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import func, select

from bot.metrics import PrometheusMetrics
from bot.views.form import InvalidForm
from domain.errors import Refused
from domain.phases.permissions import Person
from storage.tickets.tables import tickets
from tests.trust import stages
from tests.trust.doors import DOORS, Door, press
from tests.trust.faults import Fuse
from tests.trust.stages import Make
from tests.trust.world import ANN, GUEST, HANA, JO, LENA, OSKAR, RAVI, STRANGER, TICKETS, World

ABSENT = 999_999
# By what a door is about: what is hidden, and from whom.
HIDDEN: dict[str, tuple[str, Sequence[Person]]] = {
    **dict.fromkeys(TICKETS, ("private", (ANN, RAVI, HANA, GUEST, STRANGER))),
    "escalation": ("hidden escalation", (ANN, RAVI, HANA, STRANGER)),
    "action": ("hidden action", (ANN, RAVI, HANA, GUEST, STRANGER)),
    "workaround": ("hidden workaround", (ANN, RAVI, HANA, GUEST, STRANGER)),
    "problem": ("problem", (ANN, HANA, GUEST, STRANGER)),
    "decision": ("hidden decision", (ANN, RAVI, HANA, GUEST, STRANGER)),
    "made decision": ("hidden decision", (ANN, RAVI, HANA, GUEST, STRANGER)),
    "article": ("article", (ANN, HANA, GUEST, STRANGER)),  # a draft
    "dead": ("dead of another", (LENA, OSKAR, JO)),
    "note": ("note of another", (LENA, JO, ANN)),
    "weekly": ("weekly", (ANN, STRANGER)),
    "session": ("session", (ANN, HANA, GUEST, STRANGER)),
    "held session": ("held session", (ANN, HANA, GUEST, STRANGER)),
    "rehearsal": ("rehearsal", (ANN, HANA, GUEST, STRANGER)),
    "stand up": ("stand up", (RAVI, ANN, LENA)),
    "test page": ("test page", (RAVI, ANN)),
    "phase": ("phase", (ANN, HANA)),
    "import": ("import", (ANN, JO, HANA)),
}


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.sqlite(tmp_path_factory.mktemp("hidden") / "world.db")


def test_metrics_say_nothing_of_private_tickets(on_sqlite: Make) -> None:
    """Whoever reaches the port reads them, and would see one come."""
    with on_sqlite(Fuse()) as made, made.app.store.read() as tx:
        lines = PrometheusMetrics(made.app.store, made.app.now).text().decode().splitlines()
        told = sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("hypercare_tickets{"))
        counted = select(tickets.c.private, func.count()).group_by(tickets.c.private)
        counts = {row[0]: row[1] for row in tx.connection.execute(counted)}
    assert counts[True]
    assert told == counts[False]


def cases() -> Iterator[tuple[Door, Person, str]]:
    for door in DOORS:
        if door.kind in ("command", "action", "view", "step") and door.about:
            hidden, people = HIDDEN[door.about]
            yield from ((door, person, hidden) for person in people)


def test_what_is_hidden_answers_like_what_does_not_exist(on_sqlite: Make) -> None:
    wrong, found = list[str](), [*cases()]
    assert len(found) > 200
    with on_sqlite(Fuse()) as made:
        usual = stages.rows(made.app.store)
        for door, person, name in found:
            hidden = outcome(made, door, person, (made.ids[name], made.names.get(name, "")))
            absent = outcome(made, door, person, (ABSENT, f"PAY-{ABSENT}"))
            if hidden != absent:
                wrong.append(f"{door.label} by {person.id}: {hidden} but {absent} where there is none")
        changed = stages.difference(usual, stages.rows(made.app.store))
    assert not wrong, "\n".join(wrong)
    assert not changed


def outcome(made: World, door: Door, person: Person, target: tuple[int, str]) -> str:
    """Return what a person reads, without the name or the number they gave themselves."""
    try:
        said = repr(press(door, made, person=person, target=target))
    except Refused as no:
        said = f"refused: {no.text}"
    except InvalidForm as no:
        said = f"invalid: {no.errors}"
    id_, name = target
    said = said.replace(name, "NAME") if name else said
    return said.replace(f"message {id_}", "message ID")
