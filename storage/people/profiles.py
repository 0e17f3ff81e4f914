"""Repository of profiles: what Slack said about each person the app has met."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.people.profile import Profile
from storage.people.tables import profiles

BY_ID = select(profiles).where(profiles.c.id == bindparam("id"))


@cache
def _upsert(dialect: str) -> Executable:
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(profiles)
    fresh = {column.name: statement.excluded[column.name] for column in profiles.c if column.name != "id"}
    return statement.on_conflict_do_update(
        index_elements=["id"], set_=fresh, where=profiles.c.updated <= statement.excluded.updated
    )


class Profiles:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, Profile | None] = {}  # that this transaction has asked for

    def find(self, person: str) -> Profile | None:
        """Return what is known about a person; None for one who was never looked up."""
        if person not in self._known:
            row = self._connection.execute(BY_ID, {"id": person}).mappings().one_or_none()
            self._known[person] = Profile(**row) if row else None
        return self._known[person]

    def find_name(self, person: str) -> str:
        """Return a person's name; "" when it is not known."""
        known = self.find(person)
        return known.name if known else ""

    def list_ids(self) -> set[str]:
        """Return the ids of everyone who is known."""
        return set(self._connection.scalars(select(profiles.c.id)))

    def list_names(self) -> dict[str, str]:
        """Return the ids of active people by each of their names; a name that several have is left out."""
        columns = (profiles.c.id, profiles.c.display_name, profiles.c.real_name)
        mine = select(*columns).where(profiles.c.deleted.is_(False), profiles.c.is_bot.is_(False))
        found: dict[str, set[str]] = {}
        for row in self._connection.execute(mine):
            for name in filter(None, (row.display_name, row.real_name)):
                found.setdefault(name.casefold(), set()).add(row.id)
        return {name: min(ids) for name, ids in found.items() if len(ids) == 1}

    def list_by_ids(self, people: Collection[str]) -> dict[str, Profile]:
        """Return the profiles of these people by id; people who are not known are left out."""
        if not people:
            return {}
        rows = self._connection.execute(select(profiles).where(profiles.c.id.in_(sorted(people)))).mappings()
        return {str(row["id"]): Profile(**row) for row in rows}

    def prepare(self, people: Iterable[str]) -> None:
        """Read at once what `find` is going to be asked."""
        wanted = [person for person in people if person not in self._known]
        found = self.list_by_ids(wanted)
        self._known.update({person: found.get(person) for person in wanted})

    def save(self, *found: Profile) -> None:
        """Insert or replace profiles, except where newer news about the person are already here."""
        self._known.clear()
        if found:
            self._connection.execute(_upsert(self._connection.dialect.name), [asdict(profile) for profile in found])

    def delete_older(self, before: datetime) -> int:
        """Forget the people whose profile was fetched before that moment; return how many."""
        self._known.clear()
        return self._connection.execute(delete(profiles).where(profiles.c.fetched_at < before)).rowcount
