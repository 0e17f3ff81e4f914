"""Overrides of rotas: agreed ones, requested swaps, and shifts imported from another calendar."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from domain.oncall.rota import AGREED, ASKED, DECLINED, LAPSED, ShiftOverride, SwapRequest
from storage.database.columns import Utc
from storage.oncall.tables import shift_overrides

# This statement is frequent, and building it takes longer than running it.
AGREED_ON = (
    select(shift_overrides)
    .where(
        shift_overrides.c.phase_id == bindparam("phase"),
        shift_overrides.c.ends > bindparam("since", type_=Utc()),
        shift_overrides.c.state == AGREED,
    )
    .order_by(shift_overrides.c.id)
)


class ShiftOverrides:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list_agreed(self, phase_id: int, since: datetime) -> Mapping[str, Sequence[ShiftOverride]]:
        """Return the agreed overrides that end after that moment, by the name of the rota, newest last."""
        found: dict[str, list[ShiftOverride]] = defaultdict(list)
        for row in self._connection.execute(AGREED_ON, {"phase": phase_id, "since": since}).mappings():
            found[row["rota"]].append(_to_override(row))
        return found

    def insert(
        self, phase_id: int, rota: str, override: ShiftOverride, *, by: str, pair: str, at: datetime, agreed: bool
    ) -> None:
        values = {"phase_id": phase_id, "rota": rota, "person": override.person, "instead_of": override.instead_of,
                  "starts": override.starts, "ends": override.ends, "imported": override.imported, "asked_by": by,
                  "pair": pair, "at": at, "state": AGREED if agreed else ASKED}  # fmt: skip
        self._connection.execute(insert(shift_overrides), values)

    def list_pair(self, pair: str) -> list[SwapRequest]:
        """Return the overrides that were requested together."""
        rows = self._connection.execute(
            select(shift_overrides).where(shift_overrides.c.pair == pair).order_by(shift_overrides.c.id)
        ).mappings()
        return [
            SwapRequest(
                override=_to_override(row),
                phase_id=row["phase_id"],
                rota=row["rota"],
                state=row["state"],
                asked_by=row["asked_by"],
                pair=row["pair"],
            )
            for row in rows
        ]

    def answer(self, pair: str, *, agreed: bool) -> bool:
        """Record the answer to a request; return False when it was answered before."""
        query = update(shift_overrides).where(shift_overrides.c.pair == pair, shift_overrides.c.state == ASKED)
        return self._connection.execute(query.values(state=AGREED if agreed else DECLINED)).rowcount > 0

    def lapse(self, phase_id: int, now: datetime) -> list[str]:
        """End the requests that were not answered before the shift was over; return their pairs."""
        over = (shift_overrides.c.phase_id == phase_id, shift_overrides.c.ends <= now, shift_overrides.c.state == ASKED)
        pairs = [*self._connection.scalars(select(shift_overrides.c.pair).where(*over).distinct())]
        if pairs:
            gone = update(shift_overrides).where(shift_overrides.c.pair.in_(pairs))
            self._connection.execute(gone.values(state=LAPSED))
        return pairs

    def replace_imported(
        self, phase_id: int, rota: str, new: Iterable[ShiftOverride], *, by: str, at: datetime
    ) -> None:
        """Replace everything that was imported for a rota."""
        query = delete(shift_overrides).where(
            shift_overrides.c.phase_id == phase_id, shift_overrides.c.rota == rota, shift_overrides.c.imported
        )
        self._connection.execute(query)
        for override in new:
            self.insert(phase_id, rota, override, by=by, pair="", at=at, agreed=True)


def _to_override(row: RowMapping) -> ShiftOverride:
    return ShiftOverride(person=row["person"], starts=row["starts"], ends=row["ends"],
                 instead_of=row["instead_of"], imported=row["imported"])  # fmt: skip
