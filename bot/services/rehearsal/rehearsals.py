"""A rehearsal: channels and people get marked messages, the rest is played and undone, and a verdict follows."""

from datetime import datetime, timedelta
from typing import Any

from bot.context import AppContext
from bot.services.phases.phases import require_may_set_up
from bot.services.rehearsal import checks, connections, plays
from bot.views.rehearsal import rehearsals as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import Lane, MessagePriority, MessageState
from domain.errors import Refused
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.rehearsal.findings import ANSWER_TIME, CONNECTION, Call, Finding, FindingKind, Rehearsal
from domain.rehearsal.marks import OUT_OF_REACH
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "rehearsal"
INTERVAL = timedelta(minutes=1)
ARRIVING = (MessageState.WAITING, MessageState.SENDING)
NO_ANSWER = "It didn't answer."
MAX_AFTER = timedelta(hours=1)  # how long its messages may still be on their way after its end


def open_form(app: AppContext, person: Person, channel: str, key: str) -> dict[str, Any]:
    """Return the form that says whom a rehearsal would reach, and asks whether to begin it."""
    phase = _choose(app, channel, key)
    require_may_set_up(app, person, phase)
    with app.store.read() as tx:
        _require_none(phase, tx.rehearsals.find_end(phase.id))
        people = checks.list_people(app, tx, phase)
        tried = [one.name for one in connections.list_connections(app, tx, phase)]
    return views.start_form(phase, sorted(phase.channels), people, tried)


def start(app: AppContext, person: Person, key: str, request: str) -> dict[str, Any]:
    """Begin a rehearsal of a phase that is planned or active, for those who may set it up; return the answer."""
    phase = _choose(app, "", key)
    require_may_set_up(app, person, phase)
    access = {place: str(why) for place, why in app.enter_channels(phase.channels).items()}
    with app.transaction(request) as tx:
        going = tx.rehearsals.find_of_phase(phase.id)
        _require_none(phase, going.ends if going else None)
        ends = app.now() + ANSWER_TIME
        channels = [place for place in sorted(phase.channels) if place not in access]
        people = checks.list_people(app, tx, phase)
        tried = {f"{CONNECTION}{n}": one for n, one in enumerate(connections.list_connections(app, tx, phase))}
        places = (*channels, *people, *tried)
        made = tx.rehearsals.insert_rehearsal(phase.id, person.id, ends, access, request, places)
        for place, one in tried.items():
            tx.outbox.call_tracker(_lane(tx, made, place), {"name": one.name, **one.payload}, at=app.now())
        for place in channels:
            _post(app, tx, made, place, views.in_channel(phase))
        for place in people:
            _post(app, tx, made, place, views.to_person(phase, made.id, ends))
        tx.timers.set_once(f"{KIND}:{phase.id}", KIND, app.now() + INTERVAL, data={"rehearsal": made.id})
    app.wake_player()
    return views.started(phase, len(channels), len(people), ends)


def list_unplayed(app: AppContext) -> list[int]:
    with app.store.read() as tx:
        return tx.rehearsals.list_unplayed()


def list_people(app: AppContext, rehearsal_id: int) -> set[str]:
    """Return the people who have to be known before a rehearsal is played."""
    phase = _unplayed(app, rehearsal_id)
    return plays.told_by_rules(phase) if phase else set()


def play(app: AppContext, rehearsal_id: int) -> None:
    """Play what a rehearsal has to play, and keep what would not work."""
    phase = _unplayed(app, rehearsal_id)
    if phase is not None:
        findings = plays.play(app, phase)
        with app.transaction() as tx:
            tx.rehearsals.set_played(rehearsal_id, findings)


def _unplayed(app: AppContext, rehearsal_id: int) -> Phase | None:
    """Return the phase of a rehearsal that has to be played; None where it was played already."""
    with app.store.begin() as tx:
        found = tx.rehearsals.find_rehearsal(rehearsal_id)
        return tx.phases.get(found.phase_id) if found and found.played is None else None


def answer(app: AppContext, person: Person, rehearsal_id: int) -> None:
    """Record that a person on call has answered, however often they press."""
    with app.transaction() as tx:
        found = tx.rehearsals.find_rehearsal(rehearsal_id)
        if found is None or found.is_told or not tx.rehearsals.mark_answered(found.id, person.id):
            raise Refused("This rehearsal is over, or didn't ask you. You don't need to do anything.")
        tx.outbox.update_first(_lane(tx, found, person.id), views.thanks(tx.phases.get(found.phase_id)), at=app.now())


