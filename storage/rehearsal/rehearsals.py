"""Rehearsals, whom they call, and how every trace of one is deleted."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from domain.delivery.message import MessageState
from domain.phases.link import LinkKind
from domain.rehearsal.findings import Call, Finding, FindingKind, Rehearsal
from storage.database.columns import LARGEST_ID
from storage.delivery.tables import lanes, messages, requests
from storage.phases.tables import links
from storage.rehearsal.tables import rehearsal_calls, rehearsals

ARRIVING = (MessageState.WAITING.value, MessageState.SENDING.value)


class Rehearsals:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_rehearsal(
        self, phase_id: int, by: str, ends: datetime, access: Mapping[str, str], request: str, places: Iterable[str]
    ) -> Rehearsal:  # fmt: skip
        """Insert a rehearsal that calls these places; return it with its id."""
        row = {"phase_id": phase_id, "started_by": by, "ends": ends, "access": dict(access), "request": request[:300],
               "is_told": False}  # fmt: skip
        key = self._connection.execute(insert(rehearsals), row).inserted_primary_key
        id_ = int(key[0]) if key else 0
        rows = [{"rehearsal_id": id_, "place": place, "answered": False} for place in places]
        if rows:
            self._connection.execute(insert(rehearsal_calls), rows)
        return _rehearsal({"id": id_, "played": None, **row})

    def find_rehearsal(self, rehearsal_id: int) -> Rehearsal | None:
        """Return a rehearsal, locked until the end of the transaction."""
        if not 0 < rehearsal_id < LARGEST_ID:
            return None
        return self._find(rehearsals.c.id == rehearsal_id)

    def find_of_phase(self, phase_id: int) -> Rehearsal | None:
        return self._find(rehearsals.c.phase_id == phase_id)

    def find_end(self, phase_id: int) -> datetime | None:
        """Return when the rehearsal of a phase is over at the latest, if one is going on."""
        return self._connection.scalar(select(rehearsals.c.ends).where(rehearsals.c.phase_id == phase_id))

    def _find(self, which: Any) -> Rehearsal | None:
        row = self._connection.execute(select(rehearsals).where(which).with_for_update()).mappings().first()
        return _rehearsal({**row}) if row else None

    def list_unplayed(self) -> list[int]:
        """Return the rehearsals that have not been played."""
        return [*self._connection.scalars(select(rehearsals.c.id).where(rehearsals.c.played.is_(None)))]

    def set_played(self, rehearsal_id: int, findings: Iterable[Finding]) -> None:
        """Record what was found by playing; the first process that has played counts."""
        mine = update(rehearsals).where(rehearsals.c.id == rehearsal_id, rehearsals.c.played.is_(None))
        found = [[one.kind.value, one.subject, one.detail] for one in findings]
        self._connection.execute(mine.values(played=found))

    def list_calls(self, rehearsal_id: int) -> list[Call]:
        mine = select(rehearsal_calls).where(rehearsal_calls.c.rehearsal_id == rehearsal_id)
        return [Call(row.place, row.answered) for row in self._connection.execute(mine.order_by(rehearsal_calls.c.id))]

    def mark_answered(self, rehearsal_id: int, person: str) -> bool:
        """Record that a person answered; return False if they were not called."""
        mine = (rehearsal_calls.c.rehearsal_id == rehearsal_id, rehearsal_calls.c.place == person)
        return bool(self._connection.execute(update(rehearsal_calls).where(*mine).values(answered=True)).rowcount)

    def mark_told(self, rehearsal_id: int) -> None:
        self._connection.execute(update(rehearsals).where(rehearsals.c.id == rehearsal_id).values(is_told=True))

    def find_result(self, lane_id: int) -> tuple[MessageState, str, str] | None:
        """Return what became of a connection that was tried in a lane, why it failed, and its name."""
        columns = (messages.c.state, messages.c.error, messages.c.payload)
        mine = select(*columns).where(messages.c.lane_id == lane_id).order_by(messages.c.id).limit(1)
        row = self._connection.execute(mine).first()
        return (MessageState(row.state), row.error or "", str(row.payload["name"])) if row else None

    def count_arriving(self, lane_prefix: str) -> int:
        """Return how many messages of the lanes that begin so are still on their way."""
        mine = messages.c.lane_id.in_(select(lanes.c.id).where(lanes.c.name.startswith(lane_prefix, autoescape=True)))
        asked = select(func.count()).select_from(messages).where(mine, messages.c.state.in_(ARRIVING))
        return self._connection.scalar(asked) or 0

    def delete_rehearsal(self, rehearsal: Rehearsal, lane_prefix: str) -> None:
        """Delete every row that a rehearsal has made, but its timer: its calls, messages, lanes, marks and request."""
        of = rehearsal_calls.c.rehearsal_id == rehearsal.id
        self._connection.execute(delete(rehearsal_calls).where(of))
        self._connection.execute(delete(rehearsals).where(rehearsals.c.id == rehearsal.id))
        mine = select(lanes.c.id).where(lanes.c.name.startswith(lane_prefix, autoescape=True))
        said = messages.c.lane_id.in_(mine)
        self._connection.execute(update(messages).where(said).values(target=None))
        self._connection.execute(delete(messages).where(said))
        self._connection.execute(delete(lanes).where(lanes.c.name.startswith(lane_prefix, autoescape=True)))
        marked = (links.c.kind == LinkKind.REHEARSAL.value, links.c.phase_id == rehearsal.phase_id)
        self._connection.execute(delete(links).where(*marked))
        self._connection.execute(delete(requests).where(requests.c.key == rehearsal.request))


def _rehearsal(row: dict[str, Any]) -> Rehearsal:
    given = row["played"]
    played = given if given is None else [Finding(FindingKind(kind), subject, why) for kind, subject, why in given]
    return Rehearsal(**row | {"played": played})
