"""What a gateway knows of a report: which endpoints its words are about, and whether the gateway saw the same."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.gateways.call import Outcome
from domain.gateways.paths import fold_path, path_of
from domain.gateways.traffic import SLOT, TrafficSums, slot_of
from domain.tables import check_complete

BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=10)  # around a report
SLOW_FROM = 1000.0  # milliseconds of the p95
MAX_SHOWN = 2  # endpoints
PATH = re.compile(r"(?<![\w/:])/[A-Za-z][\w.{}~:%/-]*")


class Symptom(StrEnum):
    """What a person says is wrong, where a gateway would see it."""

    SLOW = "slow"
    NOT_FOUND = "not_found"
    DENIED = "denied"
    LIMITED = "limited"
    FAILING = "failing"


WORDS = {
    Symptom.NOT_FOUND: r"404|not found",
    Symptom.DENIED: r"401|403|forbidden|unauthori[sz]ed|access denied",
    Symptom.LIMITED: r"429|rate.?limit\w*|too many requests",
    Symptom.FAILING: r"50[0-9]|server error|bad gateway|unavailable",
    Symptom.SLOW: r"slow|slowly|latency|time.?outs?|timed out|takes (?:ages|forever|minutes)",
}
check_complete(Symptom, WORDS)
SAID = {symptom: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for symptom, words in WORDS.items()}


@dataclass(frozen=True, slots=True)
class EndpointKnowledge:
    """The traffic of an endpoint around a report, and whether the gateway saw what the report says."""

    endpoint: str
    sums: TrafficSums
    is_seen: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the gateway saw around a report, looked up at `at`; `words` is a digest of the report's words."""

    at: datetime
    words: str
    endpoints: tuple[EndpointKnowledge, ...]

    def is_final(self, opened_at: datetime) -> bool:
        """Whether everything that the card shows had come by then."""
        return self.at >= slot_of(opened_at + AFTER) + SLOT


def symptom_of(text: str) -> Symptom | None:
    """Return what a report says is wrong; None where no gateway would see it."""
    return next((symptom for symptom, said in SAID.items() if said.search(text)), None)


def paths_in(text: str) -> set[str]:
    """Return the paths that a text names, folded as those of endpoints are."""
    return {fold_path(found.rstrip(".:")) for found in PATH.findall(text)} - {"/"}


def endpoints_named(paths: Iterable[str], endpoints: Iterable[str]) -> list[str]:
    """Return the endpoints whose path is one of these, or begins with it."""
    wanted = tuple(paths)
    return [one for one in endpoints if any(_is_below(path_of(one), path) for path in wanted)]


def known_of(endpoint: str, sums: TrafficSums, symptom: Symptom | None) -> EndpointKnowledge:
    return EndpointKnowledge(endpoint, sums, weight(sums, symptom) > 0)


def weight(sums: TrafficSums, symptom: Symptom | None) -> float:
    """Return how much of a symptom an endpoint shows; 0 for none of it. Without a symptom, how many errors it has."""
    match symptom:
        case Symptom.SLOW:
            p95 = sums.latency.quantile(0.95) or 0.0
            return p95 if p95 >= SLOW_FROM else 0.0
        case Symptom.NOT_FOUND:
            return sums.codes[404]
        case Symptom.DENIED:
            return sums.outcomes[Outcome.AUTH_FAILED]
        case Symptom.LIMITED:
            return sums.outcomes[Outcome.LIMITED]
        case Symptom.FAILING:
            return sums.down
        case None:
            return sums.errors


def _is_below(path: str, wanted: str) -> bool:
    return path == wanted or path.startswith(f"{wanted.rstrip('/')}/")
