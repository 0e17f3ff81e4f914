"""Who gets through which door, of every kind of person: compared with the table in rights.txt."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.views.form import InvalidForm
from domain.errors import Refused
from domain.phases.permissions import Person
from handlers.request import Request
from tests.trust import stages
from tests.trust.doors import DOORS, Door
from tests.trust.faults import Fuse
from tests.trust.stages import Make
from tests.trust.world import ADMIN, ANN, GUEST, HANA, JO, LENA, MARIA, OSKAR, RAVI, STRANGER, TOM, World

TABLE = Path(__file__).with_name("rights.txt")
PEOPLE: Mapping[str, Person] = {
    "reporter": MARIA, "affected": TOM, "member": ANN, "guest": GUEST, "stranger": STRANGER, "responder": RAVI,
    "owner": JO, "lead": LENA, "lead of another phase": HANA, "lead of an archived phase": OSKAR, "admin": ADMIN,
}  # fmt: skip


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.sqlite(tmp_path_factory.mktemp("rights") / "world.db")


@pytest.mark.long
def test_everybody_gets_through_the_doors_of_the_table_and_no_other(on_sqlite: Make) -> None:
    wanted = dict(line.split(": ", 1) for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    found = dict[str, str]()
    fuse = Fuse()
    with on_sqlite(fuse) as made:
        for door in DOORS:
            if door.kind in ("command", "action", "view", "shortcut"):
                request = door.request(made)
                fuse.undoes = True
                found[door.label] = row(
                    [name for name, one in PEOPLE.items() if gets_through(made, door, request, one)]
                )
                fuse.undoes = False
    wrong = [f"{label}: {found.get(label)}, the table says {wanted.get(label)}"
             for label in {**wanted, **found} if found.get(label) != wanted.get(label)]  # fmt: skip
    assert not wrong, "\n".join(wrong)


def row(names: list[str]) -> str:
    """Return who gets through, or who does not where those are fewer."""
    others = [name for name in PEOPLE if name not in names]
    if not others:
        return "everyone"
    return ", ".join(names) if len(names) <= len(others) else f"everyone but {', '.join(others)}"


def gets_through(made: World, door: Door, request: Request, person: Person) -> bool:
    payload = {**request.payload, "user": person.id} if door.kind == "shortcut" else request.payload
    try:
        door.handler(
            made.app, replace(request, person=person, payload=payload, request=f"{request.request} {person.id}")
        )
    except (Refused, InvalidForm):
        return False
    return True
