"""Rules at work: what follows from a change of a ticket, once a change, and within bounds.

Rules look at what people, clocks and alerts did, before anything of it is acted on. What a rule itself changes sets off
no rule, so rules can't call each other in a circle.
"""

from dataclasses import dataclass

from bot.services.oncall.escalation_runner import get_runner
from bot.services.tickets.links import link_to
from bot.services.tickets.session import TicketSession
from bot.views.automation import rules as views
from bot.views.tickets import posts
from domain.address import is_channel, is_group
from domain.automation.rules import (
    HOUR,
    MAX_TOLD,
    HeldBack,
    RuleStep,
    fits,
    held_back,
    labels_of,
    occasions,
    steps_of,
)
from domain.automation.settings import AutomationRule, RuleOccasion
from domain.conversations.comment import TEAM, Comment
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.oncall.paging import WEBHOOK
from domain.phases.permissions import Action, is_lead, is_responder, may
from domain.tickets import transitions
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from storage.automation.rule_runs import RuleRun

PART = "automation"  # of a session: the reasons for which rules page


@dataclass(frozen=True, slots=True)
class _Acting:
    """A rule that acts on the ticket of a session."""

    session: TicketSession
    rule: AutomationRule
    occasion: RuleOccasion

    @property
    def bot(self) -> str:
        return self.session.app.bot_user


def apply_rules(session: TicketSession) -> None:
    """Do what the rules of the phase say about what has happened; imported tickets set off none."""
    rules = [one for one in session.phase.automation.rules if one.enabled]
    if not rules or session.is_quiet or not session.phase.is_active:
        return
    happened = occasions(session.events, session.ticket.intake)
    rules = [one for one in rules if happened.intersection(one.when)]
    if not rules:
        return
    labels = labels_of(session.ticket, _alert_labels(session))
    found = [_Acting(session, one, at) for one in rules if (at := fits(one, happened, session.ticket, labels))]
    if found:
        _act_within_bounds(session, found)


def find_idle_steps(session: TicketSession, rule: AutomationRule) -> list[RuleStep]:
    """Do what a rule says to a ticket, whatever its conditions; return the steps that did nothing."""
    acting = _Acting(session, rule, rule.when[0])
    return [step for step in steps_of(rule) if not STEPS[step](acting)]


def page_by_rules(session: TicketSession) -> None:
    """Page for the rules that say so, where no one is being paged after what else has happened."""
    reasons = session.parts.get(PART, [])
    if reasons and session.ticket.status.is_open and session.ticket.report.type.is_work:
        runner = get_runner(session)
        if runner.current is None or not runner.current.is_live:
            runner.escalate(reasons[0])


def _alert_labels(session: TicketSession) -> dict[str, str]:
    newest = session.tx.signal_alerts.list_of_ticket(session.ticket.id, 1)
    return dict(newest[0].as_alert().labels) if newest else {}


def _act_within_bounds(session: TicketSession, found: list[_Acting]) -> None:
    settings, phase, at = session.phase.automation, session.phase, session.at
    use = session.tx.rule_runs.get_use(phase.id, [one.rule.name for one in found], session.ticket.id, at - HOUR)
    for one in found:
        why = held_back(settings, at, *use[one.rule.name])
        if why is HeldBack.RESTING:
            continue
        steps = () if why else tuple(step for step in steps_of(one.rule) if STEPS[step](one))
        run = RuleRun(
            rule=one.rule.name, ticket_id=session.ticket.id, occasion=one.occasion, at=at, steps=steps, held=why
        )
        session.tx.rule_runs.insert_run(phase.id, run)
        if why:
            _tell_limit(one)
        elif steps:
            session.log(EventKind.AUTOMATED, actor=one.bot, rule=one.rule.name, did=", ".join(steps))


