"""Responses and comments of waves, each under a pseudonym and in random order."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.pulse.pulse import AnswerComment, Answers
from storage.pulse.tables import answer_comments, low_answer_followups, responses

UPSERT = {
    made.__name__.rpartition(".")[2]: (new := made.insert(responses)).on_conflict_do_update(
        index_elements=["wave_id", "pseudonym"], set_={"answers": new.excluded.answers}
    )
    for made in (postgresql, sqlite)
}


class Responses:
    """The responses to waves; no method links one to a person."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, wave_id: int, pseudonym: str, segment: str, answers: Answers) -> None:
        """Replace the answers under this pseudonym."""
        values = {"wave_id": wave_id, "pseudonym": pseudonym, "segment": segment, "answers": dict(answers)}
        self._connection.execute(UPSERT[self._connection.dialect.name], values | {"id": secrets.token_hex(16)})

    def replace_comments(self, wave_id: int, pseudonym: str, comments: Sequence[AnswerComment]) -> None:
        """Replace all comments under this pseudonym."""
        self._connection.execute(delete(answer_comments).where(*_comments_of(wave_id, pseudonym)))
        rows = [{"id": secrets.token_hex(16), "wave_id": wave_id, "pseudonym": pseudonym, "question": one.question,
                 "text": one.text, "praised": one.praised} for one in comments]  # fmt: skip
        if rows:
            self._connection.execute(insert(answer_comments), rows)

    def find_answers(self, wave_id: int, pseudonym: str) -> Answers | None:
        query = select(responses.c.answers).where(*_response_of(wave_id, pseudonym))
        found: Answers | None = self._connection.scalar(query)
        return found

    def lock_answers(self, wave_id: int, pseudonym: str) -> Answers | None:
        """The same, locked until the commit."""
        query = select(responses.c.answers).where(*_response_of(wave_id, pseudonym))
        found: Answers | None = self._connection.scalar(query.with_for_update())
        return found

    def find_comments(self, wave_id: int, pseudonym: str) -> Mapping[str, AnswerComment]:
        """Return the comments under this pseudonym by question id."""
        query = select(answer_comments).where(*_comments_of(wave_id, pseudonym))
        rows = self._connection.execute(query)
        return {row.question: AnswerComment(row.question, row.text, row.praised) for row in rows}

    def count(self, wave_id: int) -> int:
        query = select(func.count()).select_from(responses).where(responses.c.wave_id == wave_id)
        return int(self._connection.scalar(query) or 0)

    def list_answers(self, wave_id: int, but: Collection[str] = ()) -> list[tuple[str, Answers]]:
        """Return (segment, answers) of each response, in random order, without those under the pseudonyms `but`."""
        query = select(responses.c.segment, responses.c.answers, responses.c.pseudonym)
        rows = self._connection.execute(query.where(responses.c.wave_id == wave_id).order_by(responses.c.id))
        return [(segment, answers) for segment, answers, pseudonym in rows if pseudonym not in but]

    def leave_out_comments(self, wave_id: int, pseudonyms: Iterable[str]) -> None:
        """Have the comments under these pseudonyms in no summary."""
        mine = update(answer_comments).where(
            answer_comments.c.wave_id == wave_id, answer_comments.c.pseudonym == bindparam("of")
        )
        if rows := [{"of": one} for one in pseudonyms]:
            self._connection.execute(mine.values(left_out=True), rows)

    def list_comments(self, wave_id: int) -> list[AnswerComment]:
        """Return all comments, in random order."""
        query = select(answer_comments).where(answer_comments.c.wave_id == wave_id).order_by(answer_comments.c.id)
        return [AnswerComment(row.question, row.text, row.praised) for row in self._connection.execute(query)]

    def list_comments_by_author(self, wave_id: int) -> list[list[AnswerComment]]:
        """Return the comments without praise, of those who are counted, grouped by author, in random order."""
        found: dict[str, list[AnswerComment]] = {}
        mine = (
            answer_comments.c.wave_id == wave_id,
            answer_comments.c.praised == "",
            answer_comments.c.left_out.is_(False),
        )
        query = select(answer_comments).where(*mine)
        for row in self._connection.execute(query.order_by(answer_comments.c.id)):
            found.setdefault(row.pseudonym, []).append(AnswerComment(row.question, row.text))
        return list(found.values())

    def anonymize(self, wave_id: int) -> None:
        """Rewrite all responses under random pseudonyms in random order, so that no response can be found or changed.

        Rewriting also removes the traces of when a response was given (such as PostgreSQL's row headers).
        """
        for table in (responses, answer_comments, low_answer_followups):
            query = select(table).where(table.c.wave_id == wave_id)
            pseudonyms: defaultdict[str, str] = defaultdict(lambda: secrets.token_hex(16))
            rows = [{**row, "id": secrets.token_hex(16), "pseudonym": pseudonyms[row["pseudonym"]]}
                    for row in self._connection.execute(query).mappings()]  # fmt: skip
            self._connection.execute(delete(table).where(table.c.wave_id == wave_id))
            if rows:
                self._connection.execute(insert(table), sorted(rows, key=lambda row: str(row["id"])))


def _response_of(wave_id: int, pseudonym: str) -> tuple[ColumnElement[bool], ...]:
    return responses.c.wave_id == wave_id, responses.c.pseudonym == pseudonym


def _comments_of(wave_id: int, pseudonym: str) -> tuple[ColumnElement[bool], ...]:
    return answer_comments.c.wave_id == wave_id, answer_comments.c.pseudonym == pseudonym
