"""Forms that people of the workspace fill in for one phase: which phase it is, and who may."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.context import AppContext
from bot.services.phases.phases import choose_phase, phases_at
from bot.views.choices import choice_of_phase
from domain.errors import Refused
from domain.phases.permissions import Person, reads
from domain.phases.phase import Phase
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class PhaseForm:
    """A form about one phase; `label` and `refusal` are sentences, the label with `{phase}` in it."""

    action: str  # that opens it
    title: str
    label: str
    refusal: str  # for people who are not of this workspace

    def open(
        self, app: AppContext, person: Person, key: str, channel: str,
        show: Callable[[Transaction, Phase], dict[str, Any]],
    ) -> dict[str, Any]:  # fmt: skip
        """Return the form that `show` draws; without a key and with several phases, the choice of a phase."""
        with app.store.read() as tx:
            found = [phase for phase in phases_at(tx, channel=channel) if reads(person, phase)]
            if not key and len(found) > 1:
                return choice_of_phase(self.action, self.title, self.label, found)
            return show(tx, self.choose(tx, person, key or next((one.key for one in found), "")))

    def find_phase(self, app: AppContext, person: Person, key: str) -> Phase:
        """Return the active phase of that key; Refused for people who are not of this workspace."""
        with app.store.read() as tx:
            return self.choose(tx, person, key)

    def choose(self, tx: Transaction, person: Person, key: str) -> Phase:
        """Like `find_phase`, within a transaction."""
        phase = choose_phase(tx, key=key)
        self.require_reader(person, phase)
        return phase

    def require_reader(self, person: Person, phase: Phase) -> None:
        """Refuse people who are not of this workspace."""
        if not reads(person, phase):
            raise Refused(self.refusal)
