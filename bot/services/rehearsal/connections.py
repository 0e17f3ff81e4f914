"""Which connections of a phase a rehearsal tries, and with which input each is tried."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from bot.context import AppContext
from bot.views.api.tickets import envelope
from bot.views.mail import web_form
from bot.views.rehearsal.rehearsals import in_channel
from domain.oncall.paging import PAGERDUTY
from domain.phases.link import LinkKind
from domain.phases.phase import Phase
from domain.rehearsal.connections import CHAT, MARK, READINGS, ConnectionPart, TriedConnection
from domain.rehearsal.findings import systems_named
from domain.rehearsal.marks import HEADER, NO_TICKET, UNDONE
from domain.reporting.readings import Reading
from domain.signals.kinds import KINDS
from domain.teams.settings import PREFIX as TEAMS
from storage.transaction import Transaction


def list_connections(app: AppContext, tx: Transaction, phase: Phase) -> list[TriedConnection]:
    """Return each connection that is set up."""
    return [*_trackers(app, phase), *_mail(phase), *_integrations(tx, phase), *_readings(app, phase),
            *_links(app, tx, phase), *_systems(app, phase), *_pagerduty(app, phase), *_chat(app, phase)]  # fmt: skip


def list_missing(found: Sequence[TriedConnection]) -> list[ConnectionPart]:
    """Return the kinds of connections of which none is set up."""
    known = {one.part for one in found}
    return [part for part in ConnectionPart if part not in known]


def _trackers(app: AppContext, phase: Phase) -> Iterator[TriedConnection]:
    """Yield each tracker, and where it is taken in, a webhook such as it sends."""
    for one in phase.connections:
        name = f"{one.system} {one.project}"
        yield TriedConnection(ConnectionPart.TRACKER, name, {"connection": one.model_dump(mode="json")})
    for system in sorted({one.system for one in phase.connections} & app.senders):
        request = _signed(f"/trackers/{system}", system)
        yield _own(ConnectionPart.TRACKER_WEBHOOK, f"webhook from {system}", phase, request)


def _pagerduty(app: AppContext, phase: Phase) -> Iterator[TriedConnection]:
    if PAGERDUTY in systems_named(phase) & app.senders:
        yield _own(ConnectionPart.PAGERDUTY, f"webhook from {PAGERDUTY}", phase, _signed("/pagerduty", PAGERDUTY))


def _signed(path: str, sender: str) -> dict[str, Any]:
    """Return a request that is signed with what the sender signs with, when it is made."""
    return {"method": "POST", "path": path, "sender": sender, "expects": NO_TICKET}


def _readings(app: AppContext, phase: Phase) -> Iterator[TriedConnection]:
    if READINGS in app.senders:
        body = {"metric": Reading.UPTIME.value, "value": 100}
        request = {"method": "POST", "path": f"/signals/{quote(phase.key)}", "json": body, "headers": {HEADER: MARK},
                   "expects": UNDONE}  # fmt: skip
        yield _own(ConnectionPart.READINGS, READINGS, phase, request)


def _chat(app: AppContext, phase: Phase) -> Iterator[TriedConnection]:
    """Yield the chat in Teams: a message that comes in as one of a person, and whether the bot's account is right."""
    if phase.teams.reports and CHAT in app.senders:
        request = {"method": "POST", "path": "/teams/messages", "sender": CHAT, "headers": {HEADER: MARK},
                   "expects": UNDONE}  # fmt: skip
        found = _own(ConnectionPart.TEAMS_CHAT, "the chat in Teams", phase, request)
        yield replace(found, payload={**found.payload, "chat": True})


def _mail(phase: Phase) -> Iterator[TriedConnection]:
    if phase.mail.address:
        payload = {"mail": phase.mail.address, "phase": phase.id, "strangers": phase.mail.strangers}
        yield TriedConnection(ConnectionPart.MAIL, "mail", payload)


def _integrations(tx: Transaction, phase: Phase) -> Iterator[TriedConnection]:
    """Yield each open integration, with a request such as its sender makes."""
    for integration in tx.signal_integrations.list_by_phase(phase.id):
        if integration.revoked_at or integration.kind not in KINDS:
            continue
        kind = KINDS[integration.kind]
        sample = kind.sample(phase.signals.generic)
        request = {"method": "POST", "path": f"/signals/{quote(phase.key)}/{kind.name}", "json": sample.body,
                   "headers": {**sample.headers, HEADER: MARK}, "expects": UNDONE}  # fmt: skip
        part = ConnectionPart.LINES if kind.sends_logs else ConnectionPart.ALERTS
        yield _own(part, f"signals {kind.name}", phase, request)


def _links(app: AppContext, tx: Transaction, phase: Phase) -> Iterator[TriedConnection]:
    """Yield the web form and the API, where someone has a link or a token that opens it."""
    now = app.now()
    known = {link.kind for link in tx.links.list_all() if link.phase_id == phase.id and now < link.expires_at}
    if LinkKind.FORM in known:
        form = {"method": "POST", "path": f"/forms/{MARK}", "text": urlencode(web_form.sample(phase)),
                "expects": UNDONE}  # fmt: skip
        yield _own(ConnectionPart.FORM, "the web form", phase, form)
    if LinkKind.API in known:
        figures = {"method": "GET", "path": "/api/v1/figures", "headers": {"authorization": f"Bearer {MARK}"},
                   "expects": f'"phase": "{phase.key}"'}  # fmt: skip
        yield _own(ConnectionPart.API, "the API", phase, figures)


def _own(part: ConnectionPart, name: str, phase: Phase, request: dict[str, Any]) -> TriedConnection:
    return TriedConnection(part, name, {"request": request, "phase": phase.id})


def _systems(app: AppContext, phase: Phase) -> Iterator[TriedConnection]:
    """Yield each system that is told of things that has an address, with an event that means nothing."""
    for system in sorted(systems_named(phase)):
        if app.addresses is None or system in app.addresses:
            part = ConnectionPart.TEAMS if system.startswith(TEAMS) else ConnectionPart.WEBHOOK
            body = _event(system, phase, app.now())
            yield TriedConnection(part, system.replace(":", " "), {"system": system, "body": body})


def _event(system: str, phase: Phase, at: datetime) -> dict[str, Any]:
    """Return what a system is sent; PagerDuty is told that an incident is over which never was."""
    if system == PAGERDUTY:
        return {"event_action": "resolve", "dedup_key": f"hypercare-rehearsal-{phase.key}"}
    return in_channel(phase) if system.startswith(TEAMS) else envelope("rehearsal", at, {"phase": phase.key})
