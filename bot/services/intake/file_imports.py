"""Import a file that a lead sent to the bot: what it would do is shown, and done once they say so, in batches."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from bot.context import AppContext
from bot.services.csv_files import InvalidFile
from bot.services.intake import csv_import
from bot.services.intake.csv_import import ImportPreview
from bot.services.oncall import icalendar, rotas
from bot.services.phases import phases
from bot.views.intake import file_import as views
from bot.views.phases.oncall import change_lines
from bot.views.text import escape
from domain.delivery.lanes import LaneKind, lane_name
from domain.errors import Refused
from domain.intake.file_import import KEPT, FileImport, FileKind, ImportState, Unreadable
from domain.intake.settings import ImportBase, ImportMap
from domain.oncall.rota import ShiftOverride
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "file_import"
BATCH = 20  # rows in one transaction: on SQLite, people wait for its end
READ_AT_ONCE = 10  # files in one round
DAY, AHEAD = timedelta(days=1), timedelta(days=400)  # shifts of a calendar
OUTDATED = "This file was imported already, or I've forgotten it. Send it to me again."
HINT = "Write the person's name as in Slack, or their member ID, into the title of the event."


def list_phases(app: AppContext, person: Person) -> list[Phase]:
    """Return the active phases into which a person may import files."""
    with app.store.read() as tx:
        return [one for one in tx.phases.list_phases() if one.is_active and (person.admin or is_lead(person, one))]


def request_import(
    app: AppContext, person: Person, file: tuple[str, str], kind: FileKind, choice: views.ImportChoice, request: str
) -> None:
    """Have a file read, given as (id, name); the person reads in a direct message what it would do."""
    with app.transaction(request) as tx:
        phase = phases.choose_phase(tx, key=choice.phase)
        _require_lead(person, phase)
        made = FileImport(id=0, phase_id=phase.id, person=person.id, file=file[0], name=file[1], kind=kind,
                          state=ImportState.REQUESTED, at=app.now(), system=choice.system, rota=choice.rota,
                          stand_in=choice.stand_in)  # fmt: skip
        id_ = tx.file_imports.insert(made)
        lane = tx.outbox.lane(lane_name(LaneKind.IMPORT, phase.id, id_), person.id)
        tx.outbox.post(lane, views.reading(made), at=app.now())
        tx.timers.set_once(_timer_key(id_), KIND, app.now() + KEPT, data={"import": id_})
    app.read_files()


def list_requested(app: AppContext) -> list[FileImport]:
    """Return imports whose files are yet to be read."""
    with app.store.read() as tx:
        return tx.file_imports.list_requested(READ_AT_ONCE)


def receive(app: AppContext, import_id: int, read: bytes | Unreadable, tx: Transaction) -> None:
    """Show what importing a file would do, once it was read."""
    made = tx.file_imports.find(import_id, lock=True)
    if made is None or made.state is not ImportState.REQUESTED:
        return  # another process was faster
    if isinstance(read, Unreadable):
        _end(app, tx, made, views.unreadable(made, read))
        return
    lines, is_ready = _preview(app, tx.phases.get(made.phase_id), made, read)
    if not is_ready:
        _end(app, tx, made, views.preview(made, lines, is_ready=False))
        return
    tx.file_imports.update_content(made.id, read)
    _show(app, tx, made, views.preview(made, lines, is_ready=True))


def start(app: AppContext, person: Person, import_id: int, request: str) -> None:
    """Import a file whose preview was read: shifts at once, tickets in batches."""
    with app.transaction(request) as tx:
        made, phase = _checked(tx, person, import_id)
        if made.kind is FileKind.CALENDAR and not made.rota:
            days = _holidays(app, phase, made.content or b"")
            phases.add_holidays_in(app, tx, phase, days, person.id)
            _end(app, tx, made, views.holidays_imported(made, phase, len(days)))
            return
        if made.kind is FileKind.CALENDAR:
            found = _shifts(app, phase, made, made.content or b"")
            rotas.import_shifts_in(app, tx, phase, made.rota, found, by=person.id)
            _end(app, tx, made, views.shifts_imported(made, phase, len(found)))
            return
        tx.audit.log(person.id, "file imported", f"{phase.key} {made.name}", app.now())
        tx.file_imports.update_done(made.id, 0)
        _next_batch(app, tx, made, 0)
        _show(app, tx, made, views.progress(made, 0, len(_parsed(app, phase, made).rows)))


def cancel(app: AppContext, person: Person, import_id: int, request: str) -> None:
    """Forget a file whose preview was read."""
    with app.transaction(request) as tx:
        made, _ = _checked(tx, person, import_id)
        _end(app, tx, made, views.cancelled(made))


def on_timer(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Import the next rows of a file, or forget one that was not imported for a day."""
    made = tx.file_imports.find(timer.data["import"], lock=True)
    if made is None or made.state is ImportState.ENDED:
        return
    if made.state is not ImportState.RUNNING:
        _end(app, tx, made, views.cancelled(made))
        return
    phase = tx.phases.get(made.phase_id)
    try:
        found = _parsed(app, phase, made)
    except (Refused, InvalidFile) as no:  # such as a phase that has ended meanwhile
        _end(app, tx, made, views.stopped(made, str(no)))
        return
    rows = found.rows[made.done : made.done + BATCH]
    for row in rows:
        csv_import.import_row_in(app, tx, phase, row)
    done = made.done + len(rows)
    if done < len(found.rows):
        tx.file_imports.update_done(made.id, done)
        _next_batch(app, tx, made, done)
        _show(app, tx, made, views.progress(made, done, len(found.rows)))
    else:
        _end(app, tx, made, views.finished(made, phase, len(found.rows)))


