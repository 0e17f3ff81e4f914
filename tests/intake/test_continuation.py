"""Two messages of one person in a row: one report, or two."""

import pytest

from domain.intake.continuation import goes_on

REPORT = "Bank export stops at page two"


@pytest.mark.parametrize(
    "text",
    ["It also says error 17", "and only in Berlin", "", "https://pay.example/run/4", "*page three",
     "PS the second run too",
     "The export of the bank works on page one", "Error 17"],
)  # fmt: skip
def test_what_goes_on_is_added(text: str) -> None:
    assert goes_on(REPORT, text)


@pytest.mark.parametrize(
    "text",
    ["Holidays of the warehouse are missing", "IT has no account", "Login fails for all guests",
     "Cannot print payslips",
     "The printer in the bank is on fire", "New hires have no account"],
)  # fmt: skip
def test_another_problem_is_a_report_of_its_own(text: str) -> None:
    assert not goes_on(REPORT, text)
