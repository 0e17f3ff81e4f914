"""Digests and metrics on the database: missed digests, tickets of an older release, and past backlogs."""

from datetime import date, timedelta

from sqlalchemy import delete, update

from bot.context import AppContext
from bot.services.followup import verification
from bot.services.intake import intake
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import digest, figures, phase_report
from bot.services.reporting import milestones as measuring
from bot.services.reporting.metrics import page
from bot.services.tickets import work
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings
from domain.pulse.pulse import with_template_defaults
from domain.pulse.results import calculate_result
from domain.pulse.settings import Pulse, Readers
from domain.pulse.wave import WaveState
from domain.reporting.impact import Aspect
from domain.reporting.settings import Audience, Digest, DigestFrequency
from domain.schedule import Schedule
from domain.tickets.closing import Solution
from domain.tickets.filters import AgeRange, read
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from domain.tickets.types import TicketType
from storage.store import Store
from storage.tickets.milestone_table import milestones
from tests.conftest import Clock
from tests.oncall.test_escalation_storage import JO, LENA, MARIA, RAVI, fires
from tests.support.oncall import changed

FILE = PhaseSettings(key="PAY", name="Payday", triage_channel="C0000001", oncall_channel="C0000002", leads=(LENA.id,),
                 responders=(JO.id, RAVI.id))  # fmt: skip


def opened(store: Store, clock: Clock, file: PhaseSettings = FILE) -> tuple[AppContext, Phase]:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    phase = phases.apply_settings(app, file)
    timers.set_up(app)
    fires(app)
    return app, phase


def reported(app: AppContext, kind: TicketType = TicketType.BUG, severity: Severity = Severity.LOW) -> Ticket:
    return intake.open_ticket(app, Report(summary="Slow", severity=severity, type=kind), person=MARIA,
                              intake=Intake.COMMAND, phase_key="PAY")  # fmt: skip


def test_the_next_digest_covers_a_missed_one(store: Store, clock: Clock) -> None:
    app, phase = opened(store, clock)
    clock.forward(days=1)
    fires(app)  # Tuesday's, at nine
    clock.forward(hours=1)
    reported(app)
    clock.at += timedelta(days=1, hours=7)  # away from Tuesday until Wednesday, five in the afternoon
    fires(app)
    clock.at = clock.at.replace(hour=9) + timedelta(days=1)
    with store.read() as tx:
        found = digest.digest_data(tx, phase, phase.digest_schedules[0], clock(), clock())
    assert found.since == clock() - timedelta(days=2)
    assert found.count.opened == 1


def test_milestones_are_updated_nightly_after_a_rolling_upgrade(store: Store, clock: Clock) -> None:
    app, phase = opened(store, clock)
    ticket = reported(app)
    work.acknowledge(app, ticket.id, JO)
    with store.begin() as tx:  # as it stands where that process wrote the log and nothing else
        tx.connection.execute(update(milestones).values(acknowledged_at=None, minutes_to_acknowledge=None))
    clock.at = clock.at.replace(hour=3) + timedelta(days=1)
    fires(app)
    clock.forward(minutes=1)
    fires(app)
    with store.read() as tx:
        (cohort,) = tx.cohorts.list_cohorts(phase.id, clock() - timedelta(days=2), clock(), ()).values()
    assert cohort.acknowledged_after == {0: 1}


def test_old_tickets_are_measured_in_the_background_and_digests_say_so(store: Store, clock: Clock) -> None:
    app, _ = opened(store, clock)
    for _ in range(measuring.BATCH_SIZE + 5):
        reported(app)
    with store.begin() as tx:
        tx.connection.execute(delete(milestones))
        tx.timers.set_once(f"{measuring.KIND}:more", measuring.KIND, clock(), data={"all": True})
    words = str(digest.preview(app, MARIA, "C0000001", ()))
    assert "still being counted" in words
    assert "New: 0." in words
    for _ in range(3):
        fires(app)
        clock.forward(seconds=1)
    words = str(digest.preview(app, MARIA, "C0000001", ()))
    assert "still being counted" not in words
    assert f"New: {measuring.BATCH_SIZE + 5}." in words


def test_a_timer_of_a_kind_that_this_release_does_not_know_ends(store: Store, clock: Clock) -> None:
    app, phase = opened(store, clock)
    with store.begin() as tx:
        tx.timers.set_recurring("other:1", "other", Schedule(at=clock().time()), clock(), data={"phase": phase.id})
    clock.forward(days=1)
    fires(app)
    with store.read() as tx:
        assert tx.timers.find_next("other:1") is None


def test_reopening_does_not_change_the_past_backlog(store: Store, clock: Clock) -> None:
    app, _ = opened(store, clock)
    ticket = reported(app)
    work.acknowledge(app, ticket.id, JO)
    verification.resolve(app, ticket.id, JO, Solution(explanation="Restarted"))
    clock.forward(days=4)
    before = [level for _, _, level in phase_report.report(app, "PAY").days]
    verification.reopen(app, ticket.id, MARIA, "Again")
    clock.forward(days=1)
    verification.resolve(app, ticket.id, JO, Solution(explanation="Replaced"))
    clock.forward(days=1)
    assert [level for _, _, level in phase_report.report(app, "PAY").days] == [*before, 1, 0]


