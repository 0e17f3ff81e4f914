"""Repository of phases, their user groups and their ticket numbers."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from json import loads
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    RowMapping,
    Text,
    bindparam,
    cast,
    column,
    delete,
    exists,
    insert,
    select,
    table,
    text,
    update,
)

from domain.phases.phase import NOT_SET_UP, Phase
from storage.phases.tables import applied_files, moved_channels, phases, user_groups

LISTS = ("intake_channels", "leads", "responders")
COLUMNS = frozenset(phases.c.keys())
MAX_PARSED = 200  # phases that are kept as they were parsed, those used last
OPTIONS = frozenset(Phase.model_fields) - COLUMNS - frozenset(NOT_SET_UP)  # kept together, since no query asks
JSON_COLUMNS = frozenset(column.name for column in phases.c if isinstance(column.type, JSON))
# The columns of a phase as text, named so that they can be read with another table's. A row is parsed once for as
# long as it says the same.
PREFIX = "of_phase_"
PHASE_COLUMNS = tuple(
    (cast(column, Text) if column.name in JSON_COLUMNS else column).label(f"{PREFIX}{column.name}")
    for column in phases.c if column.name != "last_number"
)  # fmt: skip
NAMES = tuple(column.name.removeprefix(PREFIX) for column in PHASE_COLUMNS)
# Statements that run often are built once: building one takes longer than running it.
LOCK = text("SELECT pg_advisory_xact_lock(727828)")  # until the end of the transaction
ALL_PHASES = select(*PHASE_COLUMNS).order_by(phases.c.id)
PHASE_BY_ID = select(*PHASE_COLUMNS).where(phases.c.id == bindparam("id"))
PHASE_BY_KEY = select(*PHASE_COLUMNS).where(phases.c.key == bindparam("key"))
# Rows that refer to a phase may be inserted meanwhile: two that insert one and lock the phase then would deadlock.
LOCKED = select(phases.c.id).where(phases.c.id == bindparam("which")).with_for_update(key_share=True)
TOPICS = table("topics", column("phase_id"))  # of storage/automation, which knows phases and is not known here
NEXT_NUMBER = (
    update(phases).where(phases.c.id == bindparam("which")).values(last_number=phases.c.last_number + 1)
    .returning(phases.c.last_number, exists().where(TOPICS.c.phase_id == bindparam("which")))
)  # fmt: skip


class Phases:
    """Phases, each with the members of the user groups in its settings."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[int, Phase] = {}  # that were read in this transaction
        self._without_topics: set[int] = set()  # phases in which no one follows a topic

    def list_phases(self) -> list[Phase]:
        """Return all phases, oldest first."""
        rows = self._connection.execute(ALL_PHASES).mappings()
        found = self._with_members([_phase(row) for row in rows])
        self._known = {phase.id: phase for phase in found}
        return found

    def get(self, phase_id: int) -> Phase:
        """Return the phase with that id; NoResultFound if there is none."""
        if phase_id not in self._known:
            self.know(self._connection.execute(PHASE_BY_ID, {"id": phase_id}).mappings().one())
        return self._known[phase_id]

    def know(self, row: RowMapping) -> Phase:
        """Return the phase of a row with PHASE_COLUMNS, and remember it for this transaction."""
        if row[f"{PREFIX}id"] not in self._known:
            self._known[row[f"{PREFIX}id"]] = self._with_members([_phase(row)])[0]
        return self._known[row[f"{PREFIX}id"]]

    def find_by_key(self, key: str) -> Phase | None:
        """Return the phase with that key, in any case."""
        row = self._connection.execute(PHASE_BY_KEY, {"key": key.upper()}).mappings().one_or_none()
        return self.know(row) if row else None

    def _with_members(self, found: list[Phase]) -> list[Phase]:
        if not any(phase.groups for phase in found):
            return found
        members = {str(row.id): tuple(row.people) for row in self._connection.execute(select(user_groups))}
        return [phase.model_copy(update={"members": members}) for phase in found]

    def save(self, phase: Phase) -> Phase:
        """Insert the phase or update the one with its key, and return it with its id."""
        values = _columns(phase)
        self._known.clear()
        if self._connection.dialect.name != "sqlite":  # where there is one writer anyway
            self._connection.execute(LOCK)  # processes that start together would insert the same phase
        known = self.find_by_key(phase.key)
        if known:
            self._connection.execute(update(phases).where(phases.c.id == known.id).values(values))
            self._known.clear()
            return phase.model_copy(update={"id": known.id})
        key = self._connection.execute(insert(phases), values).inserted_primary_key
        return phase.model_copy(update={"id": int(key[0])})  # type: ignore[index]

    def insert_moved_channel(self, old: str, new: str, at: datetime) -> None:
        """Record that a channel has another id now; earlier ids of it lead to the newest one."""
        self._connection.execute(update(moved_channels).where(moved_channels.c.new == old).values(new=new))
        self._connection.execute(delete(moved_channels).where(moved_channels.c.old.in_([old, new])))
        self._connection.execute(insert(moved_channels), {"old": old, "new": new, "at": at})

    def get_moved_channels(self) -> dict[str, str]:
        """Return the present id of each channel that has another id now, by the old one."""
        return {str(row.old): str(row.new) for row in self._connection.execute(select(moved_channels))}

    def find_applied_file(self, key: str) -> str | None:
        """Return the digest of the settings file that was last applied to the phase; None when there was none."""
        return self._connection.scalar(select(applied_files.c.digest).where(applied_files.c.key == key))

    def save_applied_file(self, key: str, digest: str) -> None:
        """Record which settings file is applied to the phase."""
        self._connection.execute(delete(applied_files).where(applied_files.c.key == key))
        self._connection.execute(insert(applied_files), {"key": key, "digest": digest})

    def list_groups(self) -> frozenset[str]:
        """Return the ids of the user groups in the settings of all phases."""
        return frozenset(group for phase in self.list_phases() for group in phase.groups)

    def list_unknown_groups(self) -> frozenset[str]:
        """Return the user groups whose members have not been loaded from Slack yet."""
        return self.list_groups() - frozenset(self._connection.scalars(select(user_groups.c.id)))

    def save_group(self, group: str, people: Sequence[str]) -> bool:
        """Save the members of a user group, and return whether they changed."""
        given = {"people": list(people)}
        self._known.clear()
        if self._connection.scalar(select(user_groups.c.people).where(user_groups.c.id == group)) == given["people"]:
            return False
        if not self._connection.execute(update(user_groups).where(user_groups.c.id == group).values(given)).rowcount:
            self._connection.execute(insert(user_groups), given | {"id": group})
        return True

    def delete_unused_groups(self) -> None:
        """Delete the user groups that are in no phase's settings any more."""
        self._connection.execute(delete(user_groups).where(user_groups.c.id.not_in(self.list_groups())))

    def lock(self, phase_id: int) -> None:
        """Lock a phase until the commit, where one decision about it must wait for another."""
        self._connection.execute(LOCKED, {"which": phase_id})

    def count_tickets(self, phase_id: int) -> int:
        """Return how many tickets a phase has had, private ones included."""
        return int(self._connection.scalar(select(phases.c.last_number).where(phases.c.id == phase_id)) or 0)

    def next_ticket_number(self, phase_id: int) -> int:
        """Return the next ticket's number. The row stays locked until the commit, so no number is used twice.

        The statement says too whether anyone follows a topic of the phase, which spares each report a question.
        """
        number, is_followed = self._connection.execute(NEXT_NUMBER, {"which": phase_id}).one()
        if not is_followed:
            self._without_topics.add(phase_id)
        return int(number)

    def may_have_topics(self, phase_id: int) -> bool:
        """Return whether people may follow topics of a phase, as far as this transaction knows."""
        return phase_id not in self._without_topics


def _columns(phase: Phase) -> dict[str, Any]:
    columns = phase.model_dump(include=set(COLUMNS - {"id"}))
    columns |= {name: list(columns[name]) for name in LISTS}
    return columns | {"options": phase.model_dump(include=set(OPTIONS), mode="json")}


def _phase(row: RowMapping) -> Phase:
    return _parsed(tuple(row[f"{PREFIX}{name}"] for name in NAMES))


@lru_cache(maxsize=MAX_PARSED)
def _parsed(values: tuple[Any, ...]) -> Phase:
    """Return the phase that these values describe, in the order of NAMES. It must not be changed."""
    row = {name: loads(value) if name in JSON_COLUMNS else value for name, value in zip(NAMES, values, strict=True)}
    return Phase.model_validate({**row.pop("options"), **row}, extra="ignore")  # a newer release may have written more
