"""From alert to ticket: one ticket an alert, updated in place, one for a storm, and resolved when all is over."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.context import AppContext
from bot.services.followup import verification
from bot.services.intake.intake import open_ticket_in
from bot.services.signals.pace import set_at_interval_end
from bot.services.tickets.session import TicketSession, lock_ticket
from bot.views.signals import alerts as views
from bot.views.tickets import posts
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.signals.alert import Alert, Delivery
from domain.signals.rules import SignalDecision, decide, report_of, span
from domain.signals.settings import SignalAction
from domain.signals.summary import AlertLine, AlertSummary
from domain.tickets import closing, transitions
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Severity, Ticket
from storage.operations.timers import Timer
from storage.signals.alerts import StoredAlert
from storage.transaction import Transaction

OPEN, RECOVERY, REDRAW = "signal_open", "signal_recovery", "signal_storm"
BURST = timedelta(minutes=1)  # in which `storm_limit` tickets may be opened
STORM = timedelta(minutes=5)  # after the last alert that joined, a storm is over
REDRAW_INTERVAL = timedelta(seconds=2)  # between two updates of a storm's card
OCCURRENCE = "signal"  # the source of an occurrence
SHOWN = 3  # alerts on a card
PART = "signals"  # of a session: whether its card shows alerts
Waiting = list[tuple[StoredAlert, SignalDecision]]


@dataclass(slots=True)
class _Changes:
    """What a delivery leads to: alerts for new tickets, alerts of known ones, tickets with one that is over.

    `known` are the alerts that are stored, by key, read and written together: `told` again, and `changed`.
    """

    opens: Waiting = field(default_factory=list)
    again: dict[int, Waiting] = field(default_factory=dict)
    over: set[int] = field(default_factory=set)
    known: dict[str, list[StoredAlert]] = field(default_factory=dict)
    told: dict[int, int] = field(default_factory=dict)
    changed: list[StoredAlert] = field(default_factory=list)

    def write(self, tx: Transaction, now: datetime) -> None:
        """Write what is said about stored alerts."""
        tx.signal_alerts.count_again(self.told, now)
        tx.signal_alerts.change(self.changed)
        self.told, self.changed = {}, []

    def find(self, tx: Transaction, phase: Phase, alert: Alert, now: datetime) -> StoredAlert | None:
        """Return the time an alert tells of; one that a delivery tells of twice is read again."""
        times = self.known.pop(alert.key, None)
        if times is None:
            self.write(tx, now)
            return tx.signal_alerts.find(phase.id, alert)
        wanted = (one for one in times if (one.occurrence == alert.occurrence if alert.occurrence else one.firing))
        return next(wanted, None)


def take_in(app: AppContext, tx: Transaction, phase: Phase, delivery: Delivery) -> list[Ticket]:
    """Keep the alerts of a delivery and do what follows; return the tickets that were opened."""
    changes, sources = _Changes(), {alert.source for alert in delivery.alerts}
    if len(delivery.alerts) > 1 and len(sources) == 1:
        changes.known = tx.signal_alerts.list_known(phase.id, sources.pop(), delivery.alerts)
    for alert in delivery.alerts:
        if alert.is_firing:
            _on_firing(app, tx, phase, alert, delivery.left_out, changes)
        else:
            changes.known.pop(alert.key, None)
            _on_over(app, tx, phase, alert, delivery.left_out, changes)
    changes.write(tx, app.now())
    return _apply(app, tx, phase, changes)


def open_lasting(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Open the ticket of an alert that has fired for as long as its rule says, or until quiet hours were over."""
    stored = tx.signal_alerts.find_by_id(int(timer.data["alert"]))
    if stored is None or not stored.firing or stored.ticket_id:
        return
    phase, changes = tx.phases.get(stored.phase_id), _Changes()
    decision = _decide(app, phase, stored.as_alert())
    stored = replace(stored, action=decision.action, rule=decision.rule)
    tx.signal_alerts.change([stored])
    _follow(app, tx, stored, decision, changes)
    _apply(app, tx, phase, changes)


