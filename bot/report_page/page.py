"""The report as one self-contained HTML file, for people outdimension of Slack."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from bot.report_page import apis, charts
from bot.report_page.charts import Picture
from bot.views.reporting import objectives as objective_views
from bot.views.reporting import trends as trend_views
from bot.views.reporting.metrics import percent, row, verdict
from bot.views.text import duration
from domain.phases.report import PhaseReport
from domain.reporting.figures import Cohort
from domain.reporting.metrics import DEFINITIONS, METHOD, calculate_metrics, resolution_curve
from domain.reporting.readings import Reading
from domain.tickets.types import TicketType

HEAD = ("Reports", "MTTA", "MTTR", "90 % within", "Targets met", "Reopened")
FOLDER = Path(__file__).parent


def page(report: PhaseReport) -> str:
    """Return the HTML; the template escapes all texts."""
    found = calculate_metrics(report.cohort)
    numbers = {
        "MTTA": duration(found.acknowledge.median), "Time to workaround": duration(found.workaround.median),
        "MTTR": duration(found.resolve.median), "90 % resolved within": duration(found.resolve.p90),
        "Acknowledge targets met": percent(found.acknowledged_in_time),
        "Resolve targets met": percent(found.resolved_in_time),
        "Reopened": percent(found.reopened), "First-time fix": percent(found.first_fix),
    }  # fmt: skip
    tables = {dimension: [_row(dimension, name, cohort) for name, cohort in _largest(cohorts)]
              for dimension, cohorts in report.by_dimension.items() if set(cohorts) - {""}}  # fmt: skip
    kpis = [(one.kpi.label, *verdict(one)) for one in report.kpis]
    return _template().render(
        report=report,
        otherwise=max(0, report.count.opened - report.count.resolved - report.backlog.total),
        phase=report.phase,
        kpis=kpis,
        objective_head=objective_views.HEAD,
        objectives=[objective_views.row(one, report.phase.local_date(report.until)) for one in report.objectives],
        numbers=numbers,
        tables=tables,
        head=HEAD,
        pictures=list(_pictures(report)),
        trends=trend_views.sentences(report.trends),
        apis=apis.tables(report.apis) if report.apis else [],
        definitions=DEFINITIONS,
        how=METHOD,
    )


def _pictures(report: PhaseReport) -> Iterator[Picture]:
    if report.days:
        yield charts.flow(report)
        yield charts.backlog(report)
    by_type = {TicketType(name).label: cohort.opened for name, cohort in report.by_dimension["type"].items()}
    if by_type:
        yield charts.shares("types", "Reports by type", by_type)
        yield charts.shares(
            "modules", "Reports by module", {k: c.opened for k, c in report.by_dimension["module"].items()}
        )
        yield charts.waiting(resolution_curve(report.cohort))
    if report.trends.hours:
        yield charts.week(report.trends.hours)
    if slow := report.trends.hours_by_type.get(TicketType.PERFORMANCE):
        yield charts.week(slow, "performance", "Performance reports")
    together = bool(report.satisfaction and report.readings.get(Reading.ADOPTION))
    if together:
        yield charts.satisfaction_and_adoption(report)
    elif report.satisfaction:
        yield charts.satisfaction(report)
    for name, series in report.readings.items():
        if series and not (together and name == Reading.ADOPTION):
            yield charts.measured(name, report)


def _largest(cohorts: Mapping[str, Cohort]) -> list[tuple[str, Cohort]]:
    return sorted(cohorts.items(), key=lambda pair: (-pair[1].opened, pair[0]))[:100]


def _row(dimension: str, name: str, cohort: Cohort) -> list[str | int | float]:
    label = TicketType(name).label if dimension == "type" else name.capitalize() if dimension == "severity" else name
    return [label or "not given", *row(name, cohort)[1:]]


@cache
def _template() -> Template:
    found = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return found.get_template("page.html")
