"""Every Monday: ask the team about articles that are old or whose fix failed, and about drafts that wait."""

from datetime import time, timedelta

from bot.context import AppContext
from bot.services.phases.planning import CATCH_UP, set_schedule
from bot.views.knowledge import articles as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.knowledge.article import STALE_AFTER
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.schedule import Schedule
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "article_check"
CHECK_TIME = time(9, 15)
DRAFT_DAYS = timedelta(days=2)  # that a draft may wait without a reminder


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Plan the check of every Monday while the phase is active."""
    set_schedule(tx, phase, app, KIND, "weekly", Schedule.weekly(("mon",), CHECK_TIME, phase.timezone, CATCH_UP))


def check(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Ask the team to review stale articles and waiting drafts, in one message; nothing if there are none."""
    phase, now = tx.phases.get(timer.data["phase"]), app.now()
    if phase.state is not PhaseState.ACTIVE:
        return
    stale = tx.articles.list_stale(phase.id, now - STALE_AFTER)
    waiting = [one for one in tx.articles.list_drafts([phase.id]) if one.changed_at < now - DRAFT_DAYS]
    if stale or waiting:
        lane = tx.outbox.lane(lane_name(LaneKind.ARTICLE, phase.id, "stale", timer.pending), phase.triage_channel)
        tx.outbox.post(lane, views.stale([*waiting, *stale]), at=now, priority=MessagePriority.STATUS)
