"""Who gets through which door, of every kind of person: compared with the table in rights.txt."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.services.phases import links
from bot.views.form import InvalidForm
from domain.errors import Refused
from domain.phases.link import LinkKind
from domain.phases.permissions import Person
from handlers import adapters
from handlers.request import Answer, EntityDetails, Reply, Request, Unfurl
from tests.trust import stages
from tests.trust.doors import DOORS, Door
from tests.trust.faults import Fuse
from tests.trust.stages import Make
from tests.trust.test_commit_points import _without_log_lines  # noqa: F401
from tests.trust.world import ADMIN, ANN, APP, GONE, GUEST, HANA, JO, LENA, MARIA, OSKAR, RAVI, STRANGER, TOM, World

# Events about places, groups and accounts are no one's act (handlers/adapters.py).
# Rows that other tests compare.
ELSEWHERE = ("mail ", "teams ", "program ", "token ", "tracker ", "signed ", "sender ", "code ", "microsoft ")
NO_ACTS = ("channel_", "group_", "member_", "subteam_", "team_", "user_")
TABLE = Path(__file__).with_name("rights.txt")
PEOPLE: Mapping[str, Person] = {
    "reporter": MARIA, "affected": TOM, "member": ANN, "guest": GUEST, "stranger": STRANGER, "responder": RAVI,
    "owner": JO, "lead": LENA, "lead of another phase": HANA, "lead of an archived phase": OSKAR, "admin": ADMIN,
    "other app": APP, "deactivated": GONE,
}  # fmt: skip


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.sqlite(tmp_path_factory.mktemp("rights") / "world.db")


@pytest.mark.long
def test_everybody_gets_through_the_doors_of_the_table_and_no_other(on_sqlite: Make) -> None:
    wanted = {label: names for label, names in table().items() if not label.startswith(ELSEWHERE)}
    found = dict[str, str]()
    fuse = Fuse()
    with on_sqlite(fuse) as made:
        for door in DOORS:
            if door.kind != "event" or not door.name.startswith(NO_ACTS):
                request = door.request(made)
                fuse.undoes = True
                found[door.label] = row(
                    [name for name, one in PEOPLE.items() if gets_through(made, door, request, one, fuse)]
                )
                fuse.undoes = False
        for kind in LinkKind:
            found[f"link {kind}"] = row([name for name, one in PEOPLE.items() if opens(made, kind, one)])
    wrong = [f"{label}: {found.get(label)}, the table says {wanted.get(label)}"
             for label in {**wanted, **found} if found.get(label) != wanted.get(label)]  # fmt: skip
    wrong += [f"{door.label}: its own person does not get through" for door in DOORS
              if door.label in found and not gets_own(found[door.label], door.person)]  # fmt: skip
    assert not wrong, "\n".join(wrong)


# Of a form that opens, what is sent may still be refused: for what is chosen in it, not for who sends it.
REFUSED_FOR_THE_CHOICE = {
    "view import_file": "the phase of another lead",
    "view bulk": "the form was open, and choosing an action draws it again",
    "view article_save": "the author does not review their own words",
    "view exit_decide": "a first run of another person's process",
    "view oncall_swap": "a shift of one's own",
    "view oncall_override": "a shift of one's own",
}


def test_no_form_opens_for_people_whom_it_refuses_at_the_end() -> None:
    known = table()
    opened = [(door.label, door.opened.label) for door in DOORS if door.opened and door.opened.label in known]
    wrong = [f"{opener} opens for {', '.join(sorted(late))}, whom {form} refuses" for form, opener in opened
             if form not in REFUSED_FOR_THE_CHOICE and (late := named(known[opener]) - named(known[form]))]  # fmt: skip
    assert not wrong, "\n".join(wrong)


def named(names: str) -> set[str]:
    """Return the kinds of people that a row of the table means."""
    if names == "everyone":
        return {*PEOPLE}
    others = names.removeprefix("everyone but ").split(", ")
    return {*PEOPLE} - {*others} if names.startswith("everyone but ") else {*PEOPLE} & {*others}


def table() -> dict[str, str]:
    """Return who gets through, by what they use."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if not line.startswith("#"))


def gets_own(names: str, person: Person) -> bool:
    """Return whether the person of a scenario is among these: else it shows nothing."""
    name = next(name for name, one in PEOPLE.items() if one.id == person.id)
    listed = name in names.removeprefix("everyone but ").split(", ")
    return names == "everyone" or listed != names.startswith("everyone but ")


def row(names: list[str]) -> str:
    """Return who gets through, or who does not where those are fewer."""
    others = [name for name in PEOPLE if name not in names]
    if not names or not others:
        return "everyone" if names else "no one"
    return ", ".join(names) if len(names) <= len(others) else f"everyone but {', '.join(others)}"


def gets_through(made: World, door: Door, request: Request, person: Person, fuse: Fuse) -> bool:
    """Return whether the person is not refused; an event has to change something, or to show them something."""
    payload = {**request.payload, "user": person.id} if door.kind in ("shortcut", "event") else request.payload
    if door.kind == "event" and person is APP:
        payload |= {"bot_id": "B0APP00", "app_id": "A0APP00"}  # as in each message of an app
    asked = replace(request, person=person, payload=payload, request=f"{request.request} {person.id}")
    is_event = door.kind == "event"
    handler = adapters.admitting_event(door.handler, payload) if is_event else adapters.admitting(door.handler)
    fuse.effects = 0
    try:
        given = handler(made.app, asked)
    except (Refused, InvalidForm):
        return False
    return door.kind != "event" or fuse.effects > 0 or shows(given)


def shows(given: Answer) -> bool:
    match given:
        case Unfurl(cards=cards, entities=entities):
            return bool(cards or entities)
        case EntityDetails(entity=entity):
            return entity is not None
        case Reply():
            return True  # a refusal is raised
    return False


def opens(made: World, kind: LinkKind, person: Person) -> bool:
    """Return whether a link that the person once got opens: they must still have the right."""
    token, now = f"{kind} of {person.id}", made.app.now()
    with made.app.transaction() as tx:
        tx.links.insert(token, kind, made.ids["phase"], person.id, at=now, until=now + timedelta(days=1))
    return links.find_open(made.app, kind, token) is not None
