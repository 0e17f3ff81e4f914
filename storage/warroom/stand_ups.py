"""Answers of stand-ups."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.warroom.stand_up import StandUpAnswer
from storage.database.columns import LARGEST_ID
from storage.warroom.tables import stand_up_answers

COLUMNS = [one.name for one in fields(StandUpAnswer)]
NEW = {
    name: new(stand_up_answers).on_conflict_do_nothing().returning(stand_up_answers.c.id)
    for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


class StandUps:
    """Who was asked on which day, and what they said."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_question(self, phase_id: int, day: date, person: str, at: datetime) -> int | None:
        """Note that a person is asked; return the id, or None when they were asked on that day before."""
        row = {
            "phase_id": phase_id,
            "day": day,
            "person": person,
            "asked_at": at,
            "done": "",
            "next": "",
            "blocked": "",
        }
        found: int | None = self._connection.scalar(NEW[self._connection.dialect.name], row)
        return found

    def find_answer(self, answer_id: int, *, lock: bool = False) -> StandUpAnswer | None:
        """Return what a person was asked, locked until the end of the transaction with `lock`."""
        if not 0 < answer_id < LARGEST_ID:
            return None
        mine = select(stand_up_answers).where(stand_up_answers.c.id == answer_id)
        row = self._connection.execute(mine.with_for_update() if lock else mine).first()
        return _answer(row) if row else None

    def update_answer(self, answer: StandUpAnswer) -> None:
        said = {name: getattr(answer, name) for name in ("answered_at", "done", "next", "blocked")}
        self._connection.execute(update(stand_up_answers).where(stand_up_answers.c.id == answer.id).values(said))

    def list_since(self, phase_id: int, since: date) -> Sequence[StandUpAnswer]:
        """Return what people of a phase were asked from that day on, in order."""
        mine = select(stand_up_answers).where(stand_up_answers.c.phase_id == phase_id, stand_up_answers.c.day >= since)
        ordered = mine.order_by(stand_up_answers.c.day, stand_up_answers.c.id)
        return [_answer(row) for row in self._connection.execute(ordered)]


def _answer(row: Any) -> StandUpAnswer:
    return StandUpAnswer(**{name: getattr(row, name) for name in COLUMNS})
