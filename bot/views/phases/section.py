"""What a section of a phase's settings is: inputs that read a phase and change the settings of a phase file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.views.inputs import FormField
from domain.phases.phase import Phase

Tree = dict[str, Any]  # settings as a phase file has them


@dataclass(frozen=True, slots=True)
class Setting:
    """One input of a section: `get` reads it from a phase, and `put` changes the settings of a phase file."""

    field: FormField
    get: Callable[[Phase], Any]
    put: Callable[[Tree, Any], None]


def _nothing_more(_tree: Tree) -> None:
    """Leave the settings as they are."""


@dataclass(frozen=True, slots=True)
class Section:
    """One form: its title, a note above it and its inputs."""

    title: str
    note: str
    settings: tuple[Setting, ...]
    finish: Callable[[Tree], None] = _nothing_more  # what is left to do once every input is put

    @property
    def fields(self) -> tuple[FormField, ...]:
        return tuple(one.field for one in self.settings)

    def field_of(self, path: tuple[int | str, ...]) -> str:
        """Return the input of an error in the settings: the one named by the end of its path, or else the first."""
        names = [str(part) for part in path]
        known = {field.id for field in self.fields}
        listed = (f"{names[at]}{names[at + 1]}_{names[at + 2]}" for at in range(len(names) - 2))
        prefixed = (f"{before}_{name}" for name in names for before in ("sla", "kpi", "role"))
        return next((name for name in (*listed, *reversed(names), *prefixed) if name in known), self.fields[0].id)
