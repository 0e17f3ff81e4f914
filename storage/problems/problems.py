"""Problems with their tickets and causes."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from domain.problems.problem import Cause, CauseClass, Problem, ProblemState
from domain.tickets.ticket import Fix, Severity
from storage.database.columns import LARGEST_ID
from storage.problems.tables import problem_causes, problem_tickets, problems


class Problems:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_problem(self, problem: Problem) -> int:
        """Insert a problem without tickets and causes; return its id."""
        key = self._connection.execute(insert(problems), _row(problem)).inserted_primary_key
        return int(key[0]) if key else 0

    def update_problem(self, problem: Problem) -> None:
        self._connection.execute(update(problems).where(problems.c.id == problem.id).values(_row(problem)))

    def insert_ticket(self, problem_id: int, ticket_id: int) -> None:
        row = {"problem_id": problem_id, "ticket_id": ticket_id}
        self._connection.execute(insert(problem_tickets), row)

    def insert_cause(self, problem_id: int, cause: Cause) -> None:
        row = {"problem_id": problem_id, "branch": cause.branch, "text": cause.text, "evidence": cause.evidence,
               "person": cause.person, "at": cause.at}  # fmt: skip
        self._connection.execute(insert(problem_causes), row)

    def find_problem(self, problem_id: int, *, lock: bool = False) -> Problem | None:
        """Return a problem, locked until the end of the transaction with `lock`."""
        if not 0 < problem_id < LARGEST_ID:
            return None
        mine = select(problems).where(problems.c.id == problem_id)
        found = self._read(mine.with_for_update() if lock else mine)
        return found[0] if found else None

    def list_of_phase(self, phase_id: int) -> list[Problem]:
        """Return the problems of a phase, newest first."""
        return self._read(select(problems).where(problems.c.phase_id == phase_id).order_by(problems.c.id.desc()))

    def _read(self, query: Select[Any]) -> list[Problem]:
        rows = self._connection.execute(query).all()
        ids = [row.id for row in rows]
        gathered, causes = defaultdict[int, list[int]](list), defaultdict[int, list[Cause]](list)
        if ids:
            asked = select(problem_tickets).where(problem_tickets.c.problem_id.in_(ids))
            for one in self._connection.execute(asked.order_by(problem_tickets.c.ticket_id)):
                gathered[one.problem_id].append(one.ticket_id)
            known = select(problem_causes).where(problem_causes.c.problem_id.in_(ids)).order_by(problem_causes.c.id)
            for one in self._connection.execute(known):
                causes[one.problem_id].append(Cause(branch=one.branch, text=one.text, evidence=one.evidence,
                                                    person=one.person, at=one.at))  # fmt: skip
        return [_problem(row, tuple(gathered[row.id]), tuple(causes[row.id])) for row in rows]


def _row(problem: Problem) -> dict[str, Any]:
    return {"phase_id": problem.phase_id, "title": problem.title, "severity": problem.severity, "state": problem.state,
            "cause_class": problem.cause_class or "", "fix": problem.fix or "", "resolution": problem.resolution,
            "opened_by": problem.opened_by, "opened_at": problem.opened_at, "resolved_by": problem.resolved_by,
            "resolved_at": problem.resolved_at}  # fmt: skip


def _problem(row: Any, gathered: tuple[int, ...], causes: tuple[Cause, ...]) -> Problem:
    return Problem(
        id=row.id, phase_id=row.phase_id, title=row.title, severity=Severity(row.severity),
        state=ProblemState(row.state), cause_class=CauseClass(row.cause_class) if row.cause_class else None,
        fix=Fix(row.fix) if row.fix else None, resolution=row.resolution, opened_by=row.opened_by,
        opened_at=row.opened_at, resolved_by=row.resolved_by, resolved_at=row.resolved_at, causes=causes,
        tickets=gathered,
    )  # fmt: skip
