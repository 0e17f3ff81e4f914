"""A phase as a file: it round-trips, through the database too, and every mistake comes with its line."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.context import AppContext
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.settings.errors import InvalidSettings
from bot.settings.phase_toml import load_phase, to_toml
from domain.conversations.settings import ConversationSettings
from domain.followup.settings import FollowupSettings
from domain.intake.settings import CustomField, IntakeSettings
from domain.oncall.settings import Layer, OnCallSettings, Rota
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings, Role
from domain.pulse.settings import Pulse, PulseSettings, Question, Segment
from domain.reporting.settings import Digest, ReportingSettings
from domain.sla.settings import SlaCalendar, SlaSettings
from storage.store import Store
from tests.conftest import Clock

words = st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=20)
names = st.lists(words, max_size=4, unique=True).map(tuple)
channels = st.integers(10**6, 10**9).map(lambda n: f"C{n}")
people = st.lists(st.integers(10**6, 10**9).map(lambda n: f"U{n}"), min_size=1, max_size=3, unique=True).map(tuple)
groups = st.lists(st.integers(10**6, 10**9).map(lambda n: f"S{n}"), max_size=2, unique=True).map(tuple)
teams = st.builds(lambda some, more: (*some, *more), people, groups)
custom = st.lists(
    st.builds(CustomField, id=st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), label=words, options=names,
              required=st.booleans()),
    max_size=3, unique_by=lambda field: field.id,
).map(tuple)  # fmt: skip
severities = st.sampled_from(["critical", "high", "medium", "low"])
times = st.sampled_from(["15m", "1h30m", "40h", "none"])
hours = st.builds(
    SlaCalendar, severities=st.lists(severities, unique=True).map(tuple), modules=names,
    days=st.sampled_from(["mon fri", "sat"]), hours=st.sampled_from(["00:00-24:00", "06:30-22:00"]),
    timezone=st.sampled_from([None, "Asia/Tokyo"]), holidays=st.booleans(),
)  # fmt: skip
intake = st.builds(
    IntakeSettings, modules=names, processes=names, categories=names, custom_fields=custom, anonymous=st.booleans(),
    templates=st.sampled_from([(), ("api",), ("gateway", "ai")]),
    fields=st.dictionaries(st.sampled_from(["impact", "type", "files"]), st.sampled_from(["off", "required"])),
)  # fmt: skip
sla = st.builds(
    SlaSettings, holidays=st.lists(st.dates()).map(tuple), calendars=st.lists(hours, max_size=3).map(tuple),
    targets=st.dictionaries(severities, st.dictionaries(st.sampled_from(["acknowledge", "update"]), times)),
)  # fmt: skip
layers = st.builds(Layer, people=people, turn=st.sampled_from(["daily", "FREQ=WEEKLY;BYDAY=MO,TH"]))
oncall = st.builds(
    OnCallSettings,
    rotas=st.lists(
        st.builds(
            Rota, name=st.from_regex(r"[a-z]{1,9}", fullmatch=True), layers=st.lists(layers, max_size=2).map(tuple)
        ),
        max_size=2,
        unique_by=lambda rota: rota.name,
    ).map(tuple),
)
pulse = st.builds(
    PulseSettings, budget=st.integers(1, 60), pulses=st.sampled_from([(), (
        Pulse(name="weekly", questions=(Question(id="q", kind="nps", text="How?"),),
              segments=(Segment(name="All"),)),)]),
)  # fmt: skip
reporting = st.builds(
    ReportingSettings, providers=names, consumers=names, digests=st.sampled_from([(), (Digest(name="daily"),)]),
    kpi_targets=st.dictionaries(st.sampled_from(["uptime", "mttr"]), st.just("none") | st.floats(1, 100)),
)  # fmt: skip
files = st.builds(
    PhaseSettings, key=st.from_regex(r"[A-Z][A-Z0-9]{1,9}", fullmatch=True), name=words, system=words,
    triage_channel=channels, oncall_channel=channels, leads=teams, responders=teams, users=st.integers(0, 10**6),
    roles=st.dictionaries(st.sampled_from([r.value for r in Role]), names),
    go_live=st.none() | st.dates(max_value=date(2026, 1, 1)),
    planned_end=st.none() | st.dates(min_value=date(2026, 1, 2)),
    timezone=st.sampled_from(["UTC", "Europe/Berlin"]), intake=intake, sla=sla, oncall=oncall, pulse=pulse,
    reporting=reporting, conversations=st.builds(ConversationSettings, two_way=st.booleans()),
    followup=st.builds(FollowupSettings, fix_tests=st.sampled_from(["off", "required"])),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(files)
def test_a_file_that_is_written_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, file: PhaseSettings
) -> None:
    path = tmp_path_factory.mktemp("phase") / "phase.toml"
    path.write_text(to_toml(file), encoding="utf-8")
    assert load_phase(path) == file


@settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(files)
def test_the_database_gives_back_what_was_applied(store: Store, clock: Clock, file: PhaseSettings) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock)
    for known in phases.list_phases(app):
        phases.archive(app, known.key)
    phases.apply_settings(app, file)
    assert phases.get_phase(app, file.key).settings == file


@pytest.mark.core
def test_what_leads_change_in_slack_outlives_a_start_until_the_file_changes(store: Store, clock: Clock) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock)
    file = PhaseSettings(
        key="PAY", name="Payday", triage_channel="C000001", oncall_channel="C000002", leads=("U0LENA0",)
    )
    phases.apply_at_start(app, file)
    phase = phases.get_phase(app, "PAY")
    renamed = phase.model_copy(update={"name": "Payroll"})
    phases.save_change(app, Person("U0LENA0"), renamed, "phase changed", "form:1")
    with capture_logs() as lines:
        phases.apply_at_start(app, file)
    assert phases.get_phase(app, "PAY").name == "Payroll"
    assert [(line["event"], line["settings"]) for line in lines] == [("phase_differs_from_file", ["name"])]
    with capture_logs() as lines:
        phases.apply_at_start(app, file.model_copy(update={"timezone": "Europe/Berlin"}))
    said = phases.get_phase(app, "PAY")
    assert (said.name, said.timezone) == ("Payday", "Europe/Berlin")
    assert [(line["event"], line["settings"]) for line in lines] == [("phase_file_applied", ["name", "timezone"])]


MISTAKES = """\
[phase]
key = "pay"
name = "Payday"
triage_channel = "#payroll-team"
oncall_channel = "C0123456780"
leads = [
  "U0123456789",
  "lena",
]
timezone = "Mars"
colour = "blue"

