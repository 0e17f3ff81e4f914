"""Inputs for one of several tables of a phase's settings that have names: a rota, an escalation policy, a rule."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.views.inputs import ChoiceInput, FormField, NumberInput, TextInput
from bot.views.phases.section import Setting, Tree
from domain.phases.phase import Phase
from domain.text import lines_of

KEEP, REMOVE = "keep", "remove"


@dataclass(frozen=True, slots=True)
class ListedTable:
    """One table of a list: `name` is empty for a new one, which is the one that is not among the `known`."""

    area: str  # of the settings, such as oncall
    kind: str  # the list in it, such as rotas
    name: str
    known: frozenset[str]
    parts: str = ""  # the list of parts that each table has, such as layers

    def find(self, phase: Phase) -> Any:
        """Return its settings in a phase; None for one that is not in it."""
        listed = getattr(getattr(phase, self.area), self.kind)
        return next((one for one in listed if self.matches(one.name)), None)

    def tree(self, tree: Tree) -> Tree:
        """Return its settings in a phase file; a new one is put at the end."""
        listed: list[Tree] = tree.setdefault(self.area, {}).setdefault(self.kind, [])
        found = next((one for one in listed if self.matches(str(one["name"]))), None)
        if found is None:
            listed.append(found := {"name": ""} | ({self.parts: []} if self.parts else {}))
        return found

    def remove(self, tree: Tree) -> None:
        """Take it out of the settings of a phase file."""
        tree[self.area][self.kind].remove(self.tree(tree))

    def setting(self, made: FormField, *, name: str = "", empty: Any = "") -> Setting:
        """Return an input for a setting of it."""
        setting = name or made.id

        def put(tree: Tree, value: Any) -> None:
            self.tree(tree)[setting] = empty if value is None else value

        return Setting(made, lambda phase: getattr(self.find(phase), setting, empty), put)

    def lines(self, made: TextInput) -> Setting:
        """Return an input for a list of names, one on each line."""

        def put(tree: Tree, value: str) -> None:
            self.tree(tree)[made.id] = lines_of(str(value))

        return Setting(made, lambda phase: "\n".join(getattr(self.find(phase), made.id, ())), put)

    def part(self, at: int, made: FormField, get: Callable[[Any], Any], put: Callable[[Tree, Any], None]) -> Setting:
        """Return an input for its part of that number; `get` reads one, and `put` changes its settings."""

        def found(phase: Phase) -> Any:
            parts = getattr(self.find(phase), self.parts, ())
            return get(parts[at]) if at < len(parts) else None

        def change(tree: Tree, value: Any) -> None:
            parts: list[Tree] = self.tree(tree).setdefault(self.parts, [])
            while len(parts) <= at:
                parts.append({})
            put(parts[at], value)

        return Setting(made, found, change)

    def named(self, hint: str, limit: int = 40) -> tuple[Setting, ...]:
        """Return the input for the name, of a new one only: others refer to it by its name."""
        made = TextInput(id="name", label="Name", required=True, multiline=False, limit=limit, hint=hint)

        def put(tree: Tree, value: str) -> None:
            if value in self.known:
                raise ValueError("There is one with this name already. Choose another name.")
            self.tree(tree)["name"] = value

        return () if self.name else (Setting(made, lambda phase: getattr(self.find(phase), "name", ""), put),)

    def kept(self, label: str) -> tuple[Setting, ...]:
        """Return the choice whether to keep it, which a new one has not."""
        options = ((KEEP, "Keep", ""), (REMOVE, "Remove", ""))
        made = ChoiceInput(id="keep", label=label, required=True, options=options)

        def put(tree: Tree, value: str) -> None:
            if value == REMOVE:
                self.remove(tree)

        return (Setting(made, lambda phase: KEEP if self.find(phase) else REMOVE, put),) if self.name else ()

    def place(self) -> Setting:
        """Return the input for its place among the others, since they are looked at in their order."""

        def get(phase: Phase) -> int | None:
            found = self.find(phase)
            return getattr(getattr(phase, self.area), self.kind).index(found) + 1 if found else None

        def put(tree: Tree, value: int | None) -> None:
            listed = tree[self.area][self.kind]
            own = next((one for one in listed if self.matches(one["name"])), None)
            if own is not None:
                listed.remove(own)
                listed.insert((value or len(listed) + 1) - 1, own)

        made = NumberInput(id="place", label="Place in the order", limit=50,
                           hint="1 is looked at first. Last when empty")  # fmt: skip
        return Setting(made, get, put)

    def matches(self, name: str) -> bool:
        """Return whether a name is its own; a new one has the name that is not known yet."""
        return name == self.name if self.name else name not in self.known