def _apply(app: AppContext, tx: Transaction, phase: Phase, changes: _Changes) -> list[Ticket]:
    """Continue and open tickets; return those that were opened."""
    for ticket_id, alerts in sorted(changes.again.items()):
        if not _fire_again(app, tx, ticket_id, alerts):
            changes.opens += alerts
    opened = _open(app, tx, phase, changes.opens)
    for ticket_id in sorted(changes.over):
        _schedule_redraw(tx, ticket_id, app.now())
        _schedule_recovery(app, tx, phase, ticket_id)
    return opened


def recover(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Resolve a ticket whose alerts are all over, if no one has taken it; else tell its team."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None or not session.ticket.status.is_open:
        return
    totals = tx.signal_alerts.get_totals(session.ticket.id)
    if totals.firing or not totals.alerts:
        return
    session.parts[PART] = True
    session.log(EventKind.ALERT_RECOVERED)
    taken = session.ticket.owner is not None or session.ticket.status is not Status.RECEIVED
    if taken or totals.left_out:
        session.conversation.tell_team(views.recovered(session.ticket, totals.left_out))
    else:
        _resolve(session)
    session.finish()


def show_alerts(session: TicketSession) -> None:
    """Put the alerts of a ticket on its card."""
    if session.ticket.intake is not Intake.SIGNAL and PART not in session.parts:
        return
    totals = session.tx.signal_alerts.get_totals(session.ticket.id)
    if totals.last_at is None:
        return
    newest = session.tx.signal_alerts.list_of_ticket(session.ticket.id, SHOWN)
    shown = [AlertLine(one.title, one.source, one.link, one.firing, one.last_at, one.action) for one in newest]
    summary = AlertSummary(totals.alerts, totals.firing, totals.left_out, totals.last_at, shown)
    session.card = replace(session.card, alerts=summary)


def _on_firing(app: AppContext, tx: Transaction, phase: Phase, alert: Alert, left_out: int, changes: _Changes) -> None:
    """Keep an alert that fires; one that is told after it was over is late, and changes nothing."""
    known, decision = changes.find(tx, phase, alert, app.now()), _decide(app, phase, alert)
    if known is None:
        stored = tx.signal_alerts.insert(phase.id, alert, decision, app.now(), left_out=left_out)
        _follow(app, tx, stored, decision, changes)
    elif known.firing:
        _tell_again(app, tx, alert, decision, known, left_out, changes)


def _tell_again(
    app: AppContext, tx: Transaction, alert: Alert, decision: SignalDecision, known: StoredAlert, left_out: int,
    changes: _Changes,
) -> None:  # fmt: skip
    """Show what an alert says now; one that got worse, or that rules let through by now, is followed."""
    changes.told[known.id] = left_out
    is_worse = decision.severity.rank < known.severity.rank
    now = replace(known, title=alert.title, text=alert.text, link=alert.link, action=decision.action,
                  rule=decision.rule, severity=decision.severity if is_worse else known.severity)  # fmt: skip
    if now != known:
        changes.changed.append(now)
    if is_worse or not known.ticket_id:
        _follow(app, tx, now, decision, changes)
    elif (now.title, now.link, left_out) != (known.title, known.link, known.left_out):
        _schedule_redraw(tx, known.ticket_id, app.now())


def _follow(app: AppContext, tx: Transaction, stored: StoredAlert, decision: SignalDecision, changes: _Changes) -> None:
    """Note what an alert that fires leads to: its ticket now, or a look when it has lasted or quiet hours are over."""
    due = decision.opens_at(stored.first_at)
    if due is None:
        return
    waits = due > app.now()
    ticket_id = stored.ticket_id or tx.signal_alerts.find_ticket(stored.phase_id, stored.source, stored.key)
    if ticket_id and (not waits or (stored.action is SignalAction.OPEN and _is_open(tx, ticket_id))):
        changes.again.setdefault(ticket_id, []).append((stored, decision))
    elif waits:
        tx.timers.set_once(f"{OPEN}:{stored.id}", OPEN, due, data={"alert": stored.id})
    else:
        changes.opens.append((stored, decision))


def _is_open(tx: Transaction, ticket_id: int) -> bool:
    ticket = tx.tickets.find_ticket(ticket_id)
    return ticket is not None and ticket.status.is_open


def _on_over(app: AppContext, tx: Transaction, phase: Phase, alert: Alert, left_out: int, changes: _Changes) -> None:
    """Keep that an alert is over; one that never came as firing is kept too, in case that comes late."""
    ended = tx.signal_alerts.end(phase.id, alert, app.now(), left_out)
    if not ended and alert.occurrence and tx.signal_alerts.find(phase.id, alert) is None:
        tx.signal_alerts.insert(phase.id, alert, _decide(app, phase, alert), app.now(), left_out=left_out)
    for one in ended:
        if one.ticket_id:
            changes.over.add(one.ticket_id)
        else:
            tx.timers.cancel(f"{OPEN}:{one.id}")


def _decide(app: AppContext, phase: Phase, alert: Alert) -> SignalDecision:
    """Return what the phase's rules say; a phase that is not active opens no tickets."""
    found = decide(alert, phase.signals, app.now(), phase.timezone, phase.intake.modules)
    if not phase.is_active and found.opens_at(app.now()):
        return replace(found, action=SignalAction.NOTE, quiet_until=None)
    return found


def _fire_again(app: AppContext, tx: Transaction, ticket_id: int, alerts: Waiting, *, storm: bool = False) -> bool:
    """Note on a ticket that alerts of it fire; return False when it can't be continued.

    A ticket that was merged is continued in its primary one.
    """
    session = lock_ticket(app, tx, ticket_id)
    if session and session.ticket.status is Status.MERGED:
        session = lock_ticket(app, tx, session.ticket.primary_id)
    if session is None:
        return False
    confirmed = session.find_last(EventKind.VERIFIED)
    if not session.ticket.status.is_open and not closing.may_reopen(session.ticket, confirmed, session.at):
        return False
    session.parts[PART] = True
    is_new_episode = not tx.signal_alerts.get_totals(session.ticket.id).firing
    is_storm = storm or any(stored.storm for stored, _ in alerts)
    _attach(tx, session.ticket.id, [stored for stored, _ in alerts], session.at, storm=is_storm)
    tx.timers.cancel(f"{RECOVERY}:{session.ticket.id}")
    if is_new_episode:
        session.log(EventKind.ALERT_FIRED)
    if not session.ticket.status.is_open:
        verification.reopen_in(session, views.AGAIN)
    _raise_severity(session, min((decision.severity for _, decision in alerts), key=lambda one: one.rank))
    session.finish()
    return True


def _join_storm(app: AppContext, tx: Transaction, ticket_id: int, alerts: Waiting) -> bool:
    """Add alerts to a storm's ticket, whose card follows within seconds; return False when it can't be continued."""
    ticket, worst = tx.tickets.find_ticket(ticket_id), min(decision.severity.rank for _, decision in alerts)
    goes_on = ticket is not None and ticket.status.is_open and worst >= ticket.severity.rank
    if not goes_on or not tx.signal_alerts.is_firing(ticket_id):
        return _fire_again(app, tx, ticket_id, alerts, storm=True)
    now = app.now()
    _attach(tx, ticket_id, [stored for stored, _ in alerts], now, storm=True)
    _schedule_redraw(tx, ticket_id, now)
    return True


def _schedule_redraw(tx: Transaction, ticket_id: int, now: datetime) -> None:
    """Update the card at the end of the current interval, once for all that came until then."""
    set_at_interval_end(tx, f"{REDRAW}:{ticket_id}", REDRAW, REDRAW_INTERVAL, now, ticket_id=ticket_id)


def redraw(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Show on a card what has joined its alerts since, is over, or was left out of them."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session:
        session.parts[PART] = True
        session.finish()


def _raise_severity(session: TicketSession, severity: Severity) -> None:
    """Give a ticket the severity of a worse alert, and page people where that asks for it."""
    was = session.ticket.severity
    if severity.rank < was.rank and session.ticket.status.is_open:
        session.apply(transitions.set_severity(session.ticket, severity, "", by=session.person.id, at=session.at))
        session.conversation.tell_team(posts.severity_for_team(session.ticket, was, views.WORSE, session.person.id))
        session.request_responder()


def _open(app: AppContext, tx: Transaction, phase: Phase, waiting: Waiting) -> list[Ticket]:
    """Open a ticket for each alert; when there are too many at once, one for all the others."""
    if not waiting:
        return []
    now = app.now()
    tx.phases.lock(phase.id)  # alerts of other integrations may open tickets at the same moment
    storm = tx.signal_alerts.find_storm(phase.id, now - STORM)
    alone = 0 if storm else _left_to_open(tx, phase, now)
    opened = [_open_one(app, tx, phase, [one]) for one in waiting[:alone]]
    rest = waiting[alone:]
    if rest and not (storm and _join_storm(app, tx, storm, rest)):
        opened.append(_open_one(app, tx, phase, rest, storm=True))
    return opened


def _left_to_open(tx: Transaction, phase: Phase, now: datetime) -> int:
    """Return how many more tickets alerts may open now."""
    return max(0, phase.signals.storm_limit - tx.signal_alerts.count_tickets_since(phase.id, now - BURST))


def _open_one(app: AppContext, tx: Transaction, phase: Phase, waiting: Waiting, *, storm: bool = False) -> Ticket:
    """Open a ticket about one alert, or about all of a storm."""
    stored, decision = min(waiting, key=lambda one: one[1].severity.rank)
    report = report_of(stored.as_alert(), decision)
    if storm:
        report = replace(report, summary=views.storm_summary(report.summary), module="", extra={}, environment="")
    ticket = open_ticket_in(
        app, tx, phase, report, person=Person(app.bot_user), intake=Intake.SIGNAL,
        prepare=lambda session: _attach(tx, session.ticket.id, [one for one, _ in waiting], session.at, storm=storm),
    )  # fmt: skip
    if decision.owner and not storm:
        _assign(app, tx, ticket.id, decision.owner)
    return ticket


def _assign(app: AppContext, tx: Transaction, ticket_id: int, owner: str) -> None:
    """Give a new ticket to the owner that its rule names."""
    session = lock_ticket(app, tx, ticket_id)
    if session:
        session.apply(transitions.assign(session.ticket, to=owner, by=session.person.id, at=session.at))
        session.conversation.tell_team(posts.assigned_for_team(session.ticket))
        session.finish()


def _attach(tx: Transaction, ticket_id: int, alerts: Sequence[StoredAlert], at: datetime, *, storm: bool) -> None:
    """Note that a ticket is about these alerts, each an occurrence of its problem."""
    tx.signal_alerts.attach([one.id for one in alerts], ticket_id, storm=storm)
    tx.affected.insert_occurrences(ticket_id, OCCURRENCE, at, len(alerts))


def _schedule_recovery(app: AppContext, tx: Transaction, phase: Phase, ticket_id: int) -> None:
    """Look again after a while whether all alerts of a ticket are over, so that one that comes and goes stays open."""
    if not tx.signal_alerts.get_totals(ticket_id).firing:
        due = app.now() + span(phase.signals.recovery_wait)
        tx.timers.set_once(f"{RECOVERY}:{ticket_id}", RECOVERY, due, ticket_id=ticket_id)


def _resolve(session: TicketSession) -> None:
    """Resolve a ticket that no one has taken; affected people are asked, and else the alert itself confirms it."""
    session.apply(closing.recover(session.ticket, views.RECOVERED, by=session.person.id, at=session.at))
    session.conversation.tell_team(views.resolved(session.ticket))
    if session.tx.affected.list_people(session.ticket.id) != [session.person.id]:
        verification.ask_whether_fixed(session)
    else:
        session.apply(closing.verify(session.ticket, by=session.person.id, at=session.at))