def test_security_is_counted_from_five_on_and_hours_have_a_cost(store: Store, clock: Clock) -> None:
    app, phase = opened(store, clock)
    phases.apply_settings(app, changed(phase.settings, reporting={"hour_cost": 80, "currency": "CHF"}))

    def evidence(aspect: Aspect) -> str:
        return next(one.evidence for one in phase_report.report(app, "PAY").impact if one.aspect is aspect)

    leak = Report(summary="I can see all salaries", severity=Severity.LOW, type=TicketType.SECURITY)
    for n in range(5):
        assert evidence(Aspect.SECURITY) == "fewer than 5 security reports, which are private", n
        intake.open_ticket(app, leak, person=MARIA, intake=Intake.COMMAND)
        clock.forward(minutes=1)
    assert evidence(Aspect.SECURITY).startswith("5 security reports")
    assert "CHF" not in evidence(Aspect.COST), "nothing is resolved yet"
    work.acknowledge(app, 1, LENA)
    clock.forward(hours=1)
    verification.resolve(app, 1, LENA, Solution(explanation="Closed"))
    assert "CHF" not in evidence(Aspect.COST), "it would tell of a private ticket"
    ticket = reported(app)
    work.acknowledge(app, ticket.id, JO)
    clock.forward(hours=2)
    verification.resolve(app, ticket.id, JO, Solution(explanation="Restarted"))
    clock.forward(minutes=1)
    assert "2 working hours for 1 resolved ticket, about 160 CHF" in evidence(Aspect.COST)


def test_the_default_digest_is_an_active_one_of_the_team(store: Store, clock: Clock) -> None:
    kinds = (Digest(name="board", audience=Audience.STAKEHOLDERS), Digest(name="off", every=DigestFrequency.NEVER),
             Digest(name="daily"))  # fmt: skip
    app, phase = opened(store, clock)
    phases.apply_settings(app, changed(phase.settings, reporting={"digests": kinds}))
    assert digest.now(app, LENA, "C0000001", (), "r1").name == "daily"
    assert digest.now(app, LENA, "C0000001", ("pay", "board"), "r2").name == "board"


def test_a_key_selects_one_of_several_phases(store: Store, clock: Clock) -> None:
    app, _ = opened(store, clock)
    other = FILE.model_copy(
        update={"key": "TIME", "name": "Time", "triage_channel": "C0000003", "oncall_channel": "C0000004"}
    )
    phases.apply_settings(app, other)
    assert page(app, MARIA, "D0000001", ("TIME", "module"))["text"].startswith("Metrics of Time")
    assert digest.preview(app, MARIA, "D0000001", ("time",))["text"].startswith("TIME · Nothing new since")


def test_kpi_rates_use_only_the_days_a_phase_has(store: Store, clock: Clock) -> None:
    app, phase = opened(store, clock)
    reported(app, severity=Severity.CRITICAL)
    clock.forward(days=2)
    with store.begin() as tx:
        tx.readings.replace(phase.id, "uptime", [(date(2026, 3, 3), 90.0), (date(2026, 3, 4), 100.0)], "U", clock())
        judged = {one.kpi.value: one for one in figures.kpi_values(tx, phase, clock())}
    assert 0.4 < (judged["criticals"].value or 0) <= 0.5
    assert judged["uptime"].value == 95
    assert judged["uptime"].is_met is False


def felt(app: AppContext, phase: Phase, readers: Readers) -> None:
    """A wave that was closed an hour ago, with ten of twelve satisfied."""
    pulse = with_template_defaults(Pulse(name=f"for-{readers.value}", readers=readers))
    answers = [("", {pulse.questions[0].id: 5 if n < 10 else 1}) for n in range(12)]
    with app.store.begin() as tx:
        wave = tx.waves.insert(
            phase.id, pulse, "once", app.now() - timedelta(days=4), app.now() - timedelta(hours=1), "s"
        )
        assert wave
        result = calculate_result(pulse, answers, {"": 14})
        assert tx.waves.update_state(wave.id, WaveState.GATHERING, state=WaveState.CLOSED, result=result)


def test_restricted_pulse_results_are_not_in_digests(store: Store, clock: Clock) -> None:
    app, phase = opened(store, clock)
    clock.forward(hours=3)
    for readers in (Readers.LEADS, Readers.RESPONDERS):
        felt(app, phase, readers)
    assert "satisfied" not in str(digest.preview(app, MARIA, "C0000001", ()))
    assert "Satisfaction: *unknown*" in str(page(app, MARIA, "C0000001", ()))
    felt(app, phase, Readers.EVERYONE)
    assert "83 % satisfied" in str(digest.preview(app, MARIA, "C0000001", ()))
    assert "Satisfaction: *83.33 %*" in str(page(app, MARIA, "C0000001", ()))
    assert [on for on, _ in phase_report.report(app, "PAY").satisfaction] == [date(2026, 3, 2)]


def test_an_age_range_survives_writing_and_reading(clock: Clock) -> None:
    span = AgeRange("opened", clock() + timedelta(seconds=40, microseconds=7), clock() + timedelta(days=1))
    assert read(f"{span} public tasks").spans == (span,)
    assert read("due:..9999-12-31").spans[0].moment == "due"
