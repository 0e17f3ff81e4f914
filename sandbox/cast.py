"""The people and channels a sandbox starts with: its own, or those of a file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

TEAM_NAME = "Sandbox workspace"
TEAM_DOMAIN = "sandbox"
GUEST_TEAM = "Partner company"
SECOND_TEAM, SECOND_DOMAIN = "Sandbox plant", "sandbox-plant"
ORG_NAME = "Sandbox organization"
PARTNER_ORG = "Partner organization"


@dataclass(frozen=True)
class Person:
    name: str
    real_name: str
    title: str = ""
    color: str = "#5a6472"
    is_guest: bool = False
    is_admin: bool = False
    is_restricted: bool = False  # a guest account of this workspace
    is_bot: bool = False  # of another app
    deleted: bool = False


@dataclass(frozen=True)
class CastChannel:
    """Without `members` everyone is in it, guests only `with_guests`."""

    name: str
    topic: str = ""
    with_bot: bool = True
    with_guests: bool = False
    is_private: bool = False
    members: tuple[str, ...] | None = None


PEOPLE = (
    Person("maria", "Maria Keller", "Payroll clerk", "#b4536b"),
    Person("tom", "Tom Brandt", "Payroll clerk", "#3b7dbf"),
    Person("jo", "Jo Adler", "Responder", "#2f8f6b"),
    Person("ravi", "Ravi Patel", "Responder", "#c07a2c"),
    Person("lena", "Lena Fischer", "Hypercare lead", "#7a5cc0"),
    Person("sam", "Sam Ortiz", "On-call engineer", "#2b8a99"),
    Person("yuki", "Yuki Tanaka", "On-call engineer", "#a8548f"),
    Person("ann", "Ann Moreau", "Sponsor", "#6b7a2f"),
    Person("admin", "Alex Admin", "Workspace admin", "#5a6472", is_admin=True),
    Person("gil", "Gil Navarro", "Guest from Partner company", "#8c6d4f", is_guest=True),
)

# With --connect: people of a partner that is itself an Enterprise Grid org, a guest account, another app, a former one.
CONNECTED = (
    Person("vera", "Vera Lind", "Consultant at Partner company", "#7d5a8c", is_guest=True),
    Person("gus", "Gus Weber", "Temporary clerk", "#8c7d4f", is_restricted=True),
    Person("deploybot", "Deploy Bot", "App", "#4f6d8c", is_bot=True),
    Person("dora", "Dora Klein", "Former payroll clerk", "#6d6d6d", deleted=True),
)
# With --grid: the people whose workspace is the second one of the organization.
PLANT = ("tom", "lena", "ravi", "yuki")

CHANNELS = (
    CastChannel("general", "Announcements for everyone"),
    CastChannel("payroll-help", "Questions and problems with the new payroll system", with_guests=True),
    CastChannel("payroll-floor", "Every message here is a report; start with // to just talk"),
    CastChannel("hypercare-desk", "Where the team works on what was reported"),
    CastChannel("hypercare-oncall", "Pages for the people on call"),
    CastChannel("hypercare-digest", "The daily summary"),
    CastChannel("random", "Everything else", with_bot=False),
)


@dataclass(frozen=True)
class Cast:
    people: tuple[Person, ...] = PEOPLE
    channels: tuple[CastChannel, ...] = CHANNELS
    groups: Mapping[str, tuple[str, ...]] | None = None  # members by handle
    team_name: str = TEAM_NAME
    team_domain: str = TEAM_DOMAIN


class InvalidCastError(Exception):
    """What is wrong with a file of people and channels, as a sentence."""


Row = TypeVar("Row", Person, CastChannel)
NAME = re.compile(r"[\w.-]{1,80}")


def read_cast(path: Path) -> Cast:
    """Read a cast from YAML or JSON: `team`, `people`, `channels` and `groups`, as docs/sandbox.md shows."""
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidCastError(f"{path} can't be read: {getattr(error, 'strerror', None) or 'not YAML'}.") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("people"), list) or not tree["people"]:
        raise InvalidCastError(f"{path} names no people. Write a list of people, each with a name.")
    people = tuple(_row(Person, one, real_name=str(one.get("name", "")).title()) for one in _rows(tree, "people"))
    channels = tuple(_row(CastChannel, one) for one in _rows(tree, "channels")) or (CastChannel("general"),)
    team, groups = tree.get("team") or {}, tree.get("groups") or {}
    if not isinstance(team, dict) or not isinstance(groups, dict):
        raise InvalidCastError("team has a name and a domain, and groups have a list of people for each handle.")
    cast = Cast(people, channels, {str(name): tuple(map(str, who or ())) for name, who in groups.items()},
                str(team.get("name") or TEAM_NAME), str(team.get("domain") or TEAM_DOMAIN))  # fmt: skip
    _check(cast)
    return cast


def _rows(tree: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = tree.get(name) or []
    if not isinstance(rows, list):
        raise InvalidCastError(f"{name} has to be a list.")
    return [dict(one) if isinstance(one, dict) else {"name": one} for one in rows]


def _row(kind: type[Row], given: dict[str, Any], **usual: Any) -> Row:
    known = {field.name for field in fields(kind)}
    if unknown := sorted(given.keys() - known):
        raise InvalidCastError(f"{given.get('name')}: there is no {unknown[0]}. There is {', '.join(sorted(known))}.")
    if not isinstance(given.get("name"), str) or not NAME.fullmatch(given["name"]):
        raise InvalidCastError(f"{given.get('name')!r} is no name. Use letters, digits, dots and dashes.")
    if isinstance(given.get("members"), list):
        given["members"] = tuple(map(str, given["members"]))
    return kind(**usual | given | {"name": given["name"].lower()})


def _check(cast: Cast) -> None:
    names = [one.name for one in cast.people]
    for some in (names, [one.name for one in cast.channels]):
        if twice := next((one for one in some if some.count(one) > 1), None):
            raise InvalidCastError(f"{twice} is there twice.")
    named = [name for one in cast.channels for name in one.members or ()]
    named += [name for some in (cast.groups or {}).values() for name in some]
    if unknown := next((one for one in named if one not in names), None):
        raise InvalidCastError(f"{unknown} is in a channel or a group, and is not among the people.")
