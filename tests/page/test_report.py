"""The report in a browser: it needs nothing from elsewhere, can be read by everybody, sorts, and goes dark."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.report_page.charts import backlog, flow, shares
from bot.report_page.page import page as made
from bot.services.reporting import phase_report
from domain.phases.report import PhaseReport
from domain.reporting.figures import PeriodCounts
from tests.support import ready
from tests.support.bot import running

MODULES = ("Payslips", "Pay run", "Login")


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PhaseReport:
    """A report of three days with something in every chart."""
    folder = tmp_path_factory.mktemp("report")
    with ready.database(request, ready.kind_of_today(), folder) as url, running(url) as slack:
        for n, severity in enumerate(("critical", "high", "low", "low", "medium", "low")):
            slack.person("maria").reports(f"Trouble number {n}", severity, module=MODULES[n % 3])
            slack.quiet()
            slack.control.post("clock", advance=timedelta(hours=13).total_seconds())
        slack.person("jo").opens("/hypercare resolve PAY-2").fills(
            test="Tried", fix="root_cause", explanation="Restarted it"
        ).submits()
        slack.person("lena").types("/hypercare metrics uptime 99.2")
        slack.quiet()
        return phase_report.report(slack.application.context, "PAY")


@pytest.fixture(scope="module")
def file(report: PhaseReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("page") / "report.html"
    written.write_text(made(report), encoding="utf-8")
    return written


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    """At the end it has neither complained nor asked for anything."""
    opened, complaints = browser.new_page(viewport={"width": 1100, "height": 900}), list[str]()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda asked: complaints.append(asked.url) if asked.url != file.as_uri() else None)
    opened.goto(file.as_uri())
    yield opened
    opened.close()
    assert complaints == []


def test_it_has_a_chart_for_everything_each_with_a_name_and_its_numbers(page: Page) -> None:
    names = [chart.get_attribute("aria-label") for chart in page.locator("svg[role=img]").all()]
    assert names == ["New and resolved, by day", "Open at the end of the day", "Reports by type", "Reports by module",
                     "Time to resolution", "Reports by weekday and hour", "Uptime, in %"]  # fmt: skip
    assert page.locator("figure details table").count() == len(names)
    ids = re.findall(r'\bid="([^"]+)"', page.content())
    assert len(ids) == len(set(ids))
    assert page.locator("figure svg text").first.evaluate("e => getComputedStyle(e).fontFamily").startswith("system-ui")
    for chart in page.locator("svg[role=img]").all():
        box = chart.bounding_box()
        assert box
        assert box["width"] > 300
    assert not any("nan" in words.lower().split() for words in page.locator("figure").all_inner_texts())


def test_counts_are_told_in_whole_numbers_even_of_days_with_nothing(report: PhaseReport) -> None:
    quiet = replace(report, days=[(date(2026, 3, n), PeriodCounts(), 0) for n in (2, 3)])
    for picture in (flow(quiet), backlog(quiet)):
        assert re.findall(r"<text[^>]*>([\d.]+)</text>", picture.svg) == ["0", "1"]


OVERLAPPING = """() => [...document.querySelectorAll("svg")].flatMap(svg => {
  const boxes = [...svg.querySelectorAll("text")].filter(one => one.textContent.trim())
    .map(one => [one.textContent, one.getBoundingClientRect()]);
  return boxes.flatMap(([name, a], at) => boxes.slice(at + 1)
    .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
    .map(([other]) => `${name} / ${other}`)); })"""


def test_labels_do_not_overlap_however_many_days_there_are(browser: Browser, report: PhaseReport) -> None:
    opened = browser.new_page()
    for count in (12, 30, 90, 190):
        days = [(date(2026, 9, 20) + timedelta(days=n), PeriodCounts(opened=n % 21, resolved=n % 17), n % 40)
                for n in range(count)]  # fmt: skip
        drawn = replace(report, days=days)
        opened.set_content(flow(drawn).svg + backlog(drawn).svg)
        assert opened.evaluate(OVERLAPPING) == [], count
    opened.close()


def test_bars_that_have_no_place_are_added_up() -> None:
    many = {f"Module {n}": n for n in range(1, 31)}
    rows = shares("modules", "Reports by module", many).rows
    assert rows[-1][0] == "19 others"
    assert sum(int(count) for _, count in rows) == sum(many.values())


def test_its_headings_tables_and_lists_can_be_read_aloud(page: Page) -> None:
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").count() == 1
    assert page.locator("table:not(figure table) caption").count() == page.locator("table:not(figure table)").count()
    assert page.locator("th:not([scope])").count() == 0
    aspects = page.get_by_role("row").filter(has=page.get_by_role("rowheader"))
    assert aspects.count() == 7


def test_a_table_sorts_by_the_key_of_a_column_and_says_how(page: Page) -> None:
    table = page.locator("table").filter(has=page.locator("caption", has_text="By severity"))
    reports = table.get_by_role("button", name="Reports")
    reports.focus()
    page.keyboard.press("Enter")
    column = [int(cell.inner_text()) for cell in table.locator("tbody tr td:nth-child(2)").all()]
    assert column == sorted(column, reverse=True)
    expect(table.locator("th").nth(1)).to_have_attribute("aria-sort", "descending")
    reports.click()
    column = [int(cell.inner_text()) for cell in table.locator("tbody tr td:nth-child(2)").all()]
    assert column == sorted(column)


def test_it_goes_dark_with_its_reader_charts_too(page: Page) -> None:
    def ink() -> str:
        chart = page.locator("figure svg text").first
        return str(chart.evaluate("e => getComputedStyle(e).fill"))

    light, paper = ink(), page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert ink() != light
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") != paper


def test_it_fits_a_telephone_and_a_sheet_of_paper(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.emulate_media(media="print")
    assert page.locator("figure details").first.is_hidden()
    assert len(page.pdf(format="A4")) > 20_000
