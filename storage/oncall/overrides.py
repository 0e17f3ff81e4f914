"""What people agreed on besides the rota, what they ask each other for, and what other calendars say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from domain.oncall.rota import AGREED, ASKED, DECLINED, ShiftOverride, SwapRequest
from storage.database.columns import Utc
from storage.oncall.tables import shift_overrides

# Who is on call is asked often, and to make the statement takes longer than to answer it.
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
        """What holds from then on, by the name of the rota, the newest last."""
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
        """What was asked for together."""
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
        """Yes or no to what was asked; False when that was said before."""
        mine = update(shift_overrides).where(shift_overrides.c.pair == pair, shift_overrides.c.state == ASKED)
        return self._connection.execute(mine.values(state=AGREED if agreed else DECLINED)).rowcount > 0

    def replace_imported(
        self, phase_id: int, rota: str, new: Iterable[ShiftOverride], *, by: str, at: datetime
    ) -> None:
        """Another calendar says it anew."""
        mine = delete(shift_overrides).where(
            shift_overrides.c.phase_id == phase_id, shift_overrides.c.rota == rota, shift_overrides.c.imported
        )
        self._connection.execute(mine)
        for override in new:
            self.insert(phase_id, rota, override, by=by, pair="", at=at, agreed=True)


def _to_override(row: RowMapping) -> ShiftOverride:
    return ShiftOverride(person=row["person"], starts=row["starts"], ends=row["ends"],
                 instead_of=row["instead_of"], imported=row["imported"])  # fmt: skip
