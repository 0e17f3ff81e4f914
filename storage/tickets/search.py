"""Full-text search over tickets: FTS5 on SQLite, tsvector on PostgreSQL, both updated by triggers.

https://www.sqlite.org/fts5.html (contentless tables), https://www.postgresql.org/docs/current/textsearch.html
"""

import re
from collections.abc import Sequence

from sqlalchemy import Connection, text

TABLE = "ticket_words"  # not in the metadata, since it differs by database
WORD = re.compile(r"\w+")
MAX_WORDS = 12  # of a query
FIELDS = ("summary", "happened", "steps", "expected", "actual", "impact", "environment", "CAST({row}extra AS TEXT)")
# PostgreSQL takes a path such as /pay/{id} for one word.
SPLIT = "regexp_replace(CAST({row}extra AS TEXT), '[^[:alnum:]]+', ' ', 'g')"


def _words(row: str, fields: Sequence[str] = FIELDS) -> str:
    return " || ' ' || ".join(_column(name, row) for name in fields)


def _column(name: str, row: str) -> str:
    return name.format(row=row) if "{" in name else f"{row}{name}"


ON_POSTGRESQL = (*FIELDS[:-1], SPLIT)
_CHANGED = " OR ".join(f"{_column(name, 'old.')} <> {_column(name, 'new.')}" for name in FIELDS)
SET_UP = {
    "sqlite": (
        f"CREATE VIRTUAL TABLE {TABLE} USING fts5(words, content='', tokenize='porter unicode61 remove_diacritics 2')",
        f"CREATE TRIGGER {TABLE}_new AFTER INSERT ON tickets BEGIN "
        f"INSERT INTO {TABLE} (rowid, words) VALUES (new.id, {_words('new.')}); END",
        f"CREATE TRIGGER {TABLE}_changed AFTER UPDATE ON tickets WHEN {_CHANGED} BEGIN "
        f"INSERT INTO {TABLE} ({TABLE}, rowid, words) VALUES ('delete', old.id, {_words('old.')}); "
        f"INSERT INTO {TABLE} (rowid, words) VALUES (new.id, {_words('new.')}); END",
        f"INSERT INTO {TABLE} (rowid, words) SELECT id, {_words('')} FROM tickets",
    ),
    "postgresql": (
        f"CREATE TABLE {TABLE} (ticket_id BIGINT PRIMARY KEY REFERENCES tickets (id), words tsvector NOT NULL)",
        f"CREATE FUNCTION {TABLE}_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO {TABLE} VALUES (new.id, to_tsvector('english', {_words('new.', ON_POSTGRESQL)})) "
        f"ON CONFLICT (ticket_id) DO UPDATE SET words = excluded.words; RETURN NULL; END $$",
        f"CREATE TRIGGER {TABLE}_new AFTER INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION {TABLE}_keep()",
        f"CREATE TRIGGER {TABLE}_changed AFTER UPDATE ON tickets FOR EACH ROW WHEN ({_CHANGED}) "
        f"EXECUTE FUNCTION {TABLE}_keep()",
        f"INSERT INTO {TABLE} SELECT id, to_tsvector('english', {_words('', ON_POSTGRESQL)}) FROM tickets",
        # Without fastupdate: every search would read the list of what is not in the index yet, 10 ms when it is full.
        f"CREATE INDEX ix_{TABLE} ON {TABLE} USING gin (words) WITH (fastupdate = off)",
    ),
}
NEWEST = {
    "sqlite": text(f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH :asked ORDER BY rowid DESC LIMIT :most"),
    "postgresql": text(
        f"SELECT ticket_id FROM {TABLE} WHERE words @@ to_tsquery('english', :asked) "
        "ORDER BY ticket_id DESC LIMIT :most"
    ),
}


def candidates(connection: Connection, question: str, most: int) -> list[int]:
    """Return the newest tickets with all of these words; a last word that no ticket has is searched as a prefix.

    Operators in the question are ignored. Prefixes are searched only then, since they are slow on PostgreSQL.
    """
    words = WORD.findall(question.lower())[:MAX_WORDS]
    if not words:
        return []
    found = _newest(connection, words, most)
    if found or _newest(connection, words[-1:], 1):
        return found
    return _newest(connection, words, most, is_prefix=True)


def _newest(connection: Connection, words: list[str], most: int, *, is_prefix: bool = False) -> list[int]:
    """`is_prefix` searches the last word as a prefix."""
    if connection.dialect.name == "sqlite":
        asked = " AND ".join(f'"{word}"' for word in words) + ("*" if is_prefix else "")
    else:
        asked = " & ".join(words) + (":*" if is_prefix else "")
    return list(connection.scalars(NEWEST[connection.dialect.name], {"asked": asked, "most": most}))
