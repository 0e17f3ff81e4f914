"""Filters in words: what they mean, and what is said when they mean nothing."""

from datetime import timedelta

import pytest

from domain.errors import Refused
from domain.tickets.filters import EXAMPLES, KEYS, Filter, read
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Severity
from domain.tickets.types import TicketType


@pytest.mark.parametrize(("text", "means"), [
    ("", Filter()),
    ("open critical mine module:checkout older:2d",
     Filter(severities=(Severity.CRITICAL,), mine=True, modules=("checkout",), older=timedelta(days=2))),
    ('closed process:"Month end" type:"training gap"',
     Filter(scope="closed", processes=("Month end",), types=(TicketType.TRAINING_GAP,))),
    ("deferred high critical", Filter(scope="all", statuses=(Status.DEFERRED,),
                                      severities=(Severity.HIGH, Severity.CRITICAL))),
    ("unowned quiet:30m newer:1w", Filter(unowned=True, quiet=timedelta(minutes=30), newer=timedelta(weeks=1))),
    ("owner:<@U123456|jo> by:@U654321 source:mention phase:pay",
     Filter(owner="U123456", reporter="U654321", sources=(Intake.MENTION,), phase="PAY")),
    ('payslip "two words" blank', Filter(words=("payslip", "two words", "blank"))),
    ("http://x", None),
])  # fmt: skip
def test_what_the_words_mean(text: str, means: Filter | None) -> None:
    if means is None:
        with pytest.raises(Refused):
            read(text)
    else:
        assert read(text) == means


@pytest.mark.parametrize(("text", "said"), [
    ("modul:x", "Did you mean `module:`?"), ("older:soon", "30m, 4h, 2d or 1w"), ("module:", "as in `module:checkout`"),
    ("owner:jo", "choose the name that Slack offers"), ("type:bugs", "Did you mean bug?"),
    ("zzz:1", "Use one of: `module:`"),
])  # fmt: skip
def test_what_means_nothing_gets_the_nearest_word(text: str, said: str) -> None:
    with pytest.raises(Refused) as no:
        read(text)
    assert said in no.value.text


def test_every_key_has_an_example_that_reads() -> None:
    for key in KEYS:
        example = (
            EXAMPLES[key].replace("@jo", "@U123456").replace("#payroll-help", "C0HELP00").replace("@maria", "@U123456")
        )
        assert read(f"{key}:{example}") != Filter()
