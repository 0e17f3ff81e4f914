"""A file that a person sent to have it imported: its kind, and what is known of it until it is imported."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAX_IMPORT_BYTES = 2_000_000  # larger ones are imported on the command line
KEPT = timedelta(days=1)  # until it is imported, or forgotten


class FileKind(StrEnum):
    """What can be imported."""

    TICKETS = "tickets"
    CALENDAR = "calendar"


class ImportState(StrEnum):
    """How far an import is."""

    REQUESTED = "requested"  # the file is yet to be read
    CHECKED = "checked"  # what it would do was shown
    RUNNING = "running"
    ENDED = "ended"  # imported or not; its content is deleted


class Unreadable(StrEnum):
    """Why a file can't be read."""

    NOT_YOURS = "not_yours"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileImport:
    """An import: `file` is Slack's id, `system` whose export it is, `content` the file once it was read.

    `stand_in` becomes the reporter where the file's is not known. `done` is how many rows were imported.
    """

    id: int
    phase_id: int
    person: str
    file: str
    name: str
    kind: FileKind
    state: ImportState
    at: datetime
    system: str = ""
    rota: str = ""
    stand_in: str = ""
    content: bytes | None = None
    done: int = 0


def kind_of_file(name: str) -> FileKind | None:
    """Return what a file of that name can be imported as; None if it is no such file."""
    ending = name.lower().rpartition(".")[2]
    return {"csv": FileKind.TICKETS, "tsv": FileKind.TICKETS, "ics": FileKind.CALENDAR}.get(ending)