def _tell_limit(one: _Acting) -> None:
    """Tell the team once that a rule has reached its limit within this hour."""
    session = one.session
    hour = int(session.at.timestamp() // HOUR.total_seconds())
    name = lane_name(LaneKind.RULE, "limit", session.phase.id, one.rule.name, hour)
    lane = session.tx.outbox.lane(name, session.phase.triage_channel)
    if not session.tx.outbox.has_messages(lane):
        session.conversation.send(lane, [views.limit_reached(session.phase, one.rule)], MessagePriority.STATUS)


def _set_severity(one: _Acting) -> bool:
    session, to = one.session, one.rule.severity
    was = session.ticket.severity
    if to is None or to is was or not session.ticket.status.is_open:
        return False
    why = views.because(one.rule)
    session.apply(transitions.set_severity(session.ticket, to, why, by=one.bot, at=session.at))
    session.conversation.tell_team(posts.severity_for_team(session.ticket, was, why, one.bot))
    session.request_responder()
    return True


def _set_module(one: _Acting) -> bool:
    session = one.session
    if session.ticket.report.module == one.rule.module:
        return False
    session.apply(transitions.set_module(session.ticket, one.rule.module, by=one.bot, at=session.at))
    session.conversation.tell_team(views.module_set(session.ticket, one.rule))
    return True


def _assign(one: _Acting) -> bool:
    """Give an unassigned ticket to the responder that the rule names; a private one only to a lead."""
    session, to = one.session, one.rule.assign
    if to is None or session.ticket.owner or not session.ticket.status.is_open:
        return False
    person = session.app.known_person(session.tx, to)
    has_right = is_lead if session.ticket.private else is_responder
    if not has_right(person, session.phase):
        return False
    session.apply(transitions.assign(session.ticket, to=to, by=one.bot, at=session.at, why=views.because(one.rule)))
    session.conversation.tell_team(posts.assigned_for_team(session.ticket))
    return True


def _page(one: _Acting) -> bool:
    """Note that people are to be paged, which happens after the escalation has followed the change itself."""
    if not one.session.ticket.status.is_open or not one.session.ticket.report.type.is_work:
        return False
    one.session.parts.setdefault(PART, []).append(views.because(one.rule))
    return True


def _ask(one: _Acting) -> bool:
    """Ask the reporter; status and clocks stay, since no one of the team has acted."""
    session, ticket = one.session, one.session.ticket
    is_asked = ticket.status is Status.WAITING or not ticket.status.is_open
    if is_asked or not session.conversation.has_reporter:
        return False
    said = Comment(one.bot, TEAM, one.rule.ask, session.at)
    session.tx.comments.insert_comment(ticket.id, said, None, None)
    session.conversation.tell_reporter(views.asks(ticket, one.rule))
    session.conversation.tell_team(views.asked(one.rule))
    return True


def _tell(one: _Acting) -> bool:
    """Tell channels and people, of a private ticket only those who may see it."""
    told = [_tell_place(one, place) for place in _places(one)]
    return any(told)


def _places(one: _Acting) -> list[str]:
    """Return the channels and people whom a rule tells, with a bounded number of members of user groups."""
    session, phase, ticket = one.session, one.session.phase, one.session.ticket
    channels = [place for place in one.rule.tell if is_channel(place)]
    named = tuple(place for place in one.rule.tell if not is_channel(place) and not is_group(place))
    members = phase.people(tuple(filter(is_group, one.rule.tell)))[:MAX_TOLD]
    seen = [person for person in dict.fromkeys((*named, *members))
            if person != session.person.id
            and may(session.app.known_person(session.tx, person), Action.SEE, ticket, phase)]  # fmt: skip
    return [*([] if ticket.private else channels), *seen]


def _tell_place(one: _Acting, place: str) -> bool:
    session, ticket = one.session, one.session.ticket
    lane = session.tx.outbox.lane(lane_name(LaneKind.RULE, ticket.id, place), place, ticket_id=ticket.id)
    message = views.told(ticket, one.rule, one.occasion)
    return bool(session.conversation.send(lane, [message], MessagePriority.STATUS))


def _call_webhook(one: _Acting) -> bool:
    """Call a webhook; other systems hear of no private or anonymous ticket."""
    session, ticket = one.session, one.session.ticket
    if ticket.private or ticket.anonymous:
        return False
    system = f"{WEBHOOK}{one.rule.webhook}"
    lane = session.tx.outbox.lane(lane_name(LaneKind.RULE, ticket.id, system), system, ticket_id=ticket.id)
    link = link_to(session.app, ticket) or session.app.home_link
    session.tx.outbox.call_webhook(lane, views.payload(ticket, one.rule, one.occasion, link, session.at), at=session.at)
    return True


STEPS = {
    RuleStep.SEVERITY: _set_severity, RuleStep.MODULE: _set_module, RuleStep.ASSIGN: _assign, RuleStep.PAGE: _page,
    RuleStep.ASK: _ask, RuleStep.TELL: _tell, RuleStep.WEBHOOK: _call_webhook,
}  # fmt: skip
