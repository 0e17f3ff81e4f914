"""Files that people sent to have them imported."""

from sqlalchemy import Connection, Row, insert, select, update

from domain.intake.file_import import FileImport, FileKind, ImportState
from storage.intake.tables import file_imports


class FileImports:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert(self, made: FileImport) -> int:
        """Insert an import, whose id is not known yet; return it."""
        row = {
            "phase_id": made.phase_id, "person": made.person, "file": made.file, "name": made.name,
            "kind": made.kind.value, "state": made.state.value, "system": made.system, "rota": made.rota,
            "stand_in": made.stand_in, "content": made.content, "done": made.done, "at": made.at,
        }  # fmt: skip
        return int(self._connection.execute(insert(file_imports).returning(file_imports.c.id), row).scalar_one())

    def find(self, id_: int, *, lock: bool = False) -> FileImport | None:
        """Return an import, locked until the commit with `lock`; None if there is none."""
        mine = select(file_imports).where(file_imports.c.id == id_)
        row = self._connection.execute(mine.with_for_update() if lock else mine).first()
        return _import(row) if row else None

    def list_requested(self, limit: int) -> list[FileImport]:
        """Return imports whose files are yet to be read, oldest first."""
        waiting = select(file_imports).where(file_imports.c.state == ImportState.REQUESTED)
        return [_import(row) for row in self._connection.execute(waiting.order_by(file_imports.c.id).limit(limit))]

    def update_content(self, id_: int, content: bytes) -> None:
        """Keep what stood in a file, and that it was checked."""
        self._update(id_, content=content, state=ImportState.CHECKED.value)

    def update_done(self, id_: int, done: int) -> None:
        """Keep how many rows were imported."""
        self._update(id_, done=done, state=ImportState.RUNNING.value)

    def end(self, id_: int) -> None:
        """Keep that an import has ended, and nothing of what stood in its file."""
        self._update(id_, content=None, state=ImportState.ENDED.value)

    def _update(self, id_: int, **values: object) -> None:
        self._connection.execute(update(file_imports).where(file_imports.c.id == id_).values(values))


def _import(row: Row[tuple[object, ...]]) -> FileImport:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return FileImport(**{**values, "kind": FileKind(values["kind"]), "state": ImportState(values["state"])})
