"""People: on whose behalf, who sets up, what is forgotten, and the log of what was done."""

import json
from datetime import UTC, datetime

import pytest

from bot.services.intake import csv_import
from bot.services.operations import erasure
from bot.services.phases import phases
from bot.views.phases.setup import FIELDS
from domain.errors import Refused
from domain.oncall.settings import EscalationPolicy, EscalationStep
from storage.transaction import Transaction
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.oncall import applied, with_rota
from tests.support.people import Modal


@pytest.mark.core
def test_a_responder_reports_for_a_caller(slack: BotWorkspace) -> None:
    modal = slack.person("jo").opens("/hypercare report").fills(summary="Badge is refused", severity="low")
    modal = modal.presses("more_details")
    assert modal.fills(behalf=slack.user_id("maria")).submits() == {"closed": True}
    slack.person("maria").dm.expects("Your report is *PAY-1*")
    card = slack.triage.expects("Badge is refused")
    assert "Reported by Maria Keller" in card.words
    assert "PAY-1" in slack.person("maria").types("/hypercare mine")["text"]


def test_others_are_not_even_asked(slack: BotWorkspace) -> None:
    modal = slack.person("maria").opens("/hypercare report").fills(summary="x y", severity="low")
    assert "behalf" not in modal.presses("more_details").fields


def setup(slack: BotWorkspace, name: str, text: str = "new") -> Modal:
    return slack.person(name).opens(f"/hypercare setup {text}".strip())


def test_a_lead_changes_the_phase_in_one_form_and_what_the_form_does_not_ask_stays(slack: BotWorkspace) -> None:
    before = phases.get_phase(slack.application.context, "PAY")
    modal = setup(slack, "lena", "PAY")
    assert modal.fields == [f.id for f in FIELDS]
    said = str(modal.fills(name="Payday, second wave", modules="Payslips\nIntegration / Bank").submits())
    for words in ("*Payday, second wave* (PAY) is saved", slack.channel_id("hypercare-desk"), slack.user_id("lena"),
                  "People can report from now on"):  # fmt: skip
        assert words in said
    after = phases.get_phase(slack.application.context, "PAY")
    assert (after.name, after.intake.modules) == ("Payday, second wave", ("Payslips", "Integration / Bank"))
    assert (after.timezone, after.responders, after.channels) == (before.timezone, before.responders, before.channels)


def test_every_mistake_is_said_at_its_field(slack: BotWorkspace) -> None:
    answer = setup(slack, "lena", "PAY").fills(modules="Payslips\nPayslips", timezone="Mars").submits()
    assert set(answer["errors"]) == {"modules", "timezone"}
    assert "time zone" in answer["errors"]["timezone"]


def test_without_named_admins_those_of_the_workspace_set_up_and_leads_change_their_phase(slack: BotWorkspace) -> None:
    assert (
        "Only admins and leads can see and change the settings of Payday go-live."
        in slack.person("tom").types("/hypercare setup")["text"]
    )
    asked = [slack.person(name).types("/hypercare setup new")["text"] for name in ("tom", "lena")]
    assert asked == ["Only admins can create a phase. Ask an admin or an owner of this workspace."] * 2
    assert slack.person("admin").opens("/hypercare setup new").title == "Set up a phase"


def used(slack: BotWorkspace) -> str:
    """Maria reports, talks, says me too, looks at her Home and keeps a list; Jo mentions her."""
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Payslip is blank", "high", happened="I, Maria, saw nothing")
    slack.person("tom").reports("Bank is late")
    maria.types("/hypercare metoo PAY-2")
    maria.home()
    maria.types("/hypercare list mine")
    card = slack.triage.expects("Payslip is blank")
    jo.replies(card, f">> <@{slack.user_id('maria')}> which month?")
    root = maria.dm.expects("Your report is *PAY-1*")
    root.expects_reply("which month")
    maria.replies(root, "March")
    card.expects_reply("March")
    slack.quiet()
    return slack.user_id("maria")


