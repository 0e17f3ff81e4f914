"""The features of the app, put together from what each area exports."""

from bot.context import AppContext, Features
from bot.services.actions import exports as actions
from bot.services.api import exports as api
from bot.services.automation import exports as automation
from bot.services.connectors import exports as connectors
from bot.services.decisions import exports as decisions
from bot.services.exit import exports as exit_
from bot.services.followup import exports as followup
from bot.services.gateways import exports as gateways
from bot.services.intake import exports as intake
from bot.services.knowledge import exports as knowledge
from bot.services.mail import bounces
from bot.services.oncall import exports as oncall
from bot.services.oncall.exports import settle_escalation, update_escalation_cards
from bot.services.operations import exports as operations
from bot.services.pulse import exports as pulse
from bot.services.rehearsal import exports as rehearsal
from bot.services.reporting import exports as reporting
from bot.services.sessions import exports as sessions
from bot.services.signals import exports as signals
from bot.services.sla import exports as sla
from bot.services.teams import exports as teams
from bot.services.teams import losses as teams_losses
from bot.services.tickets import exports as tickets
from bot.services.tickets.cards import note_home_change, refresh_priority, update_card
from bot.services.tickets.offers import end_offers
from bot.services.warroom import agendas, war_rooms
from bot.services.warroom import exports as warroom
from domain.address import is_teams
from domain.delivery.message import OutboxMessage
from storage.transaction import Transaction

TIMERS = {
    **tickets.TIMERS,
    **intake.TIMERS,
    **signals.TIMERS,
    **sla.TIMERS,
    **followup.TIMERS,
    **oncall.TIMERS,
    **pulse.TIMERS,
    **reporting.TIMERS,
    **exit_.TIMERS,
    **knowledge.TIMERS,
    **actions.TIMERS,
    **decisions.TIMERS,
    **warroom.TIMERS,
    **sessions.TIMERS,
    **rehearsal.TIMERS,
    **connectors.TIMERS,
    **operations.TIMERS,
}
FEATURES = Features(
    consequences=(
        *automation.CONSEQUENCES,  # before what they change is acted on
        refresh_priority,
        *pulse.CONSEQUENCES,
        settle_escalation,
        automation.page_by_rules,
        *sla.CONSEQUENCES,
        *followup.CONSEQUENCES,
        *signals.CONSEQUENCES,
        *gateways.CONSEQUENCES,
        update_card,  # after what it shows
        update_escalation_cards,
        end_offers,  # after the news, which are read first
        *warroom.CONSEQUENCES,
        note_home_change,
        *connectors.CONSEQUENCES,
        *api.CONSEQUENCES,
        *teams.CONSEQUENCES,
    ),
    timers=TIMERS,
    plans=(
        *oncall.PLANS,
        *followup.PLANS,
        *reporting.PLANS,
        *exit_.PLANS,
        *actions.PLANS,
        *decisions.PLANS,
        *warroom.PLANS,
        *knowledge.PLANS,
        *pulse.PLANS,
    ),
    phase_changes=(*sla.PHASE_CHANGES, *connectors.PHASE_CHANGES),
    starts=(*operations.STARTS, *tickets.STARTS, *reporting.STARTS, *followup.STARTS, *sla.STARTS),
)


def on_dead(app: AppContext, tx: Transaction, queued: OutboxMessage, reason: str) -> None:
    """Say what could not be delivered; a war room that lost its channel goes on in a thread."""
    if agendas.is_of_agenda(queued):
        agendas.pin_instead(app, tx, queued)
    elif queued.lane.is_channel:
        war_rooms.fall_back(app, tx, queued, reason)
    elif is_teams(queued.lane.channel):
        teams_losses.on_dead(app, tx, queued, reason)
    else:
        bounces.on_dead(app, tx, queued, reason)
