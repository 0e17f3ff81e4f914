"""Phases with a long history: as many tickets as wanted, so many a day until now, and the newest open in part."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from bench.databases import PHASE
from bot.context import AppContext
from bot.database import open_store
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings
from storage.store import Store

A_DAY, OPEN = 100, 500  # the same however many there are: what grows is the history
TEXTS = ("impact", "happened", "steps", "expected", "actual", "environment", "note", "workaround")
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)


def filled(url: str, tickets: int, still_open: int = OPEN) -> tuple[Store, Phase]:
    store = open_store(url)
    phase = phases.apply_settings(
        AppContext(features=FEATURES, store=store, now=lambda: NOW),
        PhaseSettings.model_validate({**PHASE, "timezone": "UTC"}),
    )
    _fill(store, tickets, still_open)
    return store, phase


def _fill(store: Store, tickets: int, still_open: int) -> None:
    """So many a day until now; the newest are open in part, and all the others were resolved within a day or so."""
    start, minutes = NOW - timedelta(days=tickets / A_DAY), 24 * 60 / A_DAY
    series = f"generate_series(1, {tickets}) AS numbers(n)"
    if store.is_sqlite:
        series = (
            f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {tickets}) SELECT n FROM c)"
        )

    def at(later: str) -> str:
        """So many minutes after it was opened."""
        since = f"(n * {minutes} + {later})"
        if store.is_sqlite:
            return f"strftime('%Y-%m-%d %H:%M:%f', '{start:%Y-%m-%d %H:%M:%S}', '+' || {since} || ' minutes') || '000'"
        return f"TIMESTAMP '{start:%Y-%m-%d %H:%M:%S}' + {since} * INTERVAL '1 minute'"

    is_open = f"(n > {tickets - 10 * still_open} AND n % 10 = 0)"
    with store.engine.begin() as connection:
        if not store.is_sqlite:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        for table, columns in _columns(at, is_open).items():
            names, made = ", ".join(columns), ", ".join(columns.values())
            connection.execute(text(f"INSERT INTO {table} ({names}) SELECT {made} FROM {series}"))
        connection.execute(text("UPDATE phases SET last_number = :n"), {"n": tickets})
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not store.is_sqlite:
            connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("ANALYZE" if store.is_sqlite else "VACUUM ANALYZE"))  # as autovacuum would


def _columns(at: Callable[[str], str], is_open: str) -> dict[str, dict[str, str]]:
    severity = "CASE n % 20 WHEN 0 THEN 'critical' WHEN 1 THEN 'high' WHEN 2 THEN 'medium' ELSE 'low' END"
    kind, module = "CASE n % 4 WHEN 0 THEN 'usability' ELSE 'bug' END", "'Module ' || (n % 40)"
    status = "CASE n % 30 WHEN 0 THEN 'received' WHEN 10 THEN 'investigating' ELSE 'waiting' END"
    took = "(n % 1000 + 20)"
    ticket = {
        "id": "n", "phase_id": "1", "number": "n", "reporter": "'U0BENCH' || (n % 1000)", "intake": "'command'",
        "summary": "'The payslip page stays empty ' || n", "severity": severity, "type": kind, "module": module,
        **dict.fromkeys(TEXTS, "''"),
        "private": "FALSE", "status": f"CASE WHEN {is_open} THEN {status} ELSE 'resolved' END",
        "owner": "'U0BENCH' || (n % 50)", "opened_at": at("0"), "changed_at": at(took),
        "due_at": f"CASE WHEN {is_open} THEN {at('600')} END",
    }  # fmt: skip
    milestone = {
        "ticket_id": "n",
        "phase_id": "1",
        "private": "FALSE",
        "severity": severity,
        "type": kind,
        "module": module,
        "process": "''",
        "opened_at": at("0"),
        "acknowledged_at": at("15"),
        "reopened_count": "0",
        "minutes_to_acknowledge": "n % 60",
        "resolved_count": f"CASE WHEN {is_open} THEN 0 ELSE 1 END",
        "acknowledge_met": "n % 9 > 0",
        "acknowledge_due_at": f"CASE WHEN n % 9 = 0 THEN {at('60')} END",
        **dict.fromkeys(("workaround_at", "resolved_at", "closed_at"), f"CASE WHEN NOT {is_open} THEN {at(took)} END"),
        **dict.fromkeys(("minutes_to_workaround", "minutes_to_close"), f"CASE WHEN NOT {is_open} THEN {took} END"),
        "resolve_met": f"CASE WHEN NOT {is_open} THEN TRUE END",
        "resolve_due_at": f"CASE WHEN {is_open} THEN {at('600')} END",
    }
    return {"tickets": ticket, "milestones": milestone}
