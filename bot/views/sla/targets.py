"""Messages about SLA targets: how much of the time has passed, and that a target was missed."""

from datetime import datetime

from bot.views.text import when
from domain.sla.clocks import SlaTarget
from domain.tickets.ticket import Ticket

WARNINGS = {
    SlaTarget.ACKNOWLEDGE: "Acknowledge *{ticket}* by {due}.",
    SlaTarget.UPDATE: "Send the reporter of *{ticket}* an update by {due}.",
    SlaTarget.RESOLVE: "Resolve *{ticket}* by {due}.",
}
SILENT_OWNER = "An update to the reporter of *{ticket}* is due. Send one now."
SILENT_LEADS = "*{ticket}* is still unassigned, and its reporter is waiting for news. Take it or assign it."
PASSED = {0.5: "Half of the time for it has passed.", 0.8: "80 % of the time for it has passed."}
MISSED = {
    SlaTarget.ACKNOWLEDGE: "*{ticket}* missed its acknowledge target, {due}. Acknowledge it now.",
    SlaTarget.UPDATE: "*{ticket}* missed its update target, {due}. Send the reporter an update now.",
    SlaTarget.RESOLVE: "*{ticket}* missed its resolve target, {due}. Resolve it, or tell the reporter when you will.",
}
DUE_ON_CARD = {
    SlaTarget.ACKNOWLEDGE: "Acknowledge by {due}",
    SlaTarget.UPDATE: "Update by {due}",
    SlaTarget.RESOLVE: "Resolve by {due}",
}
MISSED_ON_CARD = {
    SlaTarget.ACKNOWLEDGE: "Missed its acknowledge target {due}",
    SlaTarget.UPDATE: "Missed its update target {due}",
    SlaTarget.RESOLVE: "Missed its resolve target {due}",
}
MISSED_IN_TIMELINE = {
    SlaTarget.ACKNOWLEDGE: "{who} warned that it missed its acknowledge target",
    SlaTarget.UPDATE: "{who} warned that it missed its update target",
    SlaTarget.RESOLVE: "{who} warned that it missed its resolve target",
}
PASSED_IN_TIMELINE = {
    (SlaTarget.ACKNOWLEDGE, 0.5): "{who} warned that half of the time to acknowledge it has passed",
    (SlaTarget.ACKNOWLEDGE, 0.8): "{who} warned that 80 % of the time to acknowledge it has passed",
    (SlaTarget.UPDATE, 0.5): "{who} warned that half of the time to send an update has passed",
    (SlaTarget.UPDATE, 0.8): "{who} warned that 80 % of the time to send an update has passed",
    (SlaTarget.RESOLVE, 0.5): "{who} warned that half of the time to resolve it has passed",
    (SlaTarget.RESOLVE, 0.8): "{who} warned that 80 % of the time to resolve it has passed",
}


def warning(ticket: Ticket, target: SlaTarget, share: float, due: datetime) -> str:
    """Say how much of the time for a target has passed."""
    missed = share >= 1.0
    sentence = (MISSED if missed else WARNINGS)[target].format(ticket=ticket.name, due=when(due))
    return sentence if missed else f"{sentence} {PASSED[share]}"


def silent(ticket: Ticket) -> str:
    """Ask for news of a ticket whose reporter has heard nothing."""
    return (SILENT_OWNER if ticket.owner else SILENT_LEADS).format(ticket=ticket.name)


def logged(target: SlaTarget, share: float) -> str:
    """The same in the timeline, with a placeholder for the name of the bot."""
    return MISSED_IN_TIMELINE[target] if share >= 1.0 else PASSED_IN_TIMELINE[target, share]
