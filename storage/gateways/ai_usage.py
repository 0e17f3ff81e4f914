"""Calls of models, added up by the hour: no prompt, answer or address is kept."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, delete, func, insert, select, update

from domain.gateways.ai_call import AiOutcome
from domain.gateways.ai_usage import MAX_USES, AiSums, AiUsage, AiUse
from domain.gateways.latency import LatencySketch
from domain.gateways.prompts import names_version
from domain.tickets.types import TicketType
from storage.gateways.tables import ai_usage as usage
from storage.phases.tables import phases
from storage.tickets.tables import tickets

NAMES = (usage.c.provider, usage.c.model, usage.c.team, usage.c.consumer, usage.c.prompt)
ABOUT_PROMPTS = (TicketType.AI_ACCURACY, TicketType.AI_PROMPTS)
SUMS = ("tokens_in", "tokens_out", "priced", "cost", "cost_squares", "ms_squares", "accepted", "rejected")


class AiUsageHours:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, phase_id: int, found: AiUsage) -> None:
        """Add calls to what is kept; past the limit of an hour they share a row a model.

        The caller holds the lock of the integration for AI gateways, since calls come through two integrations.
        """
        for hour in sorted({at for at, _ in found}):
            known = {use: (row_id, sums) for row_id, use, sums in self._hour(phase_id, hour)}
            fresh: dict[AiUse, AiSums] = {}
            for use, sums in sorted((use, sums) for (at, use), sums in found.items() if at == hour):
                has_room = use in known or use in fresh or len(known) + len(fresh) < MAX_USES
                place = use if has_room else use.shared()
                if place in known:
                    known[place][1].merge(sums)
                    self._update(*known[place])
                else:
                    fresh.setdefault(place, AiSums()).merge(sums)
            if fresh:
                rows = [
                    {"phase_id": phase_id, "at": hour, **use._asdict(), **_values(one)} for use, one in fresh.items()
                ]
                self._connection.execute(insert(usage), rows)

    def list_hours(self, phase_id: int, since: datetime, until: datetime) -> Iterator[tuple[datetime, AiUse, AiSums]]:
        """Return the sums of each hour of a period, oldest first."""
        mine = select(usage).where(usage.c.phase_id == phase_id, usage.c.at >= since, usage.c.at < until)
        for row in self._connection.execute(mine.order_by(usage.c.at, usage.c.id)).mappings():
            yield row["at"], _use(row), _sums(row)

    def sum_cost(self, phase_id: int, since: datetime) -> dict[tuple[str, str], float]:
        """Return the cost since then, by (model, team)."""
        mine = select(usage.c.model, usage.c.team, func.sum(usage.c.cost)).where(
            usage.c.phase_id == phase_id, usage.c.at >= since
        )
        rows = self._connection.execute(mine.group_by(usage.c.model, usage.c.team))
        return {(model, team): float(cost) for model, team, cost in rows}

    def list_tickets_naming(self, phase_id: int, prompt: str) -> list[str]:
        """Return the names of tickets about a version of a prompt, newest first; none of them is private."""
        mine = select(phases.c.key, tickets.c.number, tickets.c.extra).join(phases, phases.c.id == tickets.c.phase_id)
        about = mine.where(tickets.c.phase_id == phase_id, tickets.c.type.in_(ABOUT_PROMPTS), ~tickets.c.private)
        rows = self._connection.execute(about.order_by(tickets.c.id.desc()))
        return [f"{key}-{number}" for key, number, extra in rows if names_version(str(extra.get("prompt", "")), prompt)]

    def has_any(self, phase_id: int) -> bool:
        return self._connection.scalar(select(usage.c.id).where(usage.c.phase_id == phase_id).limit(1)) is not None

    def delete_older(self, before: datetime) -> None:
        self._connection.execute(delete(usage).where(usage.c.at < before))

    def _hour(self, phase_id: int, hour: datetime) -> Iterator[tuple[int, AiUse, AiSums]]:
        mine = select(usage).where(and_(usage.c.phase_id == phase_id, usage.c.at == hour))
        for row in self._connection.execute(mine).mappings():
            yield row["id"], _use(row), _sums(row)

    def _update(self, row_id: int, sums: AiSums) -> None:
        self._connection.execute(update(usage).where(usage.c.id == row_id).values(_values(sums)))


def _use(row: RowMapping) -> AiUse:
    return AiUse(*(row[column.name] for column in NAMES))


def _values(sums: AiSums) -> dict[str, Any]:
    return {
        "outcomes": {outcome.value: count for outcome, count in sums.outcomes.items()},
        **{name: getattr(sums, name) for name in SUMS},
        "ms_total": float(sums.latency.sum), "ms_bins": sums.latency.bins,
    }  # fmt: skip


def _sums(row: RowMapping) -> AiSums:
    return AiSums(
        outcomes=Counter({AiOutcome(name): count for name, count in row["outcomes"].items()}),
        latency=LatencySketch.from_bins(row["ms_total"], row["ms_bins"]), **{name: row[name] for name in SUMS},
    )  # fmt: skip