@pytest.mark.core
def test_who_is_forgotten_stands_nowhere_and_every_figure_stays(slack: BotWorkspace) -> None:
    person = used(slack)
    with slack.application.store.read() as tx:
        before = figures(tx)
        assert len(tx.people.find_remaining(person)) >= 5
    changed = erasure.erase(slack.application.context, person)
    assert changed["tickets"] >= 1
    with slack.application.store.read() as tx:
        assert tx.people.find_remaining(person) == []
        assert figures(tx) == before
    assert slack.person("jo").types("/hypercare find blank")["text"] == "blank: PAY-1"
    slack.person("jo").types("/hypercare take PAY-1")  # there is no reporter to notify
    slack.quiet()


def figures(tx: Transaction) -> tuple[object, ...]:
    return (
        tx.tickets.count_by_status(),
        [len(tx.affected.list_people(n)) for n in (1, 2)],
        [len(tx.tickets.list_events(n)) for n in (1, 2)],
    )


def test_a_person_named_by_a_phase_cannot_be_erased(slack: BotWorkspace) -> None:
    with pytest.raises(Refused, match="Remove them there, then try again"):
        erasure.erase(slack.application.context, slack.user_id("lena"))


@pytest.mark.core
def test_the_audit_log_lists_changes_to_tickets_and_to_phases(slack: BotWorkspace) -> None:
    used(slack)
    setup(slack, "lena", "PAY").fills(name="Another").submits()
    with slack.application.store.read() as tx:
        entries = [*tx.audit.list_since(datetime(2000, 1, 1, tzinfo=UTC))]
    assert ("phase set up", "PAY", slack.user_id("lena")) in [(e["action"], e["subject"], e["actor"]) for e in entries]
    assert {"opened", "affected", "replied", "answered"} <= {e["action"] for e in entries}
    assert json.dumps(entries)


@pytest.mark.core
def test_a_file_is_checked_as_a_whole_and_no_line_is_made_twice(slack: BotWorkspace, tmp_path) -> None:
    file = tmp_path / "old.csv"
    maria = slack.user_id("maria")
    file.write_text("summary,severity,reporter,module,people\n"
                    f"Late,urgent,{maria},,\nBlank,low,maria,,\nFine,low,{maria},Nowhere,many\n")  # fmt: skip
    with pytest.raises(csv_import.InvalidFile) as bad:
        csv_import.read_rows(slack.application.context, file, "PAY")
    assert [line.split(":")[0] for line in str(bad.value).splitlines()] == ["line 2", "line 3", "line 4", "line 4"]
    file.write_text(f"Summary,Severity,Reporter,Module,People\nLate,high,{maria},Payslips,12\nBlank,low,{maria},,\n")
    for made in (True, False):
        phase, rows = csv_import.read_rows(slack.application.context, file, "")
        assert [csv_import.import_row(slack.application.context, phase, row) for row in rows] == [made, made]
    slack.application.context.wake_dispatcher(False)
    slack.triage.expects("Late")
    slack.quiet()
    assert slack.person("maria").dm.messages() == []
    assert slack.person("jo").types("/hypercare list source:import")["text"] == "source:import: PAY-1, PAY-2"


def test_who_was_called_and_swapped_shifts_is_forgotten_too(slack: BotWorkspace) -> None:
    """In pages, overrides, calendars, timers and old escalations."""
    ann = slack.person("ann")
    steps = (EscalationStep(targets=(ann.id,)),)
    applied(slack, oncall={"policies": (EscalationPolicy(name="all", steps=steps),)})
    with_rota(slack)
    applied(slack, oncall={"policies": (EscalationPolicy(name="all", steps=steps),)})
    for number in range(5):
        slack.person("maria").reports(f"Down {number}", "critical")
    eventually(lambda: [m for m in ann.dm.messages() if "more* tickets" in m.words], "one message about many")
    now = slack.application.context.now()
    values = {"person": ann.id, "starts": int(now.timestamp()), "ends": int(now.timestamp()) + 7200}
    assert slack.person("lena").opens("/hypercare oncall override").fills(**values).submits() == {"closed": True}
    ann.presses(next(m for m in ann.dm.messages() if "more* tickets" in m.words), "Acknowledge all")

    def all_taken() -> bool:
        with slack.application.store.read() as tx:
            return not tx.escalations.list_waiting_for(ann.id)

    eventually(all_taken, "all of them taken")
    slack.quiet()
    applied(slack, oncall={"policies": ()})
    slack.quiet()
    erasure.erase(slack.application.context, ann.id)
    with slack.application.store.read() as tx:
        assert tx.people.find_remaining(ann.id) == []
