"""What people decide about an exit: verdicts on first runs, waivers, the handover, and the sign-off."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.context import AppContext
from bot.services.delivery.offers import end_offers
from bot.services.exit.readiness import decisions, first_runs, readiness
from bot.services.exit.run_windows import windows
from bot.services.phases.phases import split_off_phase
from bot.views.exit import readiness as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.exit.first_runs import RunStatus
from domain.exit.readiness import Gate
from domain.exit.record import HANDOVER, Decisions, ExitRecord, RecordKind, Signatory
from domain.people.abilities import Ability
from domain.phases.permissions import Person, is_lead, is_responder, reads
from domain.phases.phase import Phase
from storage.transaction import Transaction

Choice = tuple[RecordKind, str]  # what is decided about which subject


def page(app: AppContext, person: Person, channel: str, words: Sequence[str] = ()) -> dict[str, Any]:
    """Return gates, score and forecast of a phase, with the buttons of that person."""
    with app.store.read() as tx:
        phase, _ = split_off_phase(tx, channel, words)
        if not reads(person, phase):
            raise Refused("Only people of this workspace can see whether a phase can end.")
        found, expected, decided = readiness(tx, phase, app.now())
        runs = first_runs(phase, decided)
        shown = views.ExitPage(
            phase=phase, now=app.now(), readiness=found, forecast=expected, decisions=decided,
            runs=runs, windows=windows(tx, phase, runs, app.now()), days=tx.exits.list_days(phase.id, 2),
            may_decide=bool(choices(person, phase, decided)), signs=bool(_roles(person, phase)),
        )  # fmt: skip
    return views.page(shown)


def choices(person: Person, phase: Phase, decided: Decisions) -> list[Choice]:
    """Return what that person may decide now: owners their first runs, run owners the handover, leads waivers."""
    found = list[Choice]()
    for one in first_runs(phase, decided):
        if not one.is_settled and (is_lead(person, phase) or _owns(person, phase, one)):
            found += [(RecordKind.ACCEPTED, f"run:{one.run.name}"), (RecordKind.REJECTED, f"run:{one.run.name}")]
        if not one.is_settled and is_lead(person, phase):
            found.append((RecordKind.WAIVED, f"run:{one.run.name}"))
    if decided.handover is None and Signatory.RUN in _roles(person, phase):
        found.append((RecordKind.ACCEPTED, HANDOVER))
    if is_lead(person, phase):
        found += [(RecordKind.WAIVED, f"gate:{gate}") for gate in Gate if gate not in decided.waivers]
    return found


def open_form(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> tuple[Phase, list[Choice]]:
    """Return what that person may decide; Refused when it is nothing."""
    with app.store.read() as tx:
        phase, _ = split_off_phase(tx, channel, words)
        found = choices(person, phase, decisions(tx, phase))
    if not found:
        raise Refused(
            f"You can't decide anything about the exit of {phase.name} now. Leads and owners of first runs can."
        )
    return phase, found


def decide(app: AppContext, person: Person, key: str, choice: Choice, reason: str, request: str) -> str:
    """Record a decision with its reason; return the confirmation."""
    kind, subject = choice
    with app.transaction(request) as tx:
        phase, _ = split_off_phase(tx, "", [key])
        if choice not in choices(person, phase, decisions(tx, phase)):
            raise Refused(
                "This is already decided, or someone else decides it. Type `/hypercare exit` to see what is open.",
                field="what",
            )
        record(tx, phase, ExitRecord(kind, subject, person.id, reason, app.now()))
        tx.audit.log(person.id, f"exit: {kind}", f"{phase.key} {subject}", app.now())
        asked = {one for run in first_runs(phase, decisions(tx, phase)) if not run.is_settled
                 for one in phase.people((run.run.owner,))}  # fmt: skip
        end_offers(tx, lane_name(LaneKind.EXIT, phase.id), [views.DECIDE], app.now(), but=asked,
                   note=views.confirmation(kind, subject))  # fmt: skip
        told = views.decided(phase, kind, subject, person.id, reason)
        _tell_team(app, tx, phase, request[:40], told)
    return views.confirmation(kind, subject)


def sign(app: AppContext, person: Person, channel: str, words: Sequence[str], request: str) -> str:
    """Sign the exit that is proposed, in the role that the person has; return the confirmation."""
    with app.transaction(request) as tx:
        phase, _ = split_off_phase(tx, channel, words)
        roles = _roles(person, phase)
        if not roles:
            raise Refused(f"Only run owners and business owners of {phase.name} can sign its exit.")
        found, _, decided = readiness(tx, phase, app.now())
        role = _open_role(person, phase, roles, decided)
        if not found.passes:
            failing = next(gate for gate in found.gates if not gate.passes)
            raise Refused(f"The exit can't be signed now: “{failing.gate.label}” does not pass. {failing.reason}.")
        seal = record(tx, phase, ExitRecord(RecordKind.SIGNED, role.value, person.id, "", app.now()))
        tx.audit.log(person.id, "exit: signed", f"{phase.key} {role}", app.now())
        decided = decisions(tx, phase)
        left = signers(phase, decided)
        end_offers(tx, lane_name(LaneKind.EXIT, phase.id), [views.SIGN], app.now(), but=left)
        if decided.is_signed:
            runs = first_runs(phase, decided)
            wishes = tx.lists.list_wishes(phase.id)
            _tell_team(app, tx, phase, "signed", views.signed_off(phase, found, decided, runs, seal, wishes))
    return views.signed(role, done=decided.is_signed)


def record(tx: Transaction, phase: Phase, decision: ExitRecord) -> str:
    """Seal the events so far, save a decision made on them, and return the seal of both."""
    return tx.exits.insert_record(phase.id, decision, tx.seals.insert_next(phase.id, decision.at))


def _open_role(person: Person, phase: Phase, roles: Sequence[Signatory], decided: Decisions) -> Signatory:
    """Return the role in which that person signs: one that is open, of a proposal that is in force, and once."""
    if not decided.is_proposed:
        raise Refused(f"The exit of {phase.name} is not proposed yet. `/hypercare exit` says what is missing.")
    if any(one.person == person.id for one in decided.signatures.values()):
        raise Refused("You've already signed. Another person has to sign for the other role.")
    left = [role for role in roles if role not in decided.signatures]
    if not left:
        raise Refused(f"The {roles[0].label} has signed already.")
    return left[0]


def _roles(person: Person, phase: Phase) -> list[Signatory]:
    """Return the roles in which that person can sign; an admin who is not named has none."""
    if not person.can(Ability.READ) and not is_responder(person, phase):
        return []
    return [role for role, people in signatories(phase).items() if person.id in people]


def signatories(phase: Phase) -> Mapping[Signatory, Sequence[str]]:
    """Return the people who can sign, by role; the leads run what has no run owner."""
    return {
        Signatory.RUN: phase.people(phase.exit.run_owners or phase.leads),
        Signatory.BUSINESS: phase.people(phase.exit.business_owners),
    }


def signers(phase: Phase, decided: Decisions) -> set[str]:
    """Return where the exit can still be signed: the people who can, and the channel that tells all of them."""
    signed = {one.person for one in decided.signatures.values()}
    roles = signatories(phase)
    people = {one for role in roles if role not in decided.signatures for one in roles[role]} - signed
    return {*people, phase.team_digest_channel} if people else set()


def _owns(person: Person, phase: Phase, one: RunStatus) -> bool:
    return reads(person, phase) and person.id in phase.people((one.run.owner,))


def _tell_team(app: AppContext, tx: Transaction, phase: Phase, occasion: str, told: dict[str, Any]) -> None:
    """Post into the digest channel of the phase."""
    post(tx, phase, occasion, phase.team_digest_channel, told, app.now())


def post(tx: Transaction, phase: Phase, occasion: str, place: str, told: dict[str, Any], now: datetime) -> None:
    """Post a message about the exit, to a channel or a person."""
    lane = tx.outbox.lane(lane_name(LaneKind.EXIT, phase.id, occasion, place), place)
    tx.outbox.post(lane, told, at=now, priority=MessagePriority.STATUS)
