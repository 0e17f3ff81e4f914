"""Reads the script: who joins, and everything that happens, in the order in which it happens."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from sandbox.story.calendar import months, read_time

FOLDER = Path(__file__).parent
FULL = FOLDER / "full"  # what the whole story adds
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One thing that one person does. `ticket` is the name the script gives it, "" for chatter."""

    at: timedelta
    who: str
    verb: str
    words: tuple[Any, ...] = ()
    ticket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a person reports, the way it comes in, and what becomes of it. `filed_by` reports it for them."""

    name: str
    at: timedelta
    by: str
    way: str
    says: str
    report: Row
    filed_by: str
    scenes: tuple[Scene, ...]


@dataclass(frozen=True, slots=True)
class Script:
    people: list[Row]
    tickets: dict[str, Ticket]
    chatter: list[Scene] = field(default_factory=list)
    beside: list[Scene] = field(default_factory=list)  # in systems beside the workspace

    def scenes(self) -> list[Scene]:
        """In order; what happens in the same minute keeps the order of the file."""
        reports = [Scene(at=t.at, who=t.by, verb="report", ticket=t.name) for t in self.tickets.values()]
        then = [scene for t in self.tickets.values() for scene in t.scenes]
        return sorted([*self.chatter, *self.beside, *reports, *then], key=lambda scene: scene.at)


def read_script(monday: date, *, full: bool = False, beside: Collection[str] = ()) -> Script:
    """The script as it is played in the week of this Monday: of two weeks, or of the whole phase.

    `beside` are the systems beside the workspace in which people do something too.
    """
    words = months(monday)
    folders = (FOLDER, FULL) if full else (FOLDER,)
    days = [_load(path, words) for folder in folders for path in sorted(folder.glob("[0-9]*.yaml"))]
    tickets = [_ticket(row) for day in days for row in day["tickets"]]
    chatter = [_chatter(row) for day in days for row in day["chatter"]]
    answers = [_answer(row) for day in days for row in day.get("pulse", ())]
    others = [_scene(row, "") for day in days for row in day.get("team", ())]
    others += [_scene(row, name) for day in days for name, rows in day.get("later", {}).items() for row in rows]
    elsewhere = [_beside(row) for row in _load(FOLDER / "beside.yaml", words) if row[1] in beside]
    known = {t.name: t for t in tickets}
    return Script(_load(FOLDER / "people.yaml", words), known, chatter + answers + others, elsewhere)


def _load(path: Path, words: dict[str, str]) -> Any:
    text = path.read_text(encoding="utf-8")
    for word, meaning in words.items():
        text = text.replace(word, meaning)
    return yaml.safe_load(text)


def _ticket(row: Row) -> Ticket:
    name, by = row["ticket"], row["by"]
    scenes = tuple(_scene(line, name) for line in row["then"])
    return Ticket(name=name, at=read_time(row["at"]), by=by, way=row["way"], says=row.get("says", "").strip(),
                  report=row["report"], filed_by=row.get("filed_by", ""), scenes=scenes)  # fmt: skip


def _scene(line: list[Any], ticket: str) -> Scene:
    at, who, verb, *words = line
    return Scene(at=read_time(at), who=who, verb=verb, words=tuple(words), ticket=ticket)


def _beside(line: list[Any]) -> Scene:
    """A person does something in another system, or about what came from there."""
    at, _system, who, verb, ticket, *words = line
    return Scene(at=read_time(at), who=who, verb=verb, words=tuple(words), ticket=ticket)


def _answer(line: list[Any]) -> Scene:
    """A person answers the week's pulse."""
    at, who, *words = line
    return Scene(at=read_time(at), who=who, verb="answers", words=tuple(words))


def _chatter(line: list[Any]) -> Scene:
    at, who, channel, text = line
    return Scene(at=read_time(at), who=who, verb="says", words=(channel, text))
