"""What a mail says: its new words, its files, whether a program wrote it, and who proved its sender."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.views.mail.template import read_report
from bot.views.text import MENTION
from connectors.mail.parsing import read_mail
from domain.mail.tags import message_id, named_in, subject_tag, ticket_of, without_tags
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings

CONTRACTS = Path(__file__).parent / "contracts"
SECRET = b"a secret of the tests"
PAY = Phase.model_validate(
    PhaseSettings(key="PAY", name="Payday", triage_channel="C0DESK00", oncall_channel="C0ONCALL", leads=("U0LENA0",))
    .model_dump() | {"intake": {"modules": ("Payslips",)}}
)  # fmt: skip
PLAIN = "From: Maria <Maria@example.test>\nTo: pay@hc.example\nMessage-ID: <m1@example.test>\nSubject: {}\n{}\n\n{}"


def mail(text: str, subject: str = "Totals", headers: str = "X-A: b") -> bytes:
    return PLAIN.format(subject, headers, text).encode()


def test_a_captured_mail_is_read_whole() -> None:
    read = read_mail((CONTRACTS / "via-dovecot.eml").read_bytes(), "maria@example.test")
    assert (read.sender, read.sender_name, read.subject) == ("maria@example.test", "Maria", "Totals of June are wrong")
    assert read.message_id == "<a1@example.test>"
    assert [(one.name, one.kind, one.content) for one in read.attachments] == [("a.png", "image/png", b"x")]
    assert read.text == read.whole  # it is no answer, so that nothing in it is a quoted mail
    assert not read.automatic
    assert read.bounce is None


def test_no_one_is_mentioned_by_a_mail() -> None:
    read = read_mail(mail("Ask <\u200b@U0LENA0> or <@U0TOM00|tom>.", "For <@U0LENA0>"), "maria@example.test")
    assert not [text for text in (read.subject, read.text, read.whole) if MENTION.search(text)]


def test_a_captured_report_of_a_mail_that_came_back() -> None:
    read = read_mail((CONTRACTS / "dsn-from-postfix.eml").read_bytes(), "")
    assert read.automatic
    assert read.bounce
    assert (read.bounce.recipient, read.bounce.status) == ("nobody@hypercare.test", "5.1.1")
    assert read.bounce.message_ids == ("<1795871748.2065392@example.test>",)
    assert "550 5.1.1" in read.bounce.diagnostic


@pytest.mark.parametrize(("text", "new"), [
    ("It says 0.\n\nOn Mon, 3 Aug 2026, Hypercare wrote:\n> PAY-42 received\n", "It says 0."),
    ("Es ist leer.\n\nAm 3. Aug. 2026 um 10:00 schrieb Hypercare <pay@hc.example>:\n> PAY-42\n", "Es ist leer."),
    ("Done\n-- \nMaria\nPayroll", "Done"),
    ("> is it fixed?\nNo.\n> since when?\nToday.", "> is it fixed?\nNo.\n> since when?\nToday."),
    ("> only a quote", "> only a quote"),
])  # fmt: skip
def test_an_answer_is_shown_without_what_it_quotes(text: str, new: str) -> None:
    read = read_mail(mail(text, "Re: Totals"), "maria@example.test")
    assert read.text == new
    assert read.whole == text.strip()


def test_lines_of_a_log_stay_in_a_new_report() -> None:
    text = "It fails:\n> ERROR 500 at 10.0.0.1\n> retry"
    assert read_mail(mail(text), "maria@example.test").text == text


@pytest.mark.parametrize(("headers", "sender"), [
    ("Auto-Submitted: auto-replied", "m@x.example"), ("Precedence: bulk", "m@x.example"), ("X-A: b", ""),
    ("List-Id: <a.example>", "m@x.example"), ("Return-Path: <>", None),
])  # fmt: skip
def test_mails_of_programs_are_known(headers: str, sender: str | None) -> None:
    assert read_mail(mail("x", headers=headers), sender).automatic


def test_a_persons_mail_may_say_that_it_is_no_programs() -> None:
    assert not read_mail(mail("x", headers="Auto-Submitted: no"), "m@x.example").automatic


RESULTS = "Authentication-Results: "


@pytest.mark.parametrize(("headers", "proven"), [
    (RESULTS + "mx.hc.example; dkim=pass header.d=example.test", True),
    (RESULTS + "mx.hc.example 1; spf=fail; dmarc=pass (p=none (x)) header.from=example.test", True),
    (RESULTS + "mx.hc.example; spf=pass smtp.mailfrom=bounce@example.test", True),
    (RESULTS + "mx.hc.example; dkim=pass header.d=evil.test", False),
    (RESULTS + "mx.hc.example; dkim=fail header.d=example.test; none", False),
    (RESULTS + "other.example; dkim=pass header.d=example.test", False),
    (RESULTS + "mx.hc.example; spf=fail\n" + RESULTS + "mx.hc.example; dmarc=pass header.from=example.test", False),
    ("X-A: b", False),
])  # fmt: skip
def test_only_the_named_server_proves_a_sender(headers: str, proven: bool) -> None:
    content = mail("x", headers=headers)
    assert read_mail(content, "m@example.test", "mx.hc.example").is_verified is proven
    assert not read_mail(content, "m@example.test").is_verified


def test_html_calendars_and_forwarded_mails() -> None:
    made = EmailMessage()
    made["From"], made["Subject"] = "maria@example.test", "Invitation"
    made.set_content("<style>x</style><h1>Test run</h1><p>On <b>Monday</b></p><script>bad()</script>", subtype="html")
    made.add_attachment("BEGIN:VCALENDAR\nEND:VCALENDAR\n", subtype="calendar")
    inner = EmailMessage()
    inner["Subject"] = "Forwarded"
    inner.set_content("inside")
    made.add_attachment(inner)
    read = read_mail(made.as_bytes(), "maria@example.test")
    assert read.text == "Test run\n\nOn Monday"
    assert [one.name.rpartition(".")[2] for one in read.attachments] == ["ics", "eml"]


@settings(max_examples=40)
@given(st.binary(max_size=400), st.sampled_from([b"", b"From: a@b.example\n", b"Content-Type: multipart/mixed\n\n"]))
def test_any_bytes_are_read(noise: bytes, before: bytes) -> None:
    read = read_mail(before + noise, "m@x.example", "mx")
    assert read.message_id
    assert len(read.attachments) <= 20


def test_only_our_own_marks_count() -> None:
    ours, other = message_id(SECRET, 7, "12", "hc.example"), message_id(b"another", 8, "12", "hc.example")
    assert ticket_of(SECRET, ("<x@y>", ours, other)) == 7
    assert ticket_of(SECRET, (ours.replace("hc.7.", "hc.8."),)) is None
    tag = subject_tag(SECRET, "PAY-7")
    assert named_in(SECRET, f"Re: Totals {tag}") == "PAY-7"
    assert named_in(SECRET, f"Re: Totals {tag.replace('PAY-7', 'PAY-8')}") is None
    assert without_tags(f"AW: Re: Totals {tag}") == "Totals"


def test_a_mail_fills_in_the_same_template_as_the_form() -> None:
    text = "Severity: High\nModule: payslips\nPeople affected: 12\nSteps to reproduce: open June\nthen: July"
    report, assumed = read_report("Totals are wrong", text, (), PAY)
    assert (report.severity, report.module, report.people) == ("high", "Payslips", 12)
    assert (report.summary, report.steps, assumed) == ("Totals are wrong", "open June\nthen: July", False)
    report, _ = read_report("Totals", "Severity: low\nIt says 0.", (), PAY)
    assert (report.severity, report.happened) == ("low", "It says 0.")


def test_a_plain_mail_is_a_report_too() -> None:
    report, assumed = read_report("", "It says 0.\nSince June.", (), PAY)
    assert (report.summary, report.happened, report.severity, assumed) == (
        "It says 0.", "It says 0.\nSince June.", "medium", True)  # fmt: skip
    assert read_report("", "", (), PAY)[0].summary == "A report by e-mail"
    private, _ = read_report("A leak", "Type: Security\nSeverity: low\nKeys in the log", (), PAY)
    assert private.private
