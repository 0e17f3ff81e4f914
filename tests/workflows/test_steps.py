"""Steps of Workflow Builder: a workflow opens, changes and finds tickets, and reads how each step ended."""

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.commands.sandbox import MANIFEST, STEPS
from domain.delivery.message import MessageState
from domain.tickets.ticket import Intake
from domain.workflows.settings import StepAccess
from handlers import routes
from sandbox.functions import parameters
from tests.support import contracts
from tests.support.bot import BotWorkspace
from tests.support.control import ControlError, eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import applied

Run = dict[str, Any]


@pytest.fixture
def changing(slack: BotWorkspace) -> BotWorkspace:
    """A workspace in which workflows may change tickets."""
    applied(slack, workflows={"steps": StepAccess.CHANGE})
    to_monday(slack, "10:00")
    return slack


def starts(slack: BotWorkspace, step: str, person: str, **inputs: Any) -> str:
    """A workflow that this person uses reaches a step; return Slack's id of the run."""
    given = {"person": slack.person(person).id, **inputs}
    return str(slack.control.post("function", callback_id=step, inputs=given)["function_execution_id"])


def ended(slack: BotWorkspace, run: str) -> Run:
    """Wait until a step has ended."""
    look = lambda: next((r for r in [slack.control.get("function", id=run)] if r["status"] != "running"), None)  # noqa: E731
    return eventually(look, f"the end of step {run}", instead=lambda: "\n".join(slack.coming()))


def completes(slack: BotWorkspace, step: str, person: str, **inputs: Any) -> Run:
    found = ended(slack, starts(slack, step, person, **inputs))
    assert found["status"] == "completed", found
    outputs: Run = found["outputs"]
    return outputs


def fails(slack: BotWorkspace, step: str, person: str, **inputs: Any) -> str:
    found = ended(slack, starts(slack, step, person, **inputs))
    assert found["status"] == "failed", found
    return str(found["error"])


@pytest.mark.core
def test_a_workflow_reports_acknowledges_resolves_and_asks(changing: BotWorkspace) -> None:
    slack = changing
    opened = completes(slack, "report_problem", "maria", summary="Totals are wrong", severity="High",
                       details="Page 2 says &lt;0&gt;")  # fmt: skip
    assert opened["ticket"] == "PAY-1"
    assert opened["link"]
    received = slack.person("maria").dm.expects("Totals are wrong")
    card = slack.channel("hypercare-desk").expects("Totals are wrong")
    taken = completes(slack, "change_ticket", "lena", ticket="pay 1", action="Acknowledge")
    assert taken["status"] == "acknowledged"
    assert taken["owner"] == slack.person("lena").id
    card.expects_reply("acknowledged this.")
    completes(slack, "change_ticket", "lena", ticket="PAY-1", action="note", text="It is the *cache*")
    card.expects_reply("A note by a workflow that")
    found = completes(slack, "find_ticket", "tom", ticket="PAY-1")
    assert found == taken | {"severity": "high"}
    fix = {"ticket": "PAY-1", "action": "resolve", "text": "We cleared the cache."}
    assert "test" in fails(slack, "change_ticket", "lena", **fix)
    done = completes(slack, "change_ticket", "lena", **fix, test="Printed page 2 again")
    assert done["status"] == "resolved"
    received.expects_reply("We cleared the cache.")
    back = completes(slack, "change_ticket", "maria", ticket="PAY-1", action="reopen", text="Still wrong")
    assert back["status"] != "resolved"
    with slack.application.store.read() as tx:
        ticket = tx.tickets.find_by_name("PAY", 1)
    assert ticket
    assert (ticket.intake, ticket.report.happened) == (Intake.WORKFLOW, "Page 2 says <0>")


