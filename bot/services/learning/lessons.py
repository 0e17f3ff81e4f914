"""Lessons of a phase, written to a file or taken over into the next phase."""

from datetime import datetime, timedelta

from pydantic import ValidationError

from bot.context import AppContext
from bot.services.knowledge.folder import OPERATOR, add_guides
from bot.services.phases.phases import get_phase, require_may_set_up, save_in, to_phase
from bot.services.reporting import figures
from bot.views.learning import lessons as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.knowledge.article import ArticleText
from domain.learning.lessons import (
    MAX_ARTICLES,
    Estimate,
    LessonArticle,
    Lessons,
    TargetReached,
    reusable_settings,
    take_over,
)
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from domain.sla.targets import working_hours
from storage.transaction import Transaction

DAY = timedelta(days=1)
OFFERED = 3  # phases whose lessons are offered to a new one
INVALID = "These lessons can't be read. Export them again with this version of Hypercare."


def export(app: AppContext, key: str) -> Lessons:
    """Return what a phase hands on; Refused when there is none of that key."""
    phase = get_phase(app, key)
    with app.store.read() as tx:
        tx.lift_timeout()
        return _lessons(tx, phase, app.now())


def bring_in(app: AppContext, key: str, lessons: Lessons) -> tuple[list[str], int]:
    """Take lessons over into a phase, as an operator; return the names of the settings, and how many articles."""
    phase = get_phase(app, key)
    with app.transaction() as tx:
        return _take(app, tx, phase, lessons, OPERATOR)


def list_offers(app: AppContext, person: Person, phase: Phase) -> list[Phase]:
    """Return the phases, newest first, whose lessons a person may take over into a new phase."""
    with app.store.read() as tx:
        return [one for one in tx.phases.list_phases()[::-1] if one.key != phase.key and _may_read(app, person, one)][
            :OFFERED
        ]


def take(app: AppContext, person: Person, key: str, source: str, request: str) -> str:
    """Take the lessons of another phase over, for a person who may set up this one; return the confirmation."""
    phase, other = get_phase(app, key), get_phase(app, source)
    require_may_set_up(app, person, phase)
    if not _may_read(app, person, other) or other.key == phase.key:
        raise Refused(f"Only the team of {other.name} can hand its lessons on.")
    with app.transaction(request) as tx:
        names, articles = _take(app, tx, phase, _lessons(tx, other, app.now()), person.id)
    return views.taken(phase, other.name, names, articles)


def _may_read(app: AppContext, person: Person, phase: Phase) -> bool:
    return is_responder(person, phase) or person.id in app.admins


def _take(
    app: AppContext, tx: Transaction, phase: Phase, lessons: Lessons, by: str
) -> tuple[list[str], int]:  # fmt: skip
    if lessons.phase == phase.key:
        raise Refused(f"These are the lessons of {phase.key} itself. Name the phase that is to learn from them.")
    after, names = _with_settings(phase, lessons)
    saved = save_in(app, tx, after)
    new, changed = add_guides(app, tx, saved, _guides(lessons))
    tx.audit.log(by, f"lessons of {lessons.phase} taken over", saved.key, app.now())
    lane = tx.outbox.lane(lane_name(LaneKind.LESSONS, saved.id, lessons.phase), saved.triage_channel)
    tx.outbox.post(lane, views.message_of(lessons, names, new + changed), at=app.now(), priority=MessagePriority.STATUS)
    return names, new + changed


def _with_settings(phase: Phase, lessons: Lessons) -> tuple[Phase, list[str]]:
    try:
        after, names = take_over(phase.settings, lessons)
    except ValidationError:
        raise Refused(INVALID) from None
    kept = {"state": phase.state, "ended_at": phase.ended_at, "id": phase.id, "members": phase.members}
    return to_phase(after).model_copy(update=kept), names


def _guides(lessons: Lessons) -> list[tuple[str, ArticleText]]:
    try:
        return [(f"{lessons.phase} {one.name}", one.text) for one in lessons.articles]
    except (TypeError, ValueError, KeyError):
        raise Refused(INVALID) from None


def _lessons(tx: Transaction, phase: Phase, now: datetime) -> Lessons:
    until = phase.figures_until(now)
    kpis = figures.kpi_values(tx, phase, until)
    articles = [LessonArticle(name=one.name, content=one.text.stored())
                for one in tx.articles.list_published([phase.id])[:MAX_ARTICLES]]  # fmt: skip
    return Lessons(
        phase=phase.key, name=phase.name, exported_on=phase.local_date(now),
        settings=reusable_settings(phase.settings), articles=tuple(articles), estimates=_estimates(tx, phase, until),
        targets=tuple(TargetReached(kpi=one.kpi.label, value=one.value, target=one.target, is_met=one.is_met)
                      for one in kpis if one.value is not None),
        learned={kind: text for kind, text in tx.post_mortems.get(phase.id).texts.items() if text},
    )  # fmt: skip


def _estimates(tx: Transaction, phase: Phase, until: datetime) -> tuple[Estimate, ...]:
    """Return what was planned for the phase, beside what came; nothing where nothing was planned."""
    found = list[Estimate]()
    since = figures.start_of(tx, phase, until)
    days = working_hours(phase).days_between(since, until)
    if phase.reporting.expected_daily and days:
        came = tx.milestones.count_spans(phase.id, [(since, until)])[0].opened / days
        found.append(Estimate(what="Reports a working day", unit="", expected=phase.reporting.expected_daily,
                              actual=round(came, 2)))  # fmt: skip
    if phase.go_live and phase.planned_end and phase.ended_at:
        planned = (phase.planned_end - phase.go_live).days
        took = (phase.local_date(phase.ended_at) - phase.go_live).days
        found.append(Estimate(what="Length", unit="days", expected=planned, actual=took))
    return tuple(found)
