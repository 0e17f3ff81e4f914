"""What signals add to the app: timers for alerts that last or are over and for targets, and the alerts on a card."""

from bot.context import TimerHandler
from bot.services.signals import targets, tickets

TIMERS = {
    targets.CHECK: TimerHandler(targets.check, is_heavy=True, prepare=targets.read_burns),
    tickets.OPEN: TimerHandler(tickets.open_lasting, is_heavy=True),
    tickets.RECOVERY: TimerHandler(tickets.recover, is_heavy=True),
    tickets.REDRAW: TimerHandler(tickets.redraw, is_heavy=True),
}
CONSEQUENCES = (tickets.show_alerts,)
