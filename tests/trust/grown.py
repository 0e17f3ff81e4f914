"""The world of the doors after many weeks: so many reports, with the people, modules and events that come with them."""

from collections.abc import Iterable

from sqlalchemy import Table, text

from bot.services.phases import phases
from domain.phases.settings import PhaseSettings
from storage.actions.tables import actions
from storage.contacts.tables import contacts
from storage.decisions.tables import decisions
from storage.followup.tables import workarounds
from storage.reporting.tables import marked_events
from storage.tickets.milestone_table import milestones
from storage.tickets.tables import affected, occurrences, tickets
from tests.trust.world import LENA, PAY, World

FIRST = 10_000  # the number before the first of these tickets
DAYS = 28  # within which they were reported, until now
PEOPLE, MODULES = 2_000, 99  # of whom some reported at least once, and about which they did


def grow(made: World, reports: int) -> None:
    """Add so many reports, of which every other is open, and what people write down in such a time."""
    names = {f"Module {number}" for number in range(min(MODULES, reports))}
    intake = {**PAY.intake.model_dump(), "modules": [*PAY.intake.modules, *sorted(names)]}
    phases.apply_settings(made.app, PhaseSettings.model_validate({**PAY.model_dump(), "intake": intake}))
    with made.app.store.begin() as tx:
        for statement in _statements(made, reports):
            tx.connection.execute(text(statement))
    with made.app.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _statements(made: World, reports: int) -> Iterable[str]:
    phase, now = made.ids["phase"], made.app.now()

    def at(later: str = "0") -> str:
        """So many minutes after the nth was reported, at the earliest."""
        since = f"((n - {reports}) * {DAYS * 24 * 60 / reports} + {later})"
        return f"strftime('%Y-%m-%d %H:%M:%f', min('{now:%Y-%m-%d %H:%M:%S}', datetime('{now:%Y-%m-%d %H:%M:%S}', {since} || ' minutes'))) || '000'"  # noqa: E501

    module, severity = (
        f"'Module ' || (n % {MODULES})",
        "CASE n % 10 WHEN 0 THEN 'high' WHEN 1 THEN 'low' ELSE 'medium' END",
    )
    reporter, ticket = f"'U0REP' || (n % {PEOPLE})", f"{FIRST} + n"
    for name, parity in (("new", 0), ("fixed", 1)):
        numbers = f"WHERE n % 2 = {parity}"
        yield _copies(tickets, f"id = {made.ids[name]}", reports, numbers, {
            "id": ticket, "number": ticket, "reporter": reporter, "module": module, "severity": severity,
            "type": "CASE n % 4 WHEN 0 THEN 'usability' ELSE 'bug' END", "rank": "rank + n", "opened_at": at(),
            "summary": "'Page ' || n || ' is slow since ' || (n % 97)", "changed_at": at("600"),
            "owner": "CASE n % 3 WHEN 0 THEN NULL ELSE 'U0JO000' END",
        })  # fmt: skip
        yield _copies(milestones, f"ticket_id = {made.ids[name]}", reports, numbers, {
            "ticket_id": ticket, "module": module, "severity": severity, "opened_at": at(), "acknowledged_at": at("20"),
            "type": "CASE n % 4 WHEN 0 THEN 'usability' ELSE 'bug' END", "minutes_to_acknowledge": "20",
            **({"resolved_at": at("500"), "closed_at": at("500"), "minutes_to_close": "500"} if parity else {}),
        })  # fmt: skip
    template = made.ids["new"]
    yield _copies(affected, f"ticket_id = {template}", reports, "", {
        "ticket_id": ticket, "person": reporter, "at": at()})  # fmt: skip
    yield _copies(affected, f"ticket_id = {template}", reports, "WHERE n % 3 = 0", {
        "ticket_id": ticket, "person": f"'U0REP' || ((n + 7) % {PEOPLE})", "at": at()})  # fmt: skip
    yield _copies(occurrences, f"ticket_id = {template}", reports, "", {"id": "NULL", "ticket_id": ticket, "at": at()})
    yield _copies(workarounds, f"ticket_id = {made.ids['fixed']}", reports, "WHERE n % 5 = 0", {
        "id": "NULL", "ticket_id": ticket})  # fmt: skip
    yield _copies(actions, f"id = {made.ids['action']}", reports, "WHERE n % 10 = 0", {
        "id": "NULL", "ticket_id": ticket, "title": "'Do ' || n", "made_at": at()})  # fmt: skip
    yield _copies(decisions, f"id = {made.ids['decision']}", reports, "WHERE n % 50 = 0", {
        "id": "NULL", "ticket_id": ticket, "question": "'Wait ' || n", "opened_at": at()})  # fmt: skip
    events = {"id": "NULL", "phase_id": str(phase), "kind": "'deployment'", "label": "'Release ' || n", "at": at(),
              "said_by": f"'{LENA.id}'"}  # fmt: skip
    yield _rows(marked_events, reports, "WHERE n % 5 = 0", events)
    walked = {"id": "NULL", "phase_id": str(phase), "walker": "'U0ANN00'", "person": f"'U0REP' || (n % {PEOPLE})",
              "user_group": "''", "module": module, "note": "'It is slow'", "outcome": "'solved'",
              "at": at()}  # fmt: skip
    yield _rows(contacts, reports, "WHERE n % 5 < 2", walked)


def _series(reports: int) -> str:
    return f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {reports})"


def _copies(table: Table, template: str, reports: int, numbers: str, given: dict[str, str]) -> str:
    columns = {column.name: given.get(column.name, f"{table.name}.{column.name}") for column in table.columns}
    source = (
        f"FROM (SELECT n FROM series {numbers}), (SELECT * FROM {table.name} WHERE {template} LIMIT 1) AS {table.name}"
    )
    names, values = ", ".join(columns), ", ".join(columns.values())
    return f"INSERT INTO {table.name} ({names}) {_series(reports)} SELECT {values} {source}"


def _rows(table: Table, reports: int, numbers: str, given: dict[str, str]) -> str:
    names, values = ", ".join(given), ", ".join(given.values())
    return f"INSERT INTO {table.name} ({names}) {_series(reports)} SELECT {values} FROM series {numbers}"
