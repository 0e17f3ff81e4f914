"""Repository of profiles: what Slack said about each person the app has met."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.people.profile import Profile
from storage.people.tables import profiles

BY_ID = select(profiles).where(profiles.c.id == bindparam("id"))


class Profiles:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, person: str) -> Profile | None:
        """Return what is known about a person; None for one who was never looked up."""
        row = self._connection.execute(BY_ID, {"id": person}).mappings().one_or_none()
        return Profile(**row) if row else None

    def find_name(self, person: str) -> str:
        """Return a person's name; "" when it is not known."""
        known = self.find(person)
        return known.name if known else ""

    def list_by_ids(self, people: Collection[str]) -> dict[str, Profile]:
        """Return the profiles of these people by id; people who are not known are left out."""
        if not people:
            return {}
        rows = self._connection.execute(select(profiles).where(profiles.c.id.in_(sorted(people)))).mappings()
        return {str(row["id"]): Profile(**row) for row in rows}

    def save(self, profile: Profile) -> None:
        """Insert or replace a profile, unless newer news about the person are already here."""
        values: dict[str, Any] = asdict(profile)
        insert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        statement = insert(profiles).values(values)
        fresh = {name: statement.excluded[name] for name in values if name != "id"}
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["id"], set_=fresh, where=profiles.c.updated <= statement.excluded.updated
            )
        )

    def delete_older(self, before: datetime) -> int:
        """Forget the people whose profile was fetched before that moment; return how many."""
        return self._connection.execute(delete(profiles).where(profiles.c.fetched_at < before)).rowcount
