"""Channels of phases that Slack changes: settings follow a new id, and the leads learn what stopped."""

import json
from collections.abc import Callable

from bot.context import AppContext
from bot.services.phases.phases import save_in
from bot.views.phases import channels as views
from bot.views.phases.channels import ChannelChange, Message
from domain.address import is_channel
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings
from storage.transaction import Transaction

AGAIN = "%Y%m%d%H"  # the same news within an hour are told once: Slack sends some twice


def stopped(app: AppContext, channel: str, change: ChannelChange, request: str) -> None:
    """Tell the leads of each phase what a channel that can't be written to was for."""
    _tell(app, channel, request, change.name, lambda phase, what: views.stopped(channel, change, what, phase.key))


def shared(app: AppContext, channel: str, request: str) -> None:
    """Tell the leads that people of another company can read a channel."""
    _tell(app, channel, request, "SHARED", lambda phase, what: views.shared(channel, what, phase.key))


def works_again(app: AppContext, channel: str, request: str) -> None:
    """Send what waited for a channel, and tell the leads when there was something."""
    with app.store.read() as tx:
        waiting = tx.message_archive.count_dead_in(channel)
        used = any(channel in phase.channels for phase in tx.phases.list_phases())
    if not (waiting or used):
        return
    with app.transaction(request) as tx:
        again = tx.message_archive.retry_in(channel, app.now())
        tx.outbox.changed = True
        for phase in tx.phases.list_phases():
            if again and phase.is_active and what_stops(phase, channel):
                _tell_leads(app, tx, phase, f"{channel}:AGAIN", views.works_again(channel, phase.key, again))


def moved(app: AppContext, old: str, new: str, request: str) -> None:
    """Follow a channel to its new id, in settings, messages and tickets, also after the next start."""
    if not (is_channel(old) and is_channel(new)) or old == new:
        return
    with app.transaction(request) as tx:
        tx.phases.insert_moved_channel(old, new, app.now())
        tx.places.replace(old, new)
        tx.message_archive.retry_in(new, app.now())  # what Slack refused before it told of the new id
        tx.outbox.changed = True
        for phase in tx.phases.list_phases():
            if json.dumps(old) in phase.model_dump_json(include=set(PhaseSettings.model_fields)):
                saved = save_in(app, tx, phase)  # which takes the new id
                tx.audit.log("slack", "channel id changed", f"{phase.key} {old} {new}", app.now())
                _tell_leads(app, tx, saved, f"{new}:ID", views.moved(old, new, phase.key))
    load_moved(app)


def load_moved(app: AppContext) -> None:
    """Read which channels have another id now: at the start, and when one gets another."""
    with app.store.read() as tx:
        app.moved_channels = tx.phases.get_moved_channels()


def what_stops(phase: Phase, channel: str) -> list[str]:
    """Return what a phase uses a channel for, in words."""
    digests = [place for digest in phase.digest_schedules for place in phase.digest_recipients(digest.digest)]
    uses = {
        "cards and the team's threads": channel == phase.triage_channel,
        "cards of critical tickets and on-call news": channel == phase.oncall_channel,
        "security tickets": channel == phase.private_channel,
        "digests": channel in digests,
        "reports from it and the answers to them": channel in (*phase.intake_channels, *phase.intake.auto_intake),
    }
    return [what for what, used in uses.items() if used]


def _tell(app: AppContext, channel: str, request: str, about: str, made: Callable[[Phase, list[str]], Message]) -> None:
    with app.store.read() as tx:
        if not any(phase.is_active and what_stops(phase, channel) for phase in tx.phases.list_phases()):
            return
    with app.transaction(request) as tx:
        for phase in tx.phases.list_phases():
            if phase.is_active and (what := what_stops(phase, channel)):
                _tell_leads(app, tx, phase, f"{channel}:{about}", made(phase, what))


def _tell_leads(app: AppContext, tx: Transaction, phase: Phase, about: str, note: Message) -> None:
    """Send the leads one message about that, once an hour."""
    for lead in phase.lead_people:
        name = lane_name(LaneKind.PERSON, lead, phase.key, about, app.now().strftime(AGAIN))[:80]
        lane = tx.outbox.lane(name, lead)
        if not tx.outbox.has_messages(lane):
            tx.outbox.post(lane, note, at=app.now(), priority=MessagePriority.ACKNOWLEDGEMENT)
