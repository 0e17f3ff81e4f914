"""The wallboard of a phase: a link that shows criticals, burn-down, SLA and who is on call on a screen."""

from collections.abc import Sequence
from datetime import timedelta

from bot.context import AppContext
from bot.services.oncall import shifts
from bot.services.phases import links
from bot.services.reporting import figures
from bot.services.reporting.phase_report import open_by_day
from bot.views.reporting import digest as digest_views
from bot.views.reporting import wallboard as views
from bot.views.reporting.wallboard import Wallboard
from domain.errors import Refused
from domain.phases.link import LinkKind
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.reporting.metrics import merge_cohorts
from domain.statistics.intervals import wilson_interval
from domain.tickets.filters import Filter
from domain.tickets.ticket import Severity
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

LINK = links.LinkRule(
    kind=LinkKind.WALLBOARD, days=30, most_days=90, only_leads="Only leads of {phase} can create a wallboard.",
    wrong_days="A wallboard can last from 1 to {most} days, such as `digest wallboard 30`.",
)  # fmt: skip
SHOWN, HISTORY = 6, timedelta(days=14)
CRITICAL = Filter(severities=(Severity.CRITICAL,), public=True, tasks=True)


def link(app: AppContext, person: Person, channel: str, words: Sequence[str], request: str) -> str:
    """Create a link for a screen; return the answer with it. It lasts thirty days unless the words say otherwise."""
    if not app.public_url:
        raise Refused("Wallboards need HYPERCARE_PUBLIC_URL, which is not set. Ask an operator to set it.")
    phase, token, ends = links.create_by_lead(app, person, channel, words, request, LINK)
    return digest_views.wallboard_link(phase, f"{app.public_url}/wallboards/{token}", ends)


def opened(app: AppContext, token: str) -> Phase | None:
    """Return the phase of a link; None when it is unknown, expired or revoked, or its person leads no more."""
    found = links.find_open(app, LinkKind.WALLBOARD, token)
    return found[0] if found else None


def draw(app: AppContext, phase: Phase) -> str:
    """Return the page as of now."""
    with app.store.read() as tx:
        return views.page(_read(app, tx, phase))


def _read(app: AppContext, tx: Transaction, phase: Phase) -> Wallboard:
    now = app.now()
    reader, backlog = ListReader(id=""), tx.backlogs.count(phase.id, now)
    critical = tx.lists.list_page(CRITICAL, [phase], reader, now, skip=0, limit=SHOWN)
    whole = merge_cohorts(figures.cohorts(tx, phase, now - figures.DEFAULT_PERIOD, now).values())
    met, decided = (sum(pair) for pair in zip(whole.acknowledge_targets, whole.resolve_targets, strict=True))
    since = max(now - HISTORY, figures.start_of(tx, phase, now))
    days = [count for _, _, count in open_by_day(tx, phase, since, now, backlog.total)]
    duty = [(one.rota.name, one.at(now).person) for one in shifts.rota_schedules(tx, phase, now)]
    return Wallboard(
        phase=phase, at=now, critical=critical, critical_count=backlog.severities[Severity.CRITICAL],
        backlog=backlog, open_by_day=[*days, backlog.total],
        targets_met=wilson_interval(met, decided) if decided else None,
        on_call=[(rota, tx.profiles.find_name(person) or "name not known yet") for rota, person in duty if person],
    )  # fmt: skip
