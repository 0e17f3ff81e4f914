"""A world in which the team has worked on an anonymous ticket: what a door can be about belongs to that ticket."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.services.actions import actions
from bot.services.decisions import decisions
from bot.services.intake import duplicates
from bot.services.knowledge import articles
from bot.services.oncall import escalations
from bot.services.phases import phases
from bot.services.problems import problems
from bot.services.sessions import notes, sessions
from bot.services.tickets import work
from bot.services.warroom import war_rooms
from domain.actions.action_item import ActionDraft
from domain.decisions.decision import DecisionDraft, DecisionKind
from domain.knowledge.article import ArticleText
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.sessions.session import SessionDraft, SessionKind
from domain.tickets.ticket import Severity
from storage.store import Store
from tests.trust import stages, world
from tests.trust.doors import NONE
from tests.trust.stages import Make
from tests.trust.ways_in import ADDRESS, EVA, mailed, reported_in_teams
from tests.trust.world import JO, LENA, PAY, TICKETS, World

# What doors are about, and the thing of that kind that belongs to the anonymous ticket.
BELONGS: Mapping[str, str] = {
    "action": "anonymous action", "problem": "anonymous problem", "decision": "anonymous decision",
    "made decision": "anonymous made decision", "workaround": "anonymous workaround", "article": "anonymous article",
    "escalation": "anonymous escalation", "session": "anonymous session", "held session": "anonymous session",
    "dead": "anonymous dead",
    **dict.fromkeys(TICKETS, "anonymous"),
}  # fmt: skip
# What belongs to a phase, to a person or to a survey, and is used as it is: it may show or count the ticket.
AS_IT_IS = frozenset({NONE, "phase", "note", "rehearsal", "stand up", "import", "weekly", "test page"})
SYSTEMS = {"jira": "Jira", "servicenow": "ServiceNow"}
PRIORITIES = {
    "jira": {}, "servicenow": {one: f"{number}/{number}" for number, one in zip((1, 1, 2, 3), Severity, strict=True)},
}  # fmt: skip
OUTSIDE = {"mail": {"address": ADDRESS}, "teams": {"reports": True}}
TOLD = OUTSIDE | {
    "connections": tuple(
        {
            "system": system,
            "project": "OPS",
            "private": True,
            "notes": True,
            "subtask_type": "Sub-task",
            "create": tuple(Severity),
            "severities": names,
        }
        for system, names in PRIORITIES.items()
    ),
    "reporting": {"digests": ({"name": "daily"}, {"name": "figures", "audience": "stakeholders", "mails": (EVA,)})},
    "webhooks": ({"name": "shop", "private": True},),
    "teams_channels": ({"name": "shop", "digests": ("daily",), "severities": tuple(Severity)},),
    "automation": {"rules": ({"name": "all", "when": ("status", "severity", "details"), "tell": (LENA.id,)},)},
}  # other systems, and people by a rule, that are told of all that is private too


def sqlite(file: Path, anonymous: Person) -> Make:
    """Build such a world in that file, as stages.sqlite does."""
    return stages.sqlite(file, anonymous, build)


def build(store: Store, anonymous: Person) -> tuple[dict[str, Any], Any]:
    """Fill an empty database; return what the ids of a world are, and the moment at which it stands."""
    ids, at = world.build(store, anonymous)
    with world.opened(store, ids, at) as made:
        made.anonymous = anonymous
        made.app.trackers = SYSTEMS
        _set(made, OUTSIDE)
        _use(made)
        world.settle(made)
        _set(made, TOLD)  # now, so that what they are told of the ticket is yet to be sent
        return ids, made.app.now() + timedelta(minutes=10)


def _set(made: World, more: dict[str, Any]) -> None:
    phases.apply_settings(made.app, PhaseSettings.model_validate(PAY.model_dump() | more))


def _use(made: World) -> None:
    app, ids = made.app, made.ids
    ticket = ids["anonymous"]
    draft = ActionDraft(title="Ask the managers", owner=JO.id, due=app.now().date())
    ids["anonymous action"] = actions.add(app, JO, str(ticket), draft).id
    ids["anonymous problem"] = problems.add(app, JO, str(ticket), None, "The queue", Severity.LOW).id
    problems.add_cause(app, JO, ids["anonymous problem"], "why", "No one reads it", made.names["anonymous"])
    asked = DecisionDraft(kind=DecisionKind.GO_NO_GO, question="Tell them?", options=("Yes", "No"),
                          due_at=app.now() + timedelta(hours=2), ticket_id=ticket)  # fmt: skip
    decided = replace(asked, choice="Yes", rationale="It is fair")
    for name, one in (("anonymous decision", asked), ("anonymous made decision", decided)):
        ids[name] = decisions.add(app, LENA, "PAY", one).id
    war_rooms.open_war_room(app, ticket, JO)
    text, target = ArticleText(title="Queues", solution="Read them daily"), {"phase": "PAY", "ticket": ticket}
    ids["anonymous article"] = articles.save_draft(app, LENA, target, text, "anonymous article").id
    for double in (mailed(made)[0], reported_in_teams(made)):
        duplicates.merge(app, double, ticket, LENA)  # so that people who write mails, or in Teams, are affected
    work.reply(app, ticket, JO, "Since when?", "anonymous reply")
    escalations.escalate(app, ticket, JO, "It is urgent")
    _session(made)
    with app.transaction() as tx:
        escalation = tx.escalations.find_newest(ticket)
        tx.workarounds.insert_workaround(ids["phase"], ticket, [], app.now(), app.now().date() + timedelta(days=5))
        ids["anonymous workaround"] = tx.workarounds.list_of_ticket(ticket)[0].id
        lane = tx.outbox.find(f"reporter:{ticket}")
        assert escalation
        assert lane
        ids["anonymous escalation"] = escalation.id
        dead = tx.outbox.post(lane, {"text": "It will not arrive"}, at=app.now())
        assert dead
        ids["anonymous dead"] = dead.id


def _session(made: World) -> None:
    """A workshop of both who may have written, whose notes name the ticket."""
    app = made.app
    draft = SessionDraft(kind=SessionKind.WORKSHOP, title="Queues", starts=app.now() + timedelta(minutes=1), host=JO.id,
                         participants=(world.MARIA.id, world.TOM.id), module="Payslip")  # fmt: skip
    made.ids["anonymous session"] = id_ = sessions.plan(app, JO, "PAY", draft).id
    world.move(made, app.now() + timedelta(minutes=5))
    present = (world.MARIA.id, world.TOM.id)
    notes.file_notes(app, JO, id_, f"{made.names['anonymous']} is known to all", present, "anonymous notes")