def _timer_key(import_id: int, *batch: int) -> str:
    return ":".join((KIND, *map(str, (import_id, *batch))))


def _next_batch(app: AppContext, tx: Transaction, made: FileImport, done: int) -> None:
    tx.timers.cancel(_timer_key(made.id))
    tx.timers.set_once(_timer_key(made.id, done), KIND, app.now(), data={"import": made.id})


def _checked(tx: Transaction, person: Person, import_id: int) -> tuple[FileImport, Phase]:
    """Return an import that waits for a decision, and its phase, for a lead."""
    made = tx.file_imports.find(import_id, lock=True)
    if made is None or made.state is not ImportState.CHECKED:
        raise Refused(OUTDATED)
    phase = tx.phases.get(made.phase_id)
    _require_lead(person, phase)
    return made, phases.choose_phase(tx, key=phase.key)


def _require_lead(person: Person, phase: Phase) -> None:
    if not (person.admin or is_lead(person, phase)):
        raise Refused(OUTDATED)


def _end(app: AppContext, tx: Transaction, made: FileImport, last: views.Message) -> None:
    """Say how an import ended, and forget its file."""
    _show(app, tx, made, last)
    tx.timers.cancel(_timer_key(made.id))
    tx.file_imports.end(made.id)
    app.parsed_files.pop(made.id, None)


def _show(app: AppContext, tx: Transaction, made: FileImport, shown: views.Message) -> None:
    lane = tx.outbox.find(lane_name(LaneKind.IMPORT, made.phase_id, made.id))
    if lane is not None:
        tx.outbox.update_first(lane, shown, at=app.now())


def _preview(app: AppContext, phase: Phase, made: FileImport, content: bytes) -> tuple[Sequence[str], bool]:
    """Return what an import would do, a line of mrkdwn each, and whether it can be done."""
    try:
        if made.kind is FileKind.CALENDAR and not made.rota:
            return views.holiday_lines(_holidays(app, phase, content), phase, app.now()), True
        if made.kind is FileKind.CALENDAR:
            found = _shifts(app, phase, made, content)
            lines = change_lines(made.rota, rotas.preview_import(app, phase, made.rota, found), None)
            return lines or ["Who is on call stays the same in the next four weeks."], True
        tickets = csv_import.preview(app, content, **_choice(phase, made))
        return [*map(escape, tickets.lines())], tickets.is_ready and bool(tickets.rows)
    except (InvalidFile, icalendar.InvalidCalendar) as no:
        return [*map(escape, str(no).splitlines())], False
    except Refused as no:
        return [escape(no.text)], False


def _parsed(app: AppContext, phase: Phase, made: FileImport) -> ImportPreview:
    """Return the rows of a file that is being imported, parsed once for all batches while its phase stays the same."""
    known: ImportPreview | None = app.parsed_files.get(made.id)
    if known is None or known.phase != phase:
        known = csv_import.read_tickets(app, made.content or b"", **_choice(phase, made))
        app.parsed_files.clear()  # one file at a time is enough to remember
        app.parsed_files[made.id] = known
    return known


def _choice(phase: Phase, made: FileImport) -> dict[str, Any]:
    mapped = ImportMap(base=ImportBase(made.system)) if made.system else None
    return {"name": made.name, "phase_key": phase.key, "mapped": mapped, "stand_in": made.stand_in}


def _holidays(app: AppContext, phase: Phase, content: bytes) -> list[date]:
    """Return the whole days of a calendar; InvalidCalendar when it has none, or something else."""
    now = app.now()
    return icalendar.read_days(content, phase.timezone, now - DAY, now + 2 * AHEAD)


def _shifts(app: AppContext, phase: Phase, made: FileImport, content: bytes) -> list[ShiftOverride]:
    """Return the shifts of a calendar; InvalidCalendar when it has none, Refused when there is no such rota."""
    now = app.now()
    rotas.find_phase_with_rota(app, phase.key, made.rota)
    with app.store.read() as tx:
        names = tx.profiles.list_names()
    known = rotas.list_known_people(app, phase)
    found = icalendar.read(content, names, phase.timezone, now - DAY, now + AHEAD, known, HINT)
    if not any(shift.ends > now for shift in found):
        raise icalendar.InvalidCalendar("The calendar has no shift from today on. Export the coming weeks too.")
    return found
