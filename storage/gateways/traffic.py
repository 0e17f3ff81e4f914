"""Requests through gateways, added up: no line, body, header or address is kept."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, exists, func, insert, select, update

from domain.gateways.audit import POLICY_OF, SUBJECTS, GovernanceTicket
from domain.gateways.call import Outcome
from domain.gateways.latency import LatencySketch, merge_bins
from domain.gateways.traffic import MAX_NAMES, Traffic, TrafficBy, TrafficKey, TrafficSums, names_to_keep
from domain.tickets.status import Status
from domain.tickets.types import TicketType
from storage.gateways.tables import gateway_names as names
from storage.gateways.tables import gateway_slots as slots
from storage.tickets.tables import tickets

COLUMNS = {outcome: slots.c[outcome.value] for outcome in Outcome}
OUTCOMES = [(outcome, outcome.value) for outcome in Outcome]
CHANGED = (
    update(slots)
    .where(slots.c.name_id == bindparam("which"), slots.c.at == bindparam("slot"))
    .values({column: bindparam(f"new_{column.name}") for column in slots.c if column.name not in ("name_id", "at")})
)
NEW_SLOT = insert(slots)
FIND_SLOTS = select(slots).where(
    slots.c.name_id.in_(bindparam("ids", expanding=True)), slots.c.at.in_(bindparam("times", expanding=True))
)
NAMES = select(names).where(names.c.phase_id == bindparam("phase_id"), names.c.by == bindparam("by"))
SOME_NAMES = NAMES.where(names.c.name.in_(bindparam("only", expanding=True)))
SUMS_BY_NAME = (
    select(names.c.name, *(func.sum(column).label(outcome.value) for outcome, column in COLUMNS.items()))
    .select_from(slots.join(names, names.c.id == slots.c.name_id))
    .where(names.c.phase_id == bindparam("phase_id"), names.c.by == bindparam("by"))
    .where(slots.c.at >= bindparam("since"), slots.c.at < bindparam("until"))
    .group_by(names.c.name)
)


class GatewayTraffic:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, phase_id: int, traffic: Traffic, now: datetime) -> None:
        """Add requests to what is kept; the caller holds a lock, so that no other adds to the same phase.

        The sums of `traffic` may be changed.
        """
        ids = {by: self._ids(phase_id, by, traffic, now) for by in TrafficBy}
        wanted: dict[tuple[int, datetime], TrafficSums] = {}
        for key, sums in traffic.items():
            place = ids[key.by][key.name], key.at
            if place in wanted:
                wanted[place].merge(sums)
            else:
                wanted[place] = sums
        known = self._find_slots({name_id for name_id, _ in wanted}, {at for _, at in wanted})
        fresh, changed = [], []
        for (name_id, at), sums in wanted.items():
            if before := known.get((name_id, at)):
                changed.append(_merged(before, sums) | {"which": name_id, "slot": at})
            else:
                fresh.append(_values(sums) | {"name_id": name_id, "at": at})
        if fresh:
            self._connection.execute(NEW_SLOT, fresh)
        if changed:
            self._connection.execute(CHANGED, changed)

    def has_any(self, phase_id: int) -> bool:
        """Return whether requests of that phase are known."""
        return self._connection.scalar(select(names.c.id).where(names.c.phase_id == phase_id).limit(1)) is not None

    def list_names(self, phase_id: int, by: TrafficBy) -> list[str]:
        """Return the endpoints or the consumers of a phase, by name."""
        mine = select(names.c.name).where(names.c.phase_id == phase_id, names.c.by == by)
        return list(self._connection.scalars(mine.order_by(names.c.name)))

    def list_slots(
        self, phase_id: int, by: TrafficBy, since: datetime, until: datetime, only: Collection[str] | None = None
    ) -> Iterator[tuple[TrafficKey, TrafficSums]]:
        """Return the sums of each five minutes of a period, of all names or `only` these."""
        yield from self._list(phase_id, by, (slots.c.at >= since, slots.c.at < until), only)

    def list_at(
        self, phase_id: int, by: TrafficBy, times: Collection[datetime]
    ) -> Iterator[tuple[TrafficKey, TrafficSums]]:
        """Return the sums of the five minutes that begin at these times."""
        yield from self._list(phase_id, by, (slots.c.at.in_(times),), None)

    def sum_by_name(
        self, phase_id: int, by: TrafficBy, since: datetime, until: datetime
    ) -> dict[str, Counter[Outcome]]:
        """Return how the requests of a period ended, by name, without their response times."""
        asked = {"phase_id": phase_id, "by": by, "since": since, "until": until}
        return {row["name"]: _outcomes(row) for row in self._connection.execute(SUMS_BY_NAME, asked).mappings()}

    def list_outcomes(
        self, phase_id: int, by: TrafficBy, since: datetime, until: datetime, only: Collection[str]
    ) -> Iterator[tuple[TrafficKey, Counter[Outcome]]]:
        """Return how the requests of each five minutes of a period ended, without their response times."""
        columns = (names.c.name, slots.c.at, *COLUMNS.values())
        mine = self._select(columns, phase_id, by, (slots.c.at >= since, slots.c.at < until), only)
        for row in self._connection.execute(mine).mappings():
            yield TrafficKey(by, row["name"], row["at"]), _outcomes(row)

    def list_bins(
        self, phase_id: int, by: TrafficBy, since: datetime, until: datetime, only: Collection[str]
    ) -> Iterator[tuple[TrafficKey, Sequence[int]]]:
        """Return the bins of the response times of each five minutes of a period, of which no sketch is built."""
        columns, when = (names.c.name, slots.c.at, slots.c.ms_bins), (slots.c.at >= since, slots.c.at < until)
        for name, at, bins in self._connection.execute(self._select(columns, phase_id, by, when, only)):
            yield TrafficKey(by, name, at), bins

    def sum_by_phase(
        self, phase_ids: Collection[int], since: datetime, until: datetime
    ) -> dict[int, dict[int, Counter[Outcome]]]:
        """Return how the requests of a period ended, by phase and by the id of the endpoint."""
        joined = slots.join(names, names.c.id == slots.c.name_id)
        sums = [func.sum(column).label(outcome.value) for outcome, column in COLUMNS.items()]
        mine = select(names.c.phase_id, names.c.id, *sums).select_from(joined).where(
            names.c.phase_id.in_(phase_ids), names.c.by == TrafficBy.ENDPOINT, slots.c.at >= since, slots.c.at < until
        ).group_by(names.c.phase_id, names.c.id)  # fmt: skip
        found: dict[int, dict[int, Counter[Outcome]]] = {}
        for row in self._connection.execute(mine).mappings():
            found.setdefault(row["phase_id"], {})[row["id"]] = _outcomes(row)
        return found

    def list_latencies(
        self, name_ids: Collection[int], since: datetime, until: datetime
    ) -> Iterator[tuple[int, LatencySketch]]:
        """Return the response times of each five minutes of a period, with the id of the endpoint."""
        columns = (slots.c.name_id, slots.c.ms_total, slots.c.ms_bins)
        mine = select(*columns).where(slots.c.name_id.in_(name_ids), slots.c.at >= since, slots.c.at < until)
        for name_id, total, bins in self._connection.execute(mine):
            yield name_id, LatencySketch.from_bins(total, bins)

    def list_governance_tickets(self, phase_id: int) -> list[GovernanceTicket]:
        """Return the tickets about APIs that are not private, whatever policy they are about."""
        columns = (tickets.c.type, tickets.c.extra, tickets.c.status)
        mine = select(*columns).where(tickets.c.phase_id == phase_id, ~tickets.c.private, tickets.c.type.in_(POLICY_OF))
        return [
            GovernanceTicket(TicketType(kind), next((extra[one] for one in SUBJECTS if extra.get(one)), ""),
                             is_open=Status(status).is_open)
            for kind, extra, status in self._connection.execute(mine)
        ]  # fmt: skip

    def delete_older(self, before: datetime) -> None:
        """Delete the sums from before then, and the names that have none any more."""
        self._connection.execute(delete(slots).where(slots.c.at < before))
        # A name is noted once a day, so it can have sums that are younger.
        is_summed = exists().where(slots.c.name_id == names.c.id)
        self._connection.execute(delete(names).where(names.c.last_at < before, ~is_summed))

    def _list(
        self, phase_id: int, by: TrafficBy, when: tuple[Any, ...], only: Collection[str] | None
    ) -> Iterator[tuple[TrafficKey, TrafficSums]]:
        mine = self._select((names.c.name, slots), phase_id, by, when, only)
        for row in self._connection.execute(mine).mappings():
            yield TrafficKey(by, row["name"], row["at"]), _sums(row)

    def _select(
        self, columns: Sequence[Any], phase_id: int, by: TrafficBy, when: tuple[Any, ...], only: Collection[str] | None
    ) -> Select[Any]:
        joined = slots.join(names, names.c.id == slots.c.name_id)
        mine = select(*columns).select_from(joined).where(names.c.phase_id == phase_id, names.c.by == by, *when)
        if only is not None:
            mine = mine.where(names.c.name.in_(only))
        return mine.order_by(names.c.name, slots.c.at)

    def _ids(self, phase_id: int, by: TrafficBy, traffic: Traffic, now: datetime) -> Mapping[str, int]:
        """Return the row of each name, new ones inserted; names past the limit share one."""
        wanted: dict[str, bool] = {}
        for key, sums in traffic.items():
            if key.by is by:
                wanted[key.name] = wanted.get(key.name, True) and sums.is_not_found
        known = self._find_names(phase_id, by, wanted)
        kept = {name: name for name in wanted}
        if wanted.keys() - known.keys():
            known = self._find_names(phase_id, by)
            kept = names_to_keep(wanted, {name: row["not_found"] for name, row in known.items()}, MAX_NAMES)
        ids = {}
        for name in sorted(set(kept.values())):
            not_found = all(wanted[one] for one, place in kept.items() if place == name)
            ids[name] = self._keep_name(phase_id, by, name, known.get(name), not_found=not_found, now=now)
        return {name: ids[place] for name, place in kept.items()}

    def _find_names(self, phase_id: int, by: TrafficBy, only: Collection[str] | None = None) -> dict[str, RowMapping]:
        asked: dict[str, Any] = {"phase_id": phase_id, "by": by}
        if only is None:
            found = self._connection.execute(NAMES, asked)
        else:
            found = self._connection.execute(SOME_NAMES, {**asked, "only": [*only]})
        return {row["name"]: row for row in found.mappings()}

    def _keep_name(
        self, phase_id: int, by: TrafficBy, name: str, row: RowMapping | None, *, not_found: bool, now: datetime
    ) -> int:
        """Insert a name, or note that it is still in use; once a day is enough for that."""
        if row is None:
            values = {"phase_id": phase_id, "by": by, "name": name, "not_found": not_found, "last_at": now}
            made = self._connection.execute(insert(names), values).inserted_primary_key
            return int(made[0])  # type: ignore[index]
        is_answered = row["not_found"] and not not_found
        if is_answered or row["last_at"].date() != now.date():
            changed = {"not_found": row["not_found"] and not_found, "last_at": now}
            self._connection.execute(update(names).where(names.c.id == row["id"]).values(changed))
        return int(row["id"])

    def _find_slots(self, ids: Collection[int], times: Collection[datetime]) -> dict[tuple[int, datetime], RowMapping]:
        found = self._connection.execute(FIND_SLOTS, {"ids": [*ids], "times": [*times]})
        return {(row["name_id"], row["at"]): row for row in found.mappings()}


def _values(sums: TrafficSums) -> dict[str, Any]:
    values: dict[str, Any] = {name: sums.outcomes[outcome] for outcome, name in OUTCOMES}
    return values | {"codes": {str(code): count for code, count in sums.codes.items()},
                     "ms_total": float(sums.latency.sum), "ms_bins": sums.latency.bins}  # fmt: skip


def _merged(row: RowMapping, sums: TrafficSums) -> dict[str, Any]:
    """Return the new values of a row to which requests are added."""
    values: dict[str, Any] = {f"new_{name}": row[name] + sums.outcomes[outcome] for outcome, name in OUTCOMES}
    codes = dict(row["codes"])
    for code, count in sums.codes.items():
        codes[str(code)] = codes.get(str(code), 0) + count
    return values | {"new_codes": codes, "new_ms_total": row["ms_total"] + sums.latency.sum,
                     "new_ms_bins": merge_bins(row["ms_bins"], sums.latency.bins)}  # fmt: skip


def _outcomes(row: RowMapping) -> Counter[Outcome]:
    counts = ((outcome, int(row[name])) for outcome, name in OUTCOMES)
    return Counter({outcome: count for outcome, count in counts if count})


def _sums(row: RowMapping) -> TrafficSums:
    codes = Counter({int(code): count for code, count in row["codes"].items()})
    return TrafficSums(_outcomes(row), codes, LatencySketch.from_bins(row["ms_total"], row["ms_bins"]))
