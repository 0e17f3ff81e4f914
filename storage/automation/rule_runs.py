"""What rules did, which is also what bounds them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, union_all

from domain.automation.rules import HeldBack, RuleStep
from domain.automation.settings import RuleOccasion
from storage.automation.tables import rule_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRun:
    """A rule that fitted a ticket: what it did, or why it was held back."""

    rule: str
    ticket_id: int
    occasion: RuleOccasion
    at: datetime
    steps: tuple[RuleStep, ...] = ()
    held: HeldBack | None = None


class RuleRuns:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_run(self, phase_id: int, run: RuleRun) -> None:
        row = {"phase_id": phase_id, "rule": run.rule, "ticket_id": run.ticket_id, "occasion": run.occasion.value,
               "at": run.at, "steps": [one.value for one in run.steps], "held": run.held or ""}  # fmt: skip
        self._connection.execute(insert(rule_runs), row)

    def get_use(
        self, phase_id: int, rules: Collection[str], ticket_id: int, since: datetime
    ) -> Mapping[str, tuple[int, datetime | None]]:  # fmt: skip
        """Return for each rule how often it acted since then, and when it last acted on that ticket."""
        acted = (rule_runs.c.rule.in_(rules), rule_runs.c.held == "")
        often = (
            select(rule_runs.c.rule, func.count().label("times"), func.max(rule_runs.c.at).label("last"))
            .where(rule_runs.c.phase_id == phase_id, rule_runs.c.at > since, *acted).group_by(rule_runs.c.rule)
        )  # fmt: skip
        here = (
            select(rule_runs.c.rule, func.count() * -1, func.max(rule_runs.c.at))
            .where(rule_runs.c.ticket_id == ticket_id, *acted).group_by(rule_runs.c.rule)
        )  # fmt: skip
        times, last = dict[str, int](), dict[str, datetime]()
        for row in self._connection.execute(union_all(often, here)):
            if row.times > 0:
                times[row.rule] = row.times
            else:
                last[row.rule] = row.last
        return {rule: (times.get(rule, 0), last.get(rule)) for rule in rules}

    def list_newest(self, phase_id: int, limit: int) -> list[RuleRun]:
        mine = select(rule_runs).where(rule_runs.c.phase_id == phase_id).order_by(rule_runs.c.id.desc()).limit(limit)
        return [
            RuleRun(rule=row.rule, ticket_id=row.ticket_id, occasion=RuleOccasion(row.occasion), at=row.at,
                    steps=tuple(map(RuleStep, row.steps)), held=HeldBack(row.held) if row.held else None)
            for row in self._connection.execute(mine)
        ]  # fmt: skip

    def count_since(self, phase_id: int, since: datetime) -> Mapping[str, tuple[int, int]]:
        """Return for each rule how often it acted and was held back since then."""
        mine = (rule_runs.c.phase_id == phase_id, rule_runs.c.at > since)
        asked = (
            select(rule_runs.c.rule, rule_runs.c.held, func.count().label("times"))
            .where(*mine).group_by(rule_runs.c.rule, rule_runs.c.held)
        )  # fmt: skip
        found = dict[str, tuple[int, int]]()
        for row in self._connection.execute(asked):
            acted, held = found.get(row.rule, (0, 0))
            found[row.rule] = (acted, held + row.times) if row.held else (acted + row.times, held)
        return found

    def delete_older(self, before: datetime) -> None:
        self._connection.execute(delete(rule_runs).where(rule_runs.c.at < before))
