"""Repository of links that are opened without Slack, by the hash of their secret."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from domain.phases.link import Link, LinkKind
from storage.phases.tables import links


class Links:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert(
        self, token: str, kind: LinkKind, phase_id: int, person: str, *, at: datetime, until: datetime,
        scopes: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Store a new link; its token can't be read back."""
        values = {"token": _hash(token), "kind": kind.value, "phase_id": phase_id, "person": person,
                  "created_at": at, "expires_at": until, "scopes": list(scopes)}  # fmt: skip
        self._connection.execute(insert(links), values)

    def find_by_token(self, kind: LinkKind, token: str) -> Link | None:
        """Return the link of a token; None when there is none of that kind."""
        wanted = select(links).where(links.c.token == _hash(token), links.c.kind == kind.value)
        row = self._connection.execute(wanted).mappings().one_or_none()
        return _link(row) if row else None

    def find(self, link_id: int) -> Link | None:
        """Return a link by its number; None when there is none."""
        row = self._connection.execute(select(links).where(links.c.id == link_id)).mappings().one_or_none()
        return _link(row) if row else None

    def list_all(self) -> Sequence[Link]:
        """Return every link, oldest first."""
        return [_link(row) for row in self._connection.execute(select(links).order_by(links.c.id)).mappings()]

    def delete(self, link_id: int) -> bool:
        """Delete a link; return whether there was one."""
        return bool(self._connection.execute(delete(links).where(links.c.id == link_id)).rowcount)

    def delete_token(self, kind: LinkKind, token: str) -> None:
        """Delete the link of a token."""
        self._connection.execute(delete(links).where(links.c.token == _hash(token), links.c.kind == kind.value))

    def delete_of(self, kind: LinkKind, phase_id: int, person: str) -> None:
        """Delete a person's links of one kind in a phase."""
        mine = (links.c.kind == kind.value, links.c.phase_id == phase_id, links.c.person == person)
        self._connection.execute(delete(links).where(*mine))

    def delete_expired(self, before: datetime) -> int:
        """Delete what expired before that moment; return how many."""
        return self._connection.execute(delete(links).where(links.c.expires_at < before)).rowcount


def _link(row: Any) -> Link:
    values = {name: value for name, value in row.items() if name != "token"}
    return Link(**values | {"kind": LinkKind(row["kind"]), "scopes": tuple(row["scopes"])})


def _hash(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()  # what a stranger sends need not be text
