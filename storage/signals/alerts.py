"""Alerts as they came: each time one fired is a row, whatever how often it was told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, case, delete, func, insert, or_, select, update

from domain.signals.alert import Alert
from domain.signals.rules import SignalDecision
from domain.signals.settings import SignalAction
from domain.tickets.ticket import Severity
from storage.signals.tables import signal_alerts as alerts

# Statements that run once an alert are built once: building one takes longer than running it.
_SAME = (alerts.c.phase_id == bindparam("phase"), alerts.c.source == bindparam("source"),
         alerts.c.key == bindparam("key"))  # fmt: skip
BY_OCCURRENCE = select(alerts).where(*_SAME, alerts.c.occurrence == bindparam("occurrence"))
FIRING_NOW = select(alerts).where(*_SAME, alerts.c.firing.is_(True)).order_by(alerts.c.id.desc()).limit(1)
NEWEST_TICKET = (
    select(alerts.c.ticket_id).where(*_SAME, alerts.c.ticket_id.is_not(None)).order_by(alerts.c.id.desc()).limit(1)
)
FIRING_OF_TICKET = (
    select(alerts.c.id).where(alerts.c.ticket_id == bindparam("ticket"), alerts.c.firing.is_(True)).limit(1)
)
TIMES_OF_KEYS = (
    select(alerts)
    .where(*_SAME[:2], alerts.c.key.in_(bindparam("keys", expanding=True)))
    .where(or_(alerts.c.firing.is_(True), alerts.c.occurrence.in_(bindparam("occurrences", expanding=True))))
    .order_by(alerts.c.id.desc())
)
NEW_ALERT = insert(alerts)
SAYS_NOW = ("severity", "action", "rule", "title", "text", "link")
CHANGED = (
    update(alerts)
    .where(alerts.c.id == bindparam("which"))
    .values({alerts.c[name]: bindparam(f"new_{name}") for name in SAYS_NOW})
)
TOLD_AGAIN = (
    update(alerts)
    .where(alerts.c.id == bindparam("which"))
    .values(times=alerts.c.times + 1, last_at=bindparam("now"), left_out=bindparam("more"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """One time an alert fired; `over_at` is when it was over, `ticket_id` the ticket about it."""

    id: int
    phase_id: int
    source: str
    key: str
    occurrence: str
    firing: bool
    action: SignalAction
    rule: str
    severity: Severity
    title: str
    text: str
    link: str
    labels: Mapping[str, str] = field(default_factory=dict)
    endpoint: str
    component: str
    left_out: int
    times: int
    storm: bool
    first_at: datetime
    last_at: datetime
    over_at: datetime | None
    ticket_id: int | None

    def as_alert(self) -> Alert:
        return Alert(source=self.source, key=self.key, occurrence=self.occurrence, is_firing=self.firing,
                     title=self.title, severity=self.severity, text=self.text, link=self.link, labels=self.labels,
                     since=self.first_at)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlertTotals:
    """How many alerts a ticket has, how many of them fire, how many the sender left out, and when the last one came."""

    alerts: int = 0
    firing: int = 0
    left_out: int = 0
    last_at: datetime | None = None


class SignalAlerts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, phase_id: int, alert: Alert) -> StoredAlert | None:
        """Return the time an alert tells of; without an occurrence, the one that fires now."""
        asked: dict[str, Any] = {"phase": phase_id, "source": alert.source, "key": alert.key}
        if alert.occurrence:
            row = self._connection.execute(BY_OCCURRENCE, asked | {"occurrence": alert.occurrence}).mappings().first()
        else:
            row = self._connection.execute(FIRING_NOW, asked).mappings().first()
        return _stored(row) if row else None

    def list_known(self, phase_id: int, source: str, told: Collection[Alert]) -> dict[str, list[StoredAlert]]:
        """Return the times that alerts of one source may tell of, by key; newest first."""
        asked = {"phase": phase_id, "source": source, "keys": [one.key for one in told],
                 "occurrences": [one.occurrence for one in told if one.occurrence]}  # fmt: skip
        found: dict[str, list[StoredAlert]] = {one.key: [] for one in told}
        for row in self._connection.execute(TIMES_OF_KEYS, asked).mappings():
            found[row["key"]].append(_stored(row))
        return found

    def find_by_id(self, alert_id: int) -> StoredAlert | None:
        row = self._connection.execute(select(alerts).where(alerts.c.id == alert_id)).mappings().first()
        return _stored(row) if row else None

    def find_ticket(self, phase_id: int, source: str, key: str) -> int | None:
        """Return the newest ticket about an alert."""
        return self._connection.scalar(NEWEST_TICKET, {"phase": phase_id, "source": source, "key": key})

    def insert(
        self, phase_id: int, alert: Alert, decision: SignalDecision, at: datetime, *, left_out: int = 0
    ) -> StoredAlert:
        """Insert the time an alert fired, or of one that is over and never came as firing."""
        values: dict[str, Any] = {
            "phase_id": phase_id, "source": alert.source, "key": alert.key,
            "occurrence": alert.occurrence or at.isoformat(), "firing": alert.is_firing, "action": decision.action,
            "rule": decision.rule, "severity": decision.severity, "title": alert.title, "text": alert.text,
            "link": alert.link, "labels": dict(alert.labels), "endpoint": decision.subject.endpoint,
            "component": decision.subject.component or "", "left_out": left_out, "times": 1, "storm": False,
            "first_at": at, "last_at": at, "over_at": None if alert.is_firing else at, "ticket_id": None,
        }  # fmt: skip
        made = self._connection.execute(NEW_ALERT, values).inserted_primary_key
        return _stored({**values, "id": int(made[0])})  # type: ignore[index]

    def count_again(self, told: Mapping[int, int], at: datetime) -> None:
        """Count that times were told again; `told` has how many more alerts the sender left out, by id."""
        rows = [{"which": alert_id, "now": at, "more": left_out} for alert_id, left_out in told.items()]
        if rows:
            self._connection.execute(TOLD_AGAIN, rows)

    def change(self, changed: Collection[StoredAlert]) -> None:
        """Note what alerts say now, how bad they are, and what is done with them."""
        rows = [{f"new_{name}": getattr(one, name) for name in SAYS_NOW} | {"which": one.id} for one in changed]
        if rows:
            self._connection.execute(CHANGED, rows)

    def end(self, phase_id: int, alert: Alert, at: datetime, left_out: int = 0) -> list[StoredAlert]:
        """Mark what an alert says is over, without an occurrence all of its times; return what was firing.

        Alerts that were ever left out of its group stay counted: they may fire still.
        """
        mine = [alerts.c.phase_id == phase_id, alerts.c.source == alert.source, alerts.c.key == alert.key,
                alerts.c.firing.is_(True)]  # fmt: skip
        if alert.occurrence:
            mine.append(alerts.c.occurrence == alert.occurrence)
        found = [_stored(row) for row in self._connection.execute(select(alerts).where(*mine)).mappings()]
        ids = [one.id for one in found]
        most = case((alerts.c.left_out < left_out, left_out), else_=alerts.c.left_out)
        self._connection.execute(
            update(alerts).where(alerts.c.id.in_(ids)).values(firing=False, over_at=at, last_at=at, left_out=most)
        )
        return found

    def attach(self, ids: Collection[int], ticket_id: int, *, storm: bool = False) -> None:
        """Note the ticket about these alerts."""
        self._connection.execute(update(alerts).where(alerts.c.id.in_(ids)).values(ticket_id=ticket_id, storm=storm))

    def count_tickets_since(self, phase_id: int, since: datetime) -> int:
        """Count the tickets of a phase whose first alert came since then."""
        first = func.min(alerts.c.first_at)
        mine = select(alerts.c.ticket_id).where(alerts.c.phase_id == phase_id, alerts.c.ticket_id.is_not(None),
                                                alerts.c.last_at >= since)  # fmt: skip
        recent = mine.group_by(alerts.c.ticket_id).having(first >= since).subquery()
        return self._connection.scalar(select(func.count()).select_from(recent)) or 0

    def find_storm(self, phase_id: int, since: datetime) -> int | None:
        """Return the newest ticket that many alerts share, if one joined it since then."""
        mine = (alerts.c.phase_id == phase_id, alerts.c.storm.is_(True), alerts.c.first_at >= since)
        return self._connection.scalar(select(alerts.c.ticket_id).where(*mine).order_by(alerts.c.id.desc()).limit(1))

    def is_firing(self, ticket_id: int) -> bool:
        """Return whether an alert of a ticket fires."""
        return self._connection.scalar(FIRING_OF_TICKET, {"ticket": ticket_id}) is not None

    def get_totals(self, ticket_id: int) -> AlertTotals:
        """Count the alerts of a ticket."""
        firing = func.count().filter(alerts.c.firing.is_(True))
        columns = (func.count(), firing, func.max(alerts.c.left_out), func.max(alerts.c.last_at))
        row = self._connection.execute(select(*columns).where(alerts.c.ticket_id == ticket_id)).one()
        return AlertTotals(row[0], row[1], row[2] or 0, row[3])

    def list_of_ticket(self, ticket_id: int, limit: int) -> list[StoredAlert]:
        """Return the newest alerts of a ticket, firing ones first."""
        mine = select(alerts).where(alerts.c.ticket_id == ticket_id)
        rows = self._connection.execute(mine.order_by(alerts.c.firing.desc(), alerts.c.id.desc()).limit(limit))
        return [_stored(row) for row in rows.mappings()]

    def get_labels(self, phase_id: int) -> dict[int, Mapping[str, str]]:
        """Return the labels of the newest alert of each ticket of a phase that has any."""
        mine = select(alerts.c.ticket_id, alerts.c.labels).where(
            alerts.c.phase_id == phase_id, alerts.c.ticket_id.is_not(None)
        )
        return {row.ticket_id: row.labels for row in self._connection.execute(mine.order_by(alerts.c.id))}

    def list_firing_endpoints(self, phase_ids: Collection[int], source: str) -> list[tuple[int, str]]:
        """Return (phase, endpoint) of the alerts of a source that fire."""
        mine = select(alerts.c.phase_id, alerts.c.endpoint).where(
            alerts.c.phase_id.in_(phase_ids), alerts.c.source == source, alerts.c.firing.is_(True)
        )
        rows = self._connection.execute(mine.distinct().order_by(alerts.c.phase_id, alerts.c.endpoint))
        return [(row.phase_id, row.endpoint) for row in rows]

    def list_firing_keys(self, phase_id: int, source: str) -> set[str]:
        """Return the keys of the alerts of a source that fire."""
        mine = (alerts.c.phase_id == phase_id, alerts.c.source == source, alerts.c.firing.is_(True))
        return set(self._connection.scalars(select(alerts.c.key).where(*mine)))

    def list_newest(self, phase_id: int, limit: int) -> list[StoredAlert]:
        """Return the alerts of a phase that came last, without ignored ones."""
        mine = select(alerts).where(alerts.c.phase_id == phase_id, alerts.c.action != SignalAction.IGNORE)
        rows = self._connection.execute(mine.order_by(alerts.c.last_at.desc(), alerts.c.id.desc()).limit(limit))
        return [_stored(row) for row in rows.mappings()]

    def count_by_endpoint(self, phase_id: int, since: datetime, limit: int) -> Sequence[tuple[str, int]]:
        """Return (endpoint, alerts) since then, most alerts first."""
        count = func.count()
        mine = select(alerts.c.endpoint, count).where(alerts.c.phase_id == phase_id, alerts.c.endpoint != "",
                                                      alerts.c.last_at >= since)  # fmt: skip
        rows = self._connection.execute(
            mine.group_by(alerts.c.endpoint).order_by(count.desc(), alerts.c.endpoint).limit(limit)
        )
        return [(row[0], row[1]) for row in rows]

    def delete_expired(self, before: datetime) -> None:
        """Delete alerts without a ticket that came before then."""
        self._connection.execute(delete(alerts).where(alerts.c.ticket_id.is_(None), alerts.c.last_at < before))


def _stored(row: Mapping[str, Any] | RowMapping) -> StoredAlert:
    return StoredAlert(**{**row, "action": SignalAction(row["action"]), "severity": Severity(row["severity"])})
