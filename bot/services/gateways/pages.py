"""What the pages of gateways ask first: whose phase they are about, who may see it, and over which period."""

from collections.abc import Iterable, Sequence

from bot.services.phases.phases import split_off_phase
from domain.errors import Refused
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from storage.transaction import Transaction


def phase_of_team(
    tx: Transaction, person: Person, channel: str, words: Sequence[str], what: str
) -> tuple[Phase, Sequence[str]]:
    """Return the phase of a page and the other words. Refused for those outside its team; `what` names the page."""
    phase, rest = split_off_phase(tx, channel, words)
    if not is_responder(person, phase):
        raise Refused(f"Only the team of {phase.name} can see {what}.")
    return phase, rest


def period_of(command: str, words: Sequence[str], periods: Iterable[str], usual: str) -> str:
    """Return the period that a page is asked for. Refused for anything else."""
    known, period = [*periods], words[0].lower() if words else usual
    if len(words) > 1 or period not in known:
        raise Refused(f"Use `{command}`, or `{command}` with one of these periods: {', '.join(known)}.")
    return period
