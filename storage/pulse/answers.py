"""What was answered, in numbers and in words, each under a handle and in no order."""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.pulse.pulse import AnswerComment
from domain.pulse.pulse import Answers as Given
from storage.pulse.tables import answers, helped, remarks

PUT = {
    made.__name__.rpartition(".")[2]: (new := made.insert(answers)).on_conflict_do_update(
        index_elements=["wave_id", "handle"], set_={"given": new.excluded.given}
    )
    for made in (postgresql, sqlite)
}


class Answers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, wave_id: int, handle: str, segment: str, given: Given) -> None:
        """The numbers of one answer, instead of what that handle said before."""
        values = {"wave_id": wave_id, "handle": handle, "segment": segment, "given": dict(given)}
        self._connection.execute(PUT[self._connection.dialect.name], values | {"id": secrets.token_hex(16)})

    def write(self, wave_id: int, handle: str, said: Sequence[AnswerComment]) -> None:
        """All the words of one answer, instead of what that handle wrote before."""
        self._connection.execute(delete(remarks).where(remarks.c.wave_id == wave_id, remarks.c.handle == handle))
        rows = [{"id": secrets.token_hex(16), "wave_id": wave_id, "handle": handle, "question": one.question,
                 "words": one.words, "about": one.about} for one in said]  # fmt: skip
        if rows:
            self._connection.execute(insert(remarks), rows)

    def of(self, wave_id: int, handle: str) -> Given | None:
        mine = select(answers.c.given).where(answers.c.wave_id == wave_id, answers.c.handle == handle)
        found: Given | None = self._connection.scalar(mine)
        return found

    def hold(self, wave_id: int, handle: str) -> Given | None:
        """The same, for whoever is about to change it."""
        mine = select(answers.c.given).where(answers.c.wave_id == wave_id, answers.c.handle == handle)
        found: Given | None = self._connection.scalar(mine.with_for_update())
        return found

    def words_of(self, wave_id: int, handle: str) -> Mapping[str, AnswerComment]:
        """By question."""
        mine = select(remarks).where(remarks.c.wave_id == wave_id, remarks.c.handle == handle)
        return {
            row.question: AnswerComment(row.question, row.words, row.about) for row in self._connection.execute(mine)
        }

    def count(self, wave_id: int) -> int:
        mine = select(func.count()).select_from(answers).where(answers.c.wave_id == wave_id)
        return int(self._connection.scalar(mine) or 0)

    def every(self, wave_id: int) -> list[tuple[str, Given]]:
        """(segment, answers) of everybody, in no order."""
        mine = select(answers.c.segment, answers.c.given).where(answers.c.wave_id == wave_id).order_by(answers.c.id)
        return [(row.segment, row.given) for row in self._connection.execute(mine)]

    def remarks(self, wave_id: int) -> list[AnswerComment]:
        """Everything that was written, in no order."""
        mine = select(remarks).where(remarks.c.wave_id == wave_id).order_by(remarks.c.id)
        return [AnswerComment(row.question, row.words, row.about) for row in self._connection.execute(mine)]

    def writers(self, wave_id: int) -> list[list[AnswerComment]]:
        """The same by whoever wrote it, without praise for somebody; still in no order."""
        found: dict[str, list[AnswerComment]] = {}
        mine = select(remarks).where(remarks.c.wave_id == wave_id, remarks.c.about == "").order_by(remarks.c.id)
        for row in self._connection.execute(mine):
            found.setdefault(row.handle, []).append(AnswerComment(row.question, row.words))
        return list(found.values())

    def seal(self, wave_id: int) -> None:
        """Write everything anew under other handles, all at once and in another order: nobody can change or find it.

        Nothing then tells in which transaction an answer was given, wherever a database may keep that.
        """
        for table in (answers, remarks, helped):
            mine = select(table).where(table.c.wave_id == wave_id)
            fresh: defaultdict[str, str] = defaultdict(lambda: secrets.token_hex(16))
            rows = [{**row, "id": secrets.token_hex(16), "handle": fresh[row["handle"]]}
                    for row in self._connection.execute(mine).mappings()]  # fmt: skip
            self._connection.execute(delete(table).where(table.c.wave_id == wave_id))
            if rows:
                self._connection.execute(insert(table), sorted(rows, key=lambda row: str(row["id"])))
