"""Waves, their invitations and the follow-up of low answers."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.pulse.results import WaveResult
from domain.pulse.settings import Pulse
from domain.pulse.themes import CommentSummary
from domain.pulse.wave import Invitee, Wave, WaveState
from storage.pulse.tables import invitations, low_answer_followups, waves

COUNTED = "counted"
PULSE, RESULT, COMMENT_SUMMARY = TypeAdapter(Pulse), TypeAdapter(WaveResult), TypeAdapter(CommentSummary)
NEW_WAVE, NEW_INVITATION = (
    {made.__name__.rpartition(".")[2]: made.insert(table).on_conflict_do_nothing() for made in (postgresql, sqlite)}
    for table in (waves, invitations)
)
NEWEST = (waves.c.opens_at.desc(), waves.c.id.desc())
LIST_OF_PHASE = (
    select(waves).where(waves.c.phase_id == bindparam("phase")).order_by(*NEWEST).limit(bindparam("limit"))
)  # built once: building it takes longer than running it


class Waves:
    """Waves and invitations."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert(self, phase_id: int, pulse: Pulse, occurrence: str, opens_at: datetime, closes_at: datetime,
              salt: str) -> Wave | None:  # fmt: skip
        """Insert a wave; None when this occurrence already has one."""
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

    def find_shared(self, wave_id: int) -> Wave | None:
        """Find a wave with a shared lock, so that it cannot close before the commit."""
        return self._first(select(waves).where(waves.c.id == wave_id).with_for_update(read=True))

    def lock(self, wave_id: int) -> Wave | None:
        """Find a wave, locked until the commit."""
        return self._first(select(waves).where(waves.c.id == wave_id).with_for_update())

    def find_occurrence(self, phase_id: int, name: str, occurrence: str) -> Wave | None:
        mine = (waves.c.phase_id == phase_id, waves.c.name == name, waves.c.occurrence == occurrence)
        return self._first(select(waves).where(*mine))

    def _first(self, query: Select[Any]) -> Wave | None:
        row = self._connection.execute(query).mappings().first()
        return _wave(row) if row else None

    def list_gathering(self) -> list[Wave]:
        """Return the waves whose audience is not known yet."""
        mine = select(waves).where(waves.c.state == WaveState.GATHERING).order_by(waves.c.id)
        return [_wave(row) for row in self._connection.execute(mine).mappings()]

    def list_of_phase(self, phase_id: int, name: str = "", limit: int = 20) -> list[Wave]:
        """Return the waves of a phase, of one pulse or of all, newest first."""
        mine = LIST_OF_PHASE.where(waves.c.name == name) if name else LIST_OF_PHASE
        return [_wave(row) for row in self._connection.execute(mine, {"phase": phase_id, "limit": limit}).mappings()]

    def update_state(self, wave_id: int, before: WaveState, **values: Any) -> bool:
        """Update a wave that is in this state; False when it no longer is."""
        if "result" in values:
            values["result"] = RESULT.dump_python(values["result"], mode="json")
        mine = update(waves).where(waves.c.id == wave_id, waves.c.state == before)
        return self._connection.execute(mine.values(values)).rowcount > 0

    def update_comment_summary(self, wave_id: int, summary: CommentSummary) -> None:
        """Set what is shown of the comments."""
        values = {"comment_summary": COMMENT_SUMMARY.dump_python(summary, mode="json")}
        self._connection.execute(update(waves).where(waves.c.id == wave_id).values(values))

    def insert_invitations(self, wave_id: int, people: Iterable[tuple[Invitee, datetime]]) -> None:
        """Insert an invitation for each person at their time; existing ones stay as they are."""
        rows = [{"wave_id": wave_id, "person": one.person, "segment": one.segment, "zone": one.zone, "next_at": at}
                for one, at in people]  # fmt: skip
        if rows:
            self._connection.execute(NEW_INVITATION[self._connection.dialect.name], rows)

    def list_due_invitations(self, now: datetime, limit: int) -> list[RowMapping]:
        """Return invitations and reminders that are due, oldest first: wave_id, person, zone, asked_on, reminded."""
        mine = select(invitations).where(invitations.c.next_at.is_not(None), invitations.c.next_at <= now)
        return list(self._connection.execute(mine.order_by(invitations.c.next_at).limit(limit)).mappings())

    def update_invitation(self, wave_id: int, person: str, due: datetime, **values: Any) -> bool:
        """Update an invitation that is due at that time; False when another process has updated it."""
        mine = (invitations.c.wave_id == wave_id, invitations.c.person == person, invitations.c.next_at == due)
        return self._connection.execute(update(invitations).where(*mine).values(values)).rowcount > 0

    def cancel_invitations(self, wave_id: int) -> None:
        """Cancel the invitations and reminders of a closed wave."""
        self._connection.execute(update(invitations).where(invitations.c.wave_id == wave_id).values(next_at=None))

    def find_invitation(self, wave_id: int, person: str) -> RowMapping | None:
        """Return the invitation row; None for a person who is not in the audience."""
        mine = select(invitations).where(invitations.c.wave_id == wave_id, invitations.c.person == person)
        return self._connection.execute(mine).mappings().first()

    def count_asked(self, wave_id: int) -> Mapping[str, int]:
        """Return the number of people asked, by segment."""
        mine = (invitations.c.wave_id == wave_id, invitations.c.asked_on.is_not(None))
        rows = self._connection.execute(select(invitations.c.segment, func.count()).where(*mine)
                                        .group_by(invitations.c.segment))  # fmt: skip
        return {str(segment): int(count) for segment, count in rows}

    def list_asked(self, wave_id: int) -> Mapping[str, str]:
        """Return the segment of each person asked."""
        mine = (invitations.c.wave_id == wave_id, invitations.c.asked_on.is_not(None))
        rows = self._connection.execute(select(invitations.c.person, invitations.c.segment).where(*mine))
        return {str(person): str(segment) for person, segment in rows}

    def update_uncounted(self, wave_id: int, people: Iterable[str]) -> None:
        """Record that these people are not in the result of a wave."""
        mine = update(invitations).where(invitations.c.wave_id == wave_id, invitations.c.person == bindparam("of"))
        if rows := [{"of": one} for one in people]:
            self._connection.execute(mine.values(left_out=True), rows)

    def lock_of_phase(self, phase_id: int) -> list[Wave]:
        """Return the waves of a phase, locked until the commit, so that no other one closes meanwhile."""
        mine = select(waves).where(waves.c.phase_id == phase_id).order_by(waves.c.id).with_for_update()
        return [_wave(row) for row in self._connection.execute(mine).mappings()]

    def list_shown(self, closed: Sequence[Wave]) -> list[frozenset[str]]:
        """Return the people of each result that these waves show: of all who are counted, and of each segment."""
        shown = {wave.id: wave.result.cells for wave in closed if wave.result and wave.result.cells}
        found: dict[tuple[int, str], set[str]] = {}
        columns = (invitations.c.wave_id, invitations.c.segment, invitations.c.person)
        mine = (
            invitations.c.asked_on.is_not(None),
            invitations.c.left_out.is_(False),
            invitations.c.wave_id.in_(shown),
        )
        for wave_id, segment, person in self._connection.execute(select(*columns).where(*mine)):
            for name in {"", segment} & shown[wave_id].keys():
                found.setdefault((wave_id, name), set()).add(person)
        return list(dict.fromkeys(frozenset(people) for _, people in sorted(found.items())))

    def list_over_budget(self, since: date, budget: int, person: str = "") -> Collection[str]:
        """Return the people (or one) with at least `budget` invitations since then, pending ones included."""
        counts = invitations.c.next_at.is_not(None) | (invitations.c.asked_on >= since)
        mine = select(invitations.c.person).where(counts).group_by(invitations.c.person)
        mine = mine.where(invitations.c.person == person) if person else mine
        return frozenset(self._connection.scalars(mine.having(func.count() >= budget)))

    def upsert_followup(self, wave_id: int, pseudonym: str, outcome: str, ticket_id: int | None = None) -> None:
        """Set the follow-up of a low answer; "counted" does not replace a ticket."""
        table = low_answer_followups
        mine = (table.c.wave_id == wave_id, table.c.pseudonym == pseudonym)
        if outcome == COUNTED and self._connection.scalar(select(table.c.id).where(*mine)):
            return
        self._connection.execute(delete(table).where(*mine))
        values = {"id": secrets.token_hex(16), "wave_id": wave_id, "pseudonym": pseudonym, "outcome": outcome,
                  "ticket_id": ticket_id}  # fmt: skip
        self._connection.execute(table.insert(), values)

    def list_followups(self, wave_id: int) -> Sequence[tuple[str, int | None]]:
        """Return (outcome, ticket id) of each follow-up."""
        table = low_answer_followups
        rows = self._connection.execute(select(table.c.outcome, table.c.ticket_id).where(table.c.wave_id == wave_id))
        return [(str(row.outcome), row.ticket_id) for row in rows]


def _wave(row: RowMapping) -> Wave:
    values = {**row, "pulse": PULSE.validate_python(row["pulse"]), "state": WaveState(row["state"])}
    values["result"] = RESULT.validate_python(row["result"]) if row["result"] else None
    summary = row["comment_summary"]
    values["comment_summary"] = COMMENT_SUMMARY.validate_python(summary) if summary else None
    del values["name"]
    return Wave(**values)