[phase.roles]
gardeners = ["U0123456789"]

[phase.intake]
modules = ["Payslips", "Payslips"]

[phase.intake.fields]
impact = "maybe"
shoe_size = "off"

[[phase.intake.custom_fields]]
id = "site"
label = "Site"

[[phase.intake.custom_fields]]
id = "Second Site"
label = "Second"

[[phase.oncall.rotas]]
name = "primary"

[[phase.oncall.rotas.layers]]
turn = "weekly"

[[phase.oncall.rotas.layers]]
people = ["lena"]

[[phase.oncall.rotas]]
name = "secondary"

[[phase.oncall.rotas.layers]]
turn = "sometimes"
"""


def test_every_mistake_comes_at_once_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "phase.toml"
    path.write_text(MISTAKES)
    with pytest.raises(InvalidSettings) as bad:
        load_phase(path)
    said = dict(line.split(": ", 1) for line in str(bad.value).splitlines())
    assert said.keys() == {f"line {n}" for n in (2, 4, 6, 10, 11, 14, 17, 20, 21, 28, 38, 44)}
    assert said["line 28"].startswith("intake.custom_fields.1.id: ")
    assert said["line 38"].startswith("oncall.rotas.0.layers.1.people.0: ")
    assert said["line 44"].startswith("oncall.rotas.1.layers.0.turn: a turn is `daily`")
    assert "Payslips" in said["line 17"]
    assert "permitted" in said["line 11"]


def test_empty_roles_are_named() -> None:
    given_ = {
        "key": "PAY",
        "name": "x",
        "triage_channel": "C0123456",
        "oncall_channel": "C0123457",
        "leads": ("U012345",),
    }
    phase = phases.to_phase(PhaseSettings.model_validate({**given_, "roles": {"business": ["U012345"], "qa": []}}))
    assert [role.label for role in phase.empty_roles] == [
        "development", "operations", "support", "quality assurance", "project management"
    ]  # fmt: skip
