"""What the gateway saw around reports, kept with their tickets."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from domain.gateways.call import Outcome
from domain.gateways.knowledge import EndpointKnowledge, Sighting
from domain.gateways.latency import LatencySketch
from domain.gateways.traffic import TrafficSums
from storage.database.pending import about_held, change_later, insert_later
from storage.gateways.tables import gateway_sightings as sightings

OF_TICKETS = select(sightings).where(sightings.c.ticket_id.in_(bindparam("tickets", expanding=True)))
NEW = insert(sightings)
CHANGED = update(sightings).where(sightings.c.ticket_id == bindparam("which"))


class GatewaySightings:
    """Sightings; those of tickets that this transaction holds are read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[int, list[Sighting]] = {}  # of tickets that this transaction holds; empty without one

    def find(self, ticket_id: int) -> Sighting | None:
        """Return what the gateway saw around the report of a ticket that this transaction holds."""
        known = about_held(self._connection, ticket_id, self._known, list, self._read)
        return known[0] if known else None

    def upsert(self, ticket_id: int, found: Sighting) -> None:
        """Keep what the gateway saw in the place of what was kept before."""
        values = {"at": found.at, "words": found.words, "endpoints": [_values(one) for one in found.endpoints]}
        if self.find(ticket_id):
            change_later(self._connection, CHANGED, ticket_id, values)
        else:
            insert_later(self._connection, NEW, {"ticket_id": ticket_id, **values}, key=ticket_id)
        self._known[ticket_id] = [found]

    def _read(self, ticket_ids: Sequence[int]) -> None:
        for row in self._connection.execute(OF_TICKETS, {"tickets": list(ticket_ids)}):
            self._known[row.ticket_id] = [Sighting(row.at, row.words, tuple(map(_endpoint, row.endpoints)))]


def _values(one: EndpointKnowledge) -> dict[str, Any]:
    return {
        "endpoint": one.endpoint, "is_seen": one.is_seen, "outcomes": dict(one.sums.outcomes),
        "codes": {str(code): count for code, count in one.sums.codes.items()},
        "ms_total": float(one.sums.latency.sum), "ms_bins": one.sums.latency.bins,
    }  # fmt: skip


def _endpoint(stored: Mapping[str, Any]) -> EndpointKnowledge:
    sums = TrafficSums(
        Counter({Outcome(name): count for name, count in stored["outcomes"].items()}),
        Counter({int(code): count for code, count in stored["codes"].items()}),
        LatencySketch.from_bins(stored["ms_total"], stored["ms_bins"]),
    )
    return EndpointKnowledge(stored["endpoint"], sums, stored["is_seen"])
