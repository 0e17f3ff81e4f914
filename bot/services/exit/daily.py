"""Every morning: seal the log, keep the readiness of a phase, propose or withdraw its exit, and tell of first runs."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from bot.context import AppContext
from bot.services.delivery.offers import end_offers
from bot.services.exit.decisions import post, record, signatories
from bot.services.exit.readiness import decisions, first_runs, readiness
from bot.services.exit.run_windows import windows
from bot.services.exit.watch import is_watched, watch
from bot.services.phases.planning import timer_key
from bot.views.exit import readiness as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.exit.first_runs import RunOccasion, RunStatus, after_planned_end, occasion
from domain.exit.readiness import ReadinessDay, is_proposed
from domain.exit.record import PROPOSAL, ExitRecord, RecordKind
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.schedule import WEEKDAYS, Schedule
from domain.sla.targets import working_hours
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "exit_check"
CHECK_TIME = time(8, 30)  # before the digest, which shows it
CATCH_UP = timedelta(hours=12)
HISTORY = 60  # working days from which a proposal follows


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Plan the check of every morning while the phase is active, and for thirty days after its exit."""
    key = timer_key(KIND, phase, "daily")
    if phase.state is PhaseState.ACTIVE or is_watched(phase, app.now()):
        schedule = Schedule.weekly(WEEKDAYS, CHECK_TIME, phase.timezone, CATCH_UP)
        tx.timers.set_recurring(key, KIND, schedule, app.now(), data={"phase": phase.id})
    else:
        tx.timers.cancel(key)
    if phase.state is PhaseState.EXITED:
        end_offers(tx, lane_name(LaneKind.EXIT, phase.id), [views.SIGN, views.DECIDE], app.now())


def check(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Seal the events, keep today's readiness, propose or withdraw an exit, and say what is due about first runs."""
    phase = tx.phases.get(timer.data["phase"])
    if phase.state is PhaseState.EXITED:
        _watch(app, tx, phase, timer)
        return
    if phase.state is not PhaseState.ACTIVE or timer.pending is None:
        return
    today = timer.pending
    tx.seals.insert_next(phase.id, app.now())
    runs = first_runs(phase, decisions(tx, phase))
    told = _tell_first_runs(app, tx, phase, runs, today, timer.data.get("told", ()))
    if working_hours(phase).is_working_day(today) and (phase.go_live is None or today >= phase.go_live):
        _keep_readiness(app, tx, phase, today)
    if not timer.data.get("warned"):
        _warn_of_late_runs(app, tx, phase, runs)
    tx.timers.update_data(timer.key, {"phase": phase.id, "warned": True, "told": told})


def _watch(app: AppContext, tx: Transaction, phase: Phase, timer: Timer) -> None:
    """Watch for a relapse until the first one, for thirty days."""
    if not is_watched(phase, app.now()):
        tx.timers.cancel(timer.key)
    elif timer.pending is not None and not timer.data.get("relapsed") and watch(app, tx, phase, timer.pending):
        tx.timers.update_data(timer.key, {"phase": phase.id, "relapsed": True})


def _keep_readiness(app: AppContext, tx: Transaction, phase: Phase, today: date) -> None:
    found, _, decided = readiness(tx, phase, app.now())
    before = [one for one in tx.exits.list_days(phase.id, HISTORY) if one.on < today]
    day = ReadinessDay(today, found.score, found.passes)
    proposed = is_proposed([*before, day])
    at = app.now().astimezone(ZoneInfo(phase.timezone))
    line = views.digest_line(found, at, proposed=proposed, before=before[-1] if before else None)
    tx.exits.replace_day(phase.id, day, line, app.now())
    if proposed == decided.is_proposed or decided.is_signed:
        return
    kind = RecordKind.PROPOSED if proposed else RecordKind.WITHDRAWN
    record(tx, phase, ExitRecord(kind, PROPOSAL, app.bot_user, "", app.now()))
    told = views.proposed(phase, found) if proposed else views.withdrawn(phase, found)
    end_offers(tx, lane_name(LaneKind.EXIT, phase.id), [views.SIGN], app.now())  # of an earlier proposal
    signers = dict.fromkeys(chain(*signatories(phase).values())) if proposed else ()
    for place in (phase.team_digest_channel, *signers):
        post(tx, phase, f"{kind}:{today}", place, told, app.now())


def _tell_first_runs(
    app: AppContext, tx: Transaction, phase: Phase, runs: Sequence[RunStatus], today: date, told: Sequence[str]
) -> list[str]:
    """Ask about staffing before a first run, open its watch thread, and ask its owner for the verdict, each once.

    `told` is what was said before; the result is that and what is said now. A day on which nothing ran is made up for.
    """
    said = [*told]
    for one in runs:
        what = occasion(one.run, today)
        topic = f"{what}:{one.run.on}:{one.run.name}"
        if what is None or one.is_settled or topic in said:
            continue
        owners = phase.people((one.run.owner,)) if what is RunOccasion.VERDICT else ()
        seen = windows(tx, phase, [one], app.now()).get(one.run.name)
        for place in owners or (phase.team_digest_channel,):
            post(tx, phase, f"{what}:{len(said)}", place, views.first_run(phase, one.run, what, seen), app.now())
        said.append(topic)
    return said


def _warn_of_late_runs(app: AppContext, tx: Transaction, phase: Phase, runs: Sequence[RunStatus]) -> None:
    """Say on the first day which first runs the planned end does not wait for."""
    late = after_planned_end(runs, phase.planned_end)
    if late and phase.planned_end:
        post(tx, phase, "late runs", phase.team_digest_channel,
             views.planned_too_early(phase, late, phase.planned_end), app.now())  # fmt: skip