def on_timer(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Look whether all have answered or the time is over, tell the verdict, and then delete every trace."""
    found = tx.rehearsals.find_rehearsal(timer.data["rehearsal"])
    if found is None:
        return
    calls = tx.rehearsals.list_calls(found.id)
    if not found.is_told and (app.now() >= found.ends or _is_complete(tx, found, calls)):
        _tell(app, tx, found, calls)
        tx.rehearsals.mark_told(found.id)
    elif found.is_told and _has_arrived(app, tx, found):
        tx.write_pending()
        tx.rehearsals.delete_rehearsal(found, _name(found, ""))
        tx.timers.delete_timer(timer.key)
        return
    tx.timers.set_once(timer.key, KIND, app.now() + INTERVAL, data=timer.data)


def list_findings(app: AppContext, tx: Transaction, found: Rehearsal) -> list[Finding]:
    """Return what would not work: what can be read, and what was played."""
    phase = tx.phases.get(found.phase_id)
    played = [finding for call in tx.rehearsals.list_calls(found.id) if (finding := _played(tx, found, call))]
    undone = (
        [Finding(FindingKind.NO_WAY_IN, "anyone", "it was not played in time")]
        if found.played is None
        else found.played
    )
    return [*checks.read_findings(app, tx, phase, found), *undone, *played]


def _require_none(phase: Phase, ends: datetime | None) -> None:
    if ends is not None:
        raise Refused(views.already(phase.name, ends))


def _choose(app: AppContext, channel: str, key: str) -> Phase:
    with app.store.read() as tx:
        known = [one for one in tx.phases.list_phases() if one.state is not PhaseState.EXITED]
    if not known:
        raise Refused("No phase is planned or active. Plan one with `/hypercare setup`, or ask an admin to.")
    here = [one for one in known if (one.key == key.upper() if key else channel in one.channels)]
    if len(here or known) != 1 or (key and not here):
        keys = ", ".join(one.key for one in known)
        raise Refused(f"Say which phase you mean, as in `/hypercare rehearse PAY`. Planned and active: {keys}.")
    return (here or known)[0]


def _name(found: Rehearsal, *place: str) -> str:
    return lane_name(LaneKind.REHEARSAL, found.phase_id, found.id, *place)


def _lane(tx: Transaction, found: Rehearsal, place: str) -> Lane:
    return tx.outbox.lane(_name(found, place), place)


def _post(app: AppContext, tx: Transaction, found: Rehearsal, place: str, message: dict[str, Any]) -> None:
    tx.outbox.post(_lane(tx, found, place), message, at=app.now(), priority=MessagePriority.ACKNOWLEDGEMENT)


def _is_complete(tx: Transaction, found: Rehearsal, calls: list[Call]) -> bool:
    return found.played is not None and all(_is_settled(tx, found, one) for one in calls)


def _is_settled(tx: Transaction, found: Rehearsal, call: Call) -> bool:
    lane = _lane(tx, found, call.place)
    if call.is_connection:
        result = tx.rehearsals.find_result(lane.id)
        return result is not None and result[0] not in ARRIVING
    return bool(lane.dead) or (call.answered if call.needs_answer else bool(lane.thread_ts))


def _played(tx: Transaction, found: Rehearsal, call: Call) -> Finding | None:
    """Return the finding that a call has shown; None if it went well."""
    lane = _lane(tx, found, call.place)
    if call.is_connection:
        state, error, name = tx.rehearsals.find_result(lane.id) or (MessageState.DROPPED, "", call.place)
        works = state is MessageState.SENT or error.startswith(OUT_OF_REACH)
        return None if works else Finding(FindingKind.NO_CONNECTION, name, error or NO_ANSWER)
    if lane.dead or not lane.thread_ts:
        return Finding(FindingKind.REFUSED, call.place, lane.dead or "not sent in time")
    return Finding(FindingKind.NO_ANSWER, call.place) if call.needs_answer and not call.answered else None


def find_out_of_reach(tx: Transaction, found: Rehearsal, calls: list[Call]) -> dict[str, list[str]]:
    """Return the connections that work, though not at the public address that this server can't reach, by address."""
    known = dict[str, list[str]]()
    for call in (one for one in calls if one.is_connection):
        result = tx.rehearsals.find_result(_lane(tx, found, call.place).id)
        if result and result[1].startswith(OUT_OF_REACH):
            known.setdefault(result[1].removeprefix(OUT_OF_REACH), []).append(result[2])
    return known


def _tell(app: AppContext, tx: Transaction, found: Rehearsal, calls: list[Call]) -> None:
    """Send the verdict to the person who began the rehearsal and to the leads, and take the other buttons away."""
    phase, findings = tx.phases.get(found.phase_id), list_findings(app, tx, found)
    for call in calls:
        if call.needs_answer and not call.answered:
            tx.outbox.update_first(_lane(tx, found, call.place), views.over(phase), at=app.now())
    missing = connections.list_missing(connections.list_connections(app, tx, phase))
    for person in dict.fromkeys((found.started_by, *phase.lead_people)):
        lane = tx.outbox.lane(_name(found, "verdict", person), person)
        told = views.verdict(phase, findings, calls, missing, find_out_of_reach(tx, found, calls))
        tx.outbox.post(lane, told, at=app.now(), priority=MessagePriority.STATUS)


def _has_arrived(app: AppContext, tx: Transaction, found: Rehearsal) -> bool:
    return not tx.rehearsals.count_arriving(_name(found, "")) or app.now() > found.ends + MAX_AFTER
