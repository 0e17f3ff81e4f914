"""Digests: their contents, their schedule, and the lists behind their numbers."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from bot.services.intake import intake
from domain.phases.phase import Phase
from domain.reporting.settings import Audience, Digest, DigestFrequency
from domain.tickets.ticket import Intake, Report, Severity
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import BERLIN, passes, to_monday
from tests.support.oncall import applied, with_rota
from tests.support.people import Message


def opens(slack: BotWorkspace, summary: str, *, days_ago: int = 0) -> None:
    """Maria reported this at this time of that day."""
    at = slack.application.context.now() - timedelta(days=days_ago)
    app = replace(slack.application.context, now=lambda: at)
    report = Report(summary=summary, severity=Severity.LOW)
    intake.open_ticket(app, report, person=app.person(slack.user_id("maria")), intake=Intake.COMMAND, quiet=True)


def digests(slack: BotWorkspace, channel: str = "hypercare-digest") -> list[Message]:
    return [m for m in slack.channel(channel).messages() if m.raw["text"].startswith("PAY · ")]


def texts(slack: BotWorkspace, channel: str = "hypercare-digest") -> list[str]:
    return [m.raw["text"] for m in digests(slack, channel)]


def resolves(slack: BotWorkspace, name: str) -> None:
    slack.person("jo").opens(f"/hypercare resolve {name}").fills(
        test="Tried", fix="root_cause", explanation="Restarted it"
    ).submits()
    slack.quiet()


def pressed(slack: BotWorkspace, message: Message, label: str) -> str:
    """The list that stands behind a number."""
    jo = slack.person("jo")
    before = len(jo.whispers("hypercare-digest"))
    jo.presses(message, label)
    return eventually(lambda: jo.whispers("hypercare-digest")[before:], f"what is behind {label}")[0]


def restarts(slack: BotWorkspace) -> None:
    slack.stop_bot()
    slack.start_bot()


@pytest.mark.core
def test_the_team_gets_a_digest_every_working_day(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    slack.person("maria").reports("Payslips are blank", "critical", module="Payslips")
    slack.person("tom").reports("The export is slow", "medium", module="Pay run")
    slack.quiet()
    resolves(slack, "PAY-2")
    passes(slack, hours=23)
    found = digests(slack)[-1]
    assert found.raw["text"].startswith("PAY · Open: 1 (1 critical). New: 2. Resolved: 1.")
    kinds = [block["type"] for block in found.raw["blocks"]]
    assert kinds.count("data_visualization") == 2
    assert "Overdue" in found.words
    assert "Payslips are blank" in found.words
    assert all(name in pressed(slack, found, "New (2)") for name in ("PAY-1", "PAY-2"))
    assert "PAY-2" in pressed(slack, found, "Resolved (1)")
    assert "PAY-1" in pressed(slack, found, "Overdue (1)")


def test_a_quiet_day_is_one_line(slack: BotWorkspace) -> None:
    to_monday(slack, "08:00")
    passes(slack, hours=1.1)
    (found,) = digests(slack)
    assert found.raw["text"].startswith("PAY · Nothing new since <!date^")
    assert [block["type"] for block in found.raw["blocks"]] == ["section"]


@pytest.mark.core
def test_each_digest_is_sent_once_despite_restarts(slack: BotWorkspace) -> None:
    """Restarts before, at and after its moment, and one that keeps the bot away for two hours."""
    to_monday(slack, "08:59")
    restarts(slack)
    passes(slack, minutes=1.5)
    restarts(slack)
    passes(slack, minutes=5)
    assert len(texts(slack)) == 1
    passes(slack, hours=23)
    slack.stop_bot()
    slack.control.post("clock", advance=timedelta(hours=2).total_seconds())
    slack.start_bot()
    passes(slack, minutes=1)
    assert len(texts(slack)) == 2


def test_mondays_digest_covers_weekends_and_holidays(slack: BotWorkspace) -> None:
    to_monday(slack, "08:00")
    monday = slack.application.context.now().astimezone(BERLIN).date()
    applied(slack, sla={"holidays": (monday + timedelta(days=1),)})
    passes(slack, hours=2)
    assert len(texts(slack)) == 1
    slack.person("maria").reports("Payslips are blank", "low")
    passes(slack, days=1)
    assert len(texts(slack)) == 1
    passes(slack, days=1)
    assert texts(slack)[-1] == "PAY · Open: 1. New: 1. Resolved: 0."
    passes(slack, days=1)
    passes(slack, days=1)
    assert len(texts(slack)) == 4
    slack.person("maria").reports("Names are cut off", "low")
    passes(slack, days=2)
    assert len(texts(slack)) == 4
    passes(slack, days=1)
    assert texts(slack)[-1].startswith("PAY · Open: 2. New: 1. Resolved: 0.")


@pytest.mark.parametrize(("day", "zone"), [(date(2027, 3, 28), "spring"), (date(2027, 10, 31), "autumn")])
def test_digests_keep_their_local_time_across_dst_changes(
    slack: BotWorkspace, day: date, zone: str
) -> None:  # fmt: skip
    applied(slack, reporting={"digests": (Digest(name="daily", days="mon tue wed thu fri sat sun"),)})
    evening = datetime.combine(day - timedelta(days=1), datetime.min.time().replace(hour=20), BERLIN)
    slack.control.post("clock", to=evening.isoformat())
    passes(slack, minutes=1)
    before = len(texts(slack))
    slack.control.post("clock", to=datetime.combine(day, datetime.min.time().replace(hour=8, minute=58), BERLIN)
                       .isoformat())  # fmt: skip
    passes(slack, seconds=30)
    assert len(texts(slack)) == before
    passes(slack, minutes=3)
    assert len(texts(slack)) == before + 1


def audiences(slack: BotWorkspace) -> Phase:
    return applied(slack, reporting={"consumers": (slack.user_id("lena"), "Works council"), "digests": (
        Digest(name="daily"), Digest(name="board", audience=Audience.STAKEHOLDERS, at="10:00"),
        Digest(name="users", audience=Audience.REPORTERS, every=DigestFrequency.WEEK, days="mon", at="11:00"),
    )} )  # fmt: skip


def test_each_audience_gets_its_own_digest(slack: BotWorkspace) -> None:
    with_rota(slack)
    audiences(slack)
    to_monday(slack, "08:30")
    slack.person("maria").reports("Payslips are blank", "critical")
    slack.person("maria").reports("I see all salaries", "critical", type="security")
    slack.quiet()
    passes(slack, hours=3)
    (team,) = digests(slack)
    assert "On call: primary" in team.words
    board = slack.person("lena").dm.expects("PAY · Open: 1")
    assert "Payslips are blank" not in board.words
    assert "On call" not in board.words
    assert "New critical tickets a day" in board.words
    (users,) = digests(slack, "payroll-help")
    assert users.buttons == ["Report problem", "Known issues", "My reports"]
    for one in (team, board, users):
        assert "salaries" not in one.words
        assert "2 new" not in one.words


def test_leads_send_a_digest_now_and_others_preview_it(slack: BotWorkspace) -> None:
    audiences(slack)
    slack.person("maria").reports("Payslips are blank", "high")
    slack.quiet()
    shown = slack.person("tom").types("/hypercare digest")
    assert shown["text"].startswith("PAY · Open: 1 (1 high). New: 1.")
    assert digests(slack) == []
    assert "Only leads of" in slack.person("tom").types("/hypercare digest now")["text"]
    assert "There is no digest wekly here. Use one of: board, daily, users." in (
        slack.person("lena").types("/hypercare digest preview wekly")["text"])  # fmt: skip
    assert "“users” is being sent" in slack.person("lena").types("/hypercare digest now users")["text"]
    slack.quiet()
    assert len(digests(slack, "payroll-help")) == 1


def test_a_phase_can_turn_digests_off(slack: BotWorkspace) -> None:
    to_monday(slack, "08:00")
    applied(slack, reporting={"digests": (Digest(name="daily", every=DigestFrequency.NEVER),)})
    slack.person("maria").reports("Payslips are blank", "high")
    passes(slack, hours=26)
    assert digests(slack) == []
    assert "posts no digest" in slack.person("lena").types("/hypercare thanks All who tested")["text"]


@pytest.mark.long
def test_a_digest_names_unusual_counts(slack: BotWorkspace) -> None:
    to_monday(slack, "12:00")
    passes(slack, days=8)
    for days in range(8, 0, -1):  # one a day
        opens(slack, "Payslips are blank", days_ago=days)
    for _ in range(4):
        opens(slack, "Payslips are blank")
        passes(slack, days=1)
    assert len(digests(slack)) > 1
    assert not any("Unusual counts" in m.words for m in digests(slack))
    passes(slack, days=2)
    for n in range(9):
        opens(slack, f"Nobody can log in, try {n}")
    passes(slack, days=1)
    assert "Unusual counts" in digests(slack)[-1].words
    assert "New on " in digests(slack)[-1].words


@pytest.mark.core
def test_metrics_explain_themselves_and_say_what_is_unknown(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    slack.person("maria").reports("Payslips are blank", "high", module="Payslips")
    slack.quiet()
    passes(slack, minutes=30)
    slack.person("jo").types("/hypercare ack PAY-1")
    slack.quiet()
    passes(slack, hours=2)
    resolves(slack, "PAY-1")
    shown = str(slack.person("jo").types("/hypercare metrics module"))
    assert "*Time to acknowledge (MTTA)* half within 30 min, 90 % within 30 min (1 of 1 done)" in shown
    assert "*Time to resolve (MTTR)* half within 2 h 30 min" in shown
    assert "resolved 100 % (21 to 100; of 1)" in shown
    assert "Uptime: *unknown* (target at least 99.5 %)" in shown
    assert "'text': 'Payslips'" in shown
    assert "Kaplan-Meier" in shown
    assert "Did you mean `module`?" in slack.person("jo").types("/hypercare metrics modul")["text"]
    assert "Only leads of" in slack.person("jo").types("/hypercare metrics uptime 99.97")["text"]
    assert slack.person("lena").types("/hypercare metrics uptime 99,97")["text"].endswith(": 99.97 %.")
    assert "Uptime: *99.97 %* (target at least 99.5 %) · :white_check_mark: met" in str(
        slack.person("jo").types("/hypercare metrics"))  # fmt: skip
    assert "not a number" in slack.person("lena").types("/hypercare metrics uptime good")["text"]