def test_a_step_that_slack_delivers_again_makes_one_ticket(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    slack.fails("functions.completeSuccess", times=1, drop_reply=True)  # it has ended, and the answer is lost
    run = starts(slack, "report_problem", "maria", summary="Totals are wrong")
    assert ended(slack, run)["status"] == "completed"
    again = slack.box.world.functions[run]
    slack.loop.run(_deliver_again(slack, again))
    passes(slack, minutes=1)
    slack.quiet()
    with slack.application.store.read() as tx:
        assert tx.tickets.find_by_name("PAY", 1)
        assert tx.tickets.find_by_name("PAY", 2) is None
        assert tx.message_archive.list_newest([MessageState.DEAD]) == []


async def _deliver_again(slack: BotWorkspace, run: Any) -> None:
    world = slack.box.world
    world.events.function_executed(run, world.app.functions[run.function])
    await world.flush()


WRONG = (
    ("report_problem", "maria", {"summary": " "}, "The step has no summary. Say the problem in one line."),
    ("report_problem", "maria", {"summary": "x", "severity": "urgent"},
     "“urgent” is no severity. Choose one of critical, high, medium or low."),
    ("report_problem", "maria", {"summary": "x", "module": "Moon"}, "has no module “Moon”."),
    ("report_problem", "maria", {"summary": "x", "phase": "CRM"}, "There is no active phase CRM. Active: PAY."),
    ("change_ticket", "lena", {"ticket": "PAY-1", "action": "delete <!channel>"},
     "“delete &lt;!channel&gt;” is no action. Choose one of acknowledge, resolve, reopen or note."),
    ("change_ticket", "lena", {"ticket": "PAY-1", "action": "resolve"},
     "The step has no text. Say how the ticket was resolved."),
    ("change_ticket", "tom", {"ticket": "PAY-1", "action": "acknowledge"}, "You can't work on tickets of this phase."),
    ("change_ticket", "lena", {"ticket": "PAY-9", "action": "acknowledge"},
     "There is no ticket PAY-9 that a workflow can reach. Private and anonymous tickets are left out."),
    ("find_ticket", "lena", {"ticket": "PAY-2"},
     "There is no ticket PAY-2 that a workflow can reach. Private and anonymous tickets are left out."),
    ("find_ticket", "lena", {"ticket": "PAY-3"}, "There is no ticket PAY-3 that a workflow can reach."),
    ("change_ticket", "maria", {"ticket": "PAY-3", "action": "reopen", "text": "x"},
     "There is no ticket PAY-3 that a workflow can reach."),
)  # fmt: skip


def test_a_step_that_is_refused_ends_its_workflow_with_a_sentence(changing: BotWorkspace) -> None:
    slack = changing
    maria = slack.person("maria")
    maria.reports("Totals are wrong", "medium")
    maria.reports("I can see all salaries", "high", type="security")
    maria.reports("A colleague deletes entries", "low", anonymous="yes")
    slack.channel("hypercare-desk").expects("A colleague deletes entries")
    for step, person, inputs, sentence in WRONG:
        assert sentence in fails(slack, step, person, **inputs), (step, inputs)
    with slack.application.store.read() as tx:
        assert tx.tickets.find_by_name("PAY", 4) is None


def test_a_phase_says_how_far_workflows_may_go(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    completes(slack, "report_problem", "maria", summary="Totals are wrong")
    read_only = fails(slack, "change_ticket", "lena", ticket="PAY-1", action="acknowledge")
    assert "Workflows can't change tickets of" in read_only
    applied(slack, workflows={"steps": StepAccess.OFF})
    for step, inputs in (("report_problem", {"summary": "Names are wrong"}), ("find_ticket", {"ticket": "PAY-1"})):
        assert "takes nothing from workflows." in fails(slack, step, "maria", **inputs)


def test_a_step_ends_when_slack_takes_calls_again_also_after_a_restart(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    slack.fails("functions.completeSuccess", times=1000, status=503)
    run = starts(slack, "report_problem", "maria", summary="Totals are wrong")
    slack.channel("hypercare-desk").expects("Totals are wrong")
    slack.stop_bot()
    slack.control.delete("faults")
    slack.start_bot()
    passes(slack, minutes=1)
    assert ended(slack, run)["outputs"]["ticket"] == "PAY-1"


def test_leads_are_told_when_slack_refuses_the_end_of_a_step(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    slack.fails("functions.completeSuccess", times=1, error="parameter_validation_failed")
    starts(slack, "report_problem", "maria", summary="Totals are wrong")
    slack.person("lena").dm.expects("The outcome of a workflow's step of")


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    return Draft202012Validator(contracts.load("slackapi-manifest-schema/schemas/manifest.schema.2.0.0.json"))


def test_the_manifest_with_the_steps_is_valid_and_has_each_of_them(schema: Draft202012Validator) -> None:
    base, more = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in (MANIFEST, STEPS))
    whole = {**base, "settings": {**base["settings"], **more["settings"]}, "functions": more["functions"]}
    assert [e.message for e in schema.iter_errors(whole)] == []
    assert more["functions"].keys() == routes.STEPS.keys()
    for name, function in more["functions"].items():
        for side in ("input_parameters", "output_parameters"):
            assert {one["name"] for one in parameters(function, side)} == {*function[side]["properties"]}, name
            assert {*function[side]["required"]} <= {*function[side]["properties"]}, name
    assert {one: more["functions"][one]["input_parameters"]["required"][0] for one in routes.STEPS} == dict.fromkeys(
        routes.STEPS, "person"
    )


def test_workflows_need_what_slack_asks_of_a_step(slack: BotWorkspace) -> None:
    tom = slack.person("tom").id
    for inputs, why in (({}, "missing required parameter: summary"), ({"summary": 7}, "summary is no string"),
                        ({"summary": "x", "colour": "red"}, "unexpected parameter: colour")):  # fmt: skip
        with pytest.raises(ControlError, match=why):
            slack.control.post("function", callback_id="report_problem", inputs={"person": tom, **inputs})
    slack.control.post("plan", plan="free")
    with pytest.raises(ControlError, match="Workflows need a paid plan"):
        starts(slack, "report_problem", "tom", summary="x")
