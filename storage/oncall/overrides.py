"""What people agreed on besides the rota, what they ask each other for, and what other calendars say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from domain.oncall.rota import AGREED, ASKED, DECLINED, Asked, Cover
from storage.database.columns import Utc
from storage.oncall.tables import covers

# Who is on call is asked often, and to make the statement takes longer than to answer it.
AGREED_ON = (
    select(covers).where(covers.c.phase_id == bindparam("phase"), covers.c.ends > bindparam("since", type_=Utc()),
                         covers.c.state == AGREED).order_by(covers.c.id)
)  # fmt: skip


class Covers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, phase_id: int, since: datetime) -> Mapping[str, Sequence[Cover]]:
        """What holds from then on, by the name of the rota, the newest last."""
        found: dict[str, list[Cover]] = defaultdict(list)
        for row in self._connection.execute(AGREED_ON, {"phase": phase_id, "since": since}).mappings():
            found[row["rota"]].append(_cover(row))
        return found

    def add(self, phase_id: int, rota: str, cover: Cover, *, by: str, pair: str, at: datetime, agreed: bool) -> None:
        values = {"phase_id": phase_id, "rota": rota, "person": cover.person, "instead_of": cover.instead_of,
                  "starts": cover.starts, "ends": cover.ends, "imported": cover.imported, "asked_by": by,
                  "pair": pair, "at": at, "state": AGREED if agreed else ASKED}  # fmt: skip
        self._connection.execute(insert(covers), values)

    def pair(self, pair: str) -> list[Asked]:
        """What was asked for together."""
        rows = self._connection.execute(select(covers).where(covers.c.pair == pair).order_by(covers.c.id)).mappings()
        return [Asked(cover=_cover(row), phase_id=row["phase_id"], rota=row["rota"], state=row["state"],
                      asked_by=row["asked_by"], pair=row["pair"]) for row in rows]  # fmt: skip

    def settle(self, pair: str, *, agreed: bool) -> bool:
        """Yes or no to what was asked; False when that was said before."""
        mine = update(covers).where(covers.c.pair == pair, covers.c.state == ASKED)
        return self._connection.execute(mine.values(state=AGREED if agreed else DECLINED)).rowcount > 0

    def replace_imported(self, phase_id: int, rota: str, new: Iterable[Cover], *, by: str, at: datetime) -> None:
        """Another calendar says it anew."""
        mine = delete(covers).where(covers.c.phase_id == phase_id, covers.c.rota == rota, covers.c.imported)
        self._connection.execute(mine)
        for cover in new:
            self.add(phase_id, rota, cover, by=by, pair="", at=at, agreed=True)


def _cover(row: RowMapping) -> Cover:
    return Cover(person=row["person"], starts=row["starts"], ends=row["ends"],
                 instead_of=row["instead_of"], imported=row["imported"])  # fmt: skip
