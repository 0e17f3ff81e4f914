"""The page of a report: one HTML file that needs nothing else, for people outside of Slack."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from bot.report_page import charts
from bot.report_page.charts import Picture
from bot.views.reporting import trends as trend_views
from bot.views.reporting.metrics import percent, row, verdict
from bot.views.text import duration
from domain.phases.report import PhaseReport
from domain.reporting.figures import Cohort
from domain.reporting.metrics import DEFINITIONS, METHOD, calculate_metrics, resolution_curve
from domain.tickets.types import TicketType

HEAD = ("Reports", "MTTA", "MTTR", "Nine of ten", "Targets met", "Reopened")
FOLDER = Path(__file__).parent


def page(report: PhaseReport) -> str:
    """The whole file. Whatever anybody wrote is escaped by the template."""
    whole = calculate_metrics(report.whole)
    numbers = {
        "MTTA": duration(whole.acknowledge.median), "To workaround": duration(whole.workaround.median),
        "MTTR": duration(whole.resolve.median), "Nine of ten resolved within": duration(whole.resolve.most),
        "Acknowledged in time": percent(whole.acknowledged_in_time),
        "Resolved in time": percent(whole.resolved_in_time),
        "Reopened": percent(whole.reopened), "First-time fix": percent(whole.first_fix),
    }  # fmt: skip
    tables = {side: [_row(side, name, cohort) for name, cohort in _largest(cohorts)]
              for side, cohorts in report.sides.items() if set(cohorts) - {""}}  # fmt: skip
    judged = [(one.goal.label, *verdict(one)) for one in report.judged]
    return _template().render(
        report=report,
        phase=report.phase,
        judged=judged,
        numbers=numbers,
        tables=tables,
        head=HEAD,
        pictures=list(_pictures(report)),
        trends=trend_views.sentences(report.trends),
        definitions=DEFINITIONS,
        how=METHOD,
    )


def _pictures(report: PhaseReport) -> Iterator[Picture]:
    if report.days:
        yield charts.flow(report)
        yield charts.backlog(report)
    by_type = {TicketType(name).label: cohort.opened for name, cohort in report.sides["type"].items()}
    if by_type:
        yield charts.shares("types", "Reports by type", by_type)
        yield charts.shares("modules", "Reports by part", {k: c.opened for k, c in report.sides["module"].items()})
        yield charts.waiting(resolution_curve(report.whole))
    if report.trends.hours:
        yield charts.week(report.trends.hours)
    if report.satisfaction:
        yield charts.satisfaction(report)
    for name, series in report.readings.items():
        if series:
            yield charts.measured(name, report)


def _largest(cohorts: Mapping[str, Cohort]) -> list[tuple[str, Cohort]]:
    return sorted(cohorts.items(), key=lambda pair: (-pair[1].opened, pair[0]))[:100]


def _row(side: str, name: str, cohort: Cohort) -> list[str | int | float]:
    label = TicketType(name).label if side == "type" else name.capitalize() if side == "severity" else name
    return [label or "not said", *row(name, cohort)[1:]]


@cache
def _template() -> Template:
    found = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return found.get_template("page.html")
