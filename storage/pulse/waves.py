"""Waves and whom they ask."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.pulse.results import WaveResult
from domain.pulse.settings import Pulse
from domain.pulse.themes import CommentSummary
from domain.pulse.wave import Invitee, Wave, WaveState
from storage.pulse.tables import helped, invitations, waves

COUNTED = "counted"
PULSE, TALLY, WORDS = (
    TypeAdapter(Pulse),
    TypeAdapter(WaveResult),
    TypeAdapter(CommentSummary),
)  # between one and what JSON can hold
NEW_WAVE, NEW_INVITATION = (
    {made.__name__.rpartition(".")[2]: made.insert(table).on_conflict_do_nothing() for made in (postgresql, sqlite)}
    for table in (waves, invitations)
)
NEWEST = (waves.c.opens_at.desc(), waves.c.id.desc())
OF_PHASE = (
    select(waves).where(waves.c.phase_id == bindparam("phase")).order_by(*NEWEST).limit(bindparam("limit"))
)  # made once: to make it takes longer than to answer it


class Waves:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, phase_id: int, pulse: Pulse, occurrence: str, opens_at: datetime, closes_at: datetime,
              salt: str) -> Wave | None:  # fmt: skip
        """A new one; None when that occurrence has had its wave."""
        values = {"phase_id": phase_id, "name": pulse.name, "occurrence": occurrence, "opens_at": opens_at,
                  "closes_at": closes_at, "salt": salt, "state": WaveState.GATHERING,
                  "pulse": PULSE.dump_python(pulse, mode="json")}  # fmt: skip
        made = NEW_WAVE[self._connection.dialect.name].returning(waves.c.id)
        key = self._connection.scalar(made, values)
        return self.get(int(key)) if key is not None else None

    def get(self, wave_id: int) -> Wave:
        return _wave(self._connection.execute(select(waves).where(waves.c.id == wave_id)).mappings().one())

    def find(self, wave_id: int) -> Wave | None:
        return self._first(select(waves).where(waves.c.id == wave_id))

    def hold(self, wave_id: int) -> Wave | None:
        """The same, which nobody can close before the commit."""
        return self._first(select(waves).where(waves.c.id == wave_id).with_for_update(read=True))

    def lock(self, wave_id: int) -> Wave | None:
        """The same, held until the commit."""
        return self._first(select(waves).where(waves.c.id == wave_id).with_for_update())

    def at(self, phase_id: int, name: str, occurrence: str) -> Wave | None:
        mine = (waves.c.phase_id == phase_id, waves.c.name == name, waves.c.occurrence == occurrence)
        return self._first(select(waves).where(*mine))

    def _first(self, asked: Select[Any]) -> Wave | None:
        row = self._connection.execute(asked).mappings().first()
        return _wave(row) if row else None

    def gathering(self) -> list[Wave]:
        """Those of which nobody knows yet whom they ask."""
        mine = select(waves).where(waves.c.state == WaveState.GATHERING).order_by(waves.c.id)
        return [_wave(row) for row in self._connection.execute(mine).mappings()]

    def of(self, phase_id: int, name: str = "", limit: int = 20) -> list[Wave]:
        """A phase's, of one pulse or of all, the newest first."""
        mine = OF_PHASE.where(waves.c.name == name) if name else OF_PHASE
        return [_wave(row) for row in self._connection.execute(mine, {"phase": phase_id, "limit": limit}).mappings()]

    def change(self, wave_id: int, before: WaveState, **values: Any) -> bool:
        """Go on from a state; False when somebody was faster."""
        if "tally" in values:
            values["tally"] = TALLY.dump_python(values["tally"], mode="json")
        mine = update(waves).where(waves.c.id == wave_id, waves.c.state == before)
        return self._connection.execute(mine.values(values)).rowcount > 0

    def release(self, wave_id: int, words: CommentSummary) -> None:
        """From now on that may be shown of what was written."""
        values = {"words": WORDS.dump_python(words, mode="json")}
        self._connection.execute(update(waves).where(waves.c.id == wave_id).values(values))

    def invite(self, wave_id: int, people: Iterable[tuple[Invitee, datetime]]) -> None:
        """Each once, whatever was asked for before."""
        rows = [{"wave_id": wave_id, "person": one.person, "segment": one.segment, "zone": one.zone, "next_at": at}
                for one, at in people]  # fmt: skip
        if rows:
            self._connection.execute(NEW_INVITATION[self._connection.dialect.name], rows)

    def due(self, now: datetime, limit: int) -> list[RowMapping]:
        """Whom it is time to ask or remind, the longest waiting first: wave_id, person, zone, asked_on, reminded."""
        mine = select(invitations).where(invitations.c.next_at.is_not(None), invitations.c.next_at <= now)
        return list(self._connection.execute(mine.order_by(invitations.c.next_at).limit(limit)).mappings())

    def next_due(self) -> datetime | None:
        found: datetime | None = self._connection.scalar(select(func.min(invitations.c.next_at)))
        return found

    def move(self, wave_id: int, person: str, seen: datetime, **values: Any) -> bool:
        """Go on with an invitation that was due then; False when somebody was faster."""
        mine = (invitations.c.wave_id == wave_id, invitations.c.person == person, invitations.c.next_at == seen)
        return self._connection.execute(update(invitations).where(*mine).values(values)).rowcount > 0

    def stop_asking(self, wave_id: int) -> None:
        """It is closed."""
        self._connection.execute(update(invitations).where(invitations.c.wave_id == wave_id).values(next_at=None))

    def invitation(self, wave_id: int, person: str) -> RowMapping | None:
        """segment, asked_on and the rest; None for somebody who was not asked."""
        mine = select(invitations).where(invitations.c.wave_id == wave_id, invitations.c.person == person)
        return self._connection.execute(mine).mappings().first()

    def asked(self, wave_id: int) -> Mapping[str, int]:
        """How many were asked, by segment."""
        mine = (invitations.c.wave_id == wave_id, invitations.c.asked_on.is_not(None))
        rows = self._connection.execute(select(invitations.c.segment, func.count()).where(*mine)
                                        .group_by(invitations.c.segment))  # fmt: skip
        return {str(segment): int(count) for segment, count in rows}

    def differ(self, one: int, other: int, segment: str) -> int:
        """How many were asked in that segment by only one of two waves."""
        return self._only(one, other, segment) + self._only(other, one, segment)

    def _only(self, there: int, elsewhere: int, segment: str) -> int:
        also = invitations.alias()
        same = exists().where(also.c.wave_id == elsewhere, also.c.person == invitations.c.person,
                              also.c.segment == segment, also.c.asked_on.is_not(None))  # fmt: skip
        mine = (invitations.c.wave_id == there, invitations.c.segment == segment, invitations.c.asked_on.is_not(None))
        return int(self._connection.scalar(select(func.count()).select_from(invitations).where(*mine, ~same)) or 0)

    def tired(self, since: date, budget: int, person: str = "") -> Collection[str]:
        """Who was asked, or is about to be, as often as that since then; of everybody, or of one."""
        counts = invitations.c.next_at.is_not(None) | (invitations.c.asked_on >= since)
        mine = select(invitations.c.person).where(counts).group_by(invitations.c.person)
        mine = mine.where(invitations.c.person == person) if person else mine
        return frozenset(self._connection.scalars(mine.having(func.count() >= budget)))

    def help(self, wave_id: int, handle: str, way: str, ticket_id: int | None = None) -> None:
        """What became of a low answer, instead of what did before; to be counted is less than a ticket."""
        mine = (helped.c.wave_id == wave_id, helped.c.handle == handle)
        if way == COUNTED and self._connection.scalar(select(helped.c.id).where(*mine)):
            return
        self._connection.execute(delete(helped).where(*mine))
        values = {"id": secrets.token_hex(16), "wave_id": wave_id, "handle": handle, "way": way, "ticket_id": ticket_id}
        self._connection.execute(helped.insert(), values)

    def helped(self, wave_id: int) -> Sequence[tuple[str, int | None]]:
        """(way, ticket) of each."""
        rows = self._connection.execute(select(helped.c.way, helped.c.ticket_id).where(helped.c.wave_id == wave_id))
        return [(str(row.way), row.ticket_id) for row in rows]


def _wave(row: RowMapping) -> Wave:
    values = {**row, "pulse": PULSE.validate_python(row["pulse"]), "state": WaveState(row["state"])}
    values["tally"] = TALLY.validate_python(row["tally"]) if row["tally"] else None
    values["words"] = WORDS.validate_python(row["words"]) if row["words"] else None
    del values["name"]
    return Wave(**values)
