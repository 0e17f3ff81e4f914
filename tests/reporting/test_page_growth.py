"""What a page works grows with the reports of its period, and not with their square."""

from collections.abc import Callable

import pytest

from bench.fixtures import NOW, filled
from bench.pages import GO_LIVE, PAGES
from bot.context import AppContext
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import phase_report
from domain.phases.permissions import Person
from tests.support.captured import counted_calls

ALL_PAGES = PAGES | {"report": lambda app, _lead: phase_report.report(app, "PAY")}
FEW, MANY = 500, 2_500  # of which a hundred a day come in, all within the four weeks that pages are about
MOST = 1.2 * MANY / FEW


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], int]:
    """Return how many functions are called to draw a page over so many reports."""
    folder, known = tmp_path_factory.mktemp("pages"), dict[int, tuple[AppContext, Person]]()

    def over(reports: int) -> tuple[AppContext, Person]:
        store, phase = filled(f"sqlite:///{folder / str(reports)}.db", reports)
        app = AppContext(features=FEATURES, store=store, now=lambda: NOW)
        phases.apply_settings(app, phase.settings.model_copy(update={"go_live": GO_LIVE.date()}))
        return app, Person(phase.leads[0])

    def work(page: str, reports: int) -> int:
        app, lead = known.setdefault(reports, known.get(reports) or over(reports))
        ALL_PAGES[page](app, lead)  # what is kept for later is no part of it
        with counted_calls() as calls:
            ALL_PAGES[page](app, lead)
        return calls[0]

    return work


@pytest.mark.parametrize("page", ALL_PAGES)
def test_a_page_works_in_proportion_to_its_reports(worked: Callable[[str, int], int], page: str) -> None:
    few, many = worked(page, FEW), worked(page, MANY)
    assert many <= MOST * few, f"{few:,} calls over {FEW:,} reports, {many:,} over {MANY:,}"
