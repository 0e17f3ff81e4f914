"""The ladder: what a workspace refuses is said more plainly, and at last as text."""

import re

import pytest

from bot.services.delivery.ladder import workspace_of
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.people import Message

CHARTS = ["data_visualization", "data_table", "table"]


def digest(slack: BotWorkspace) -> Message:
    """Two reports, one about a module, so that the digest of the next day has two charts and a table."""
    to_monday(slack, "10:00")
    maria = slack.person("maria")
    maria.reports("Slow page", severity="high", module="Payslips", happened="It takes a minute")
    maria.reports("No bonus")
    slack.quiet()
    passes(slack, days=1)
    return slack.channel("hypercare-digest").expects("Open: 2")


@pytest.mark.parametrize(
    ("refused", "types"),
    [
        ([], {"section", "data_visualization", "data_table", "actions"}),
        (["data_table"], {"section", "data_visualization", "actions"}),
        (CHARTS, {"section", "actions"}),
        ([*CHARTS, "section"], set()),
    ],
    ids=["rich", "no tables", "plain", "text"],
)
def test_a_digest_is_posted_on_each_step(slack: BotWorkspace, refused: list[str], types: set[str]) -> None:
    if refused:
        slack.control.post("faults", method="*", times=-1, refuse=refused)
    found = digest(slack)
    assert {block["type"] for block in found.raw.get("blocks") or ()} - {"context"} == types
    assert "Payslips" in found.words


def test_a_refusal_is_remembered_for_a_day(slack: BotWorkspace) -> None:
    slack.control.post("faults", method="*", times=-1, refuse=CHARTS)
    digest(slack)
    assert "data_table" in refused_blocks(slack)
    slack.stop_bot()
    slack.start_bot()
    tries = refusals(slack)
    slack.person("lena").types("/hypercare digest now")
    slack.quiet()
    assert refusals(slack) == tries, "the second digest starts with plain blocks"
    slack.control.delete("faults")
    passes(slack, days=1, minutes=5)
    assert refused_blocks(slack) == set()
    newest = slack.channel("hypercare-digest").messages()[-1]
    assert "data_table" in {block["type"] for block in newest.raw["blocks"]}


def test_a_home_and_a_form_step_down_too(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow page")
    slack.triage.expects("Slow page")
    slack.quiet()
    slack.control.post("faults", method="*", times=-1, refuse=["rich_text", "header", "divider"])
    jo = slack.person("jo")
    jo.types("/hypercare show PAY-1")
    jo.types("/hypercare ack PAY-1")
    eventually(lambda: "PAY-1" in jo.home(), "the Home as text")
    slack.quiet()
    assert refusals(slack, "views.publish") <= 2


def test_a_form_that_is_refused_as_it_is_says_so_with_a_reference(slack: BotWorkspace) -> None:
    slack.control.post("faults", method="views.open", times=-1, refuse=["input"])
    assert "Tell a lead this reference" in slack.person("maria").types("/hypercare report")["text"]


def test_what_cannot_be_posted_reaches_the_leads_in_its_own_words(slack: BotWorkspace) -> None:
    assert not slack.application.context.admins
    slack.control.post("archive", channel="hypercare-digest")
    to_monday(slack, "10:00")
    found = slack.person("lena").dm.expects("couldn't be posted").raw["text"]
    channel = slack.channel_id("hypercare-digest")
    assert re.match(rf"The digest of Monday \d+ \w+ couldn't be posted. The channel <#{channel}> is archived.", found)


def refusals(slack: BotWorkspace, method: str = "chat.postMessage") -> int:
    return sum(call["response"].get("error") in ("invalid_blocks", "invalid_arguments") for call in slack.calls(method))


def refused_blocks(slack: BotWorkspace) -> set[str]:
    context = slack.application.context
    with context.store.read() as tx:
        return {one.block_type for one in tx.refused_blocks.list_active(context.now(), workspace_of(context))}


def test_an_answer_to_a_button_steps_down_too(slack: BotWorkspace) -> None:
    found = digest(slack)
    slack.control.post("faults", method="response_url", times=-1, refuse=CHARTS)
    lena = slack.person("lena")
    lena.presses(found, "Metrics")
    eventually(
        lambda: any("By module" in words or "By " in words for words in lena.whispers("hypercare-digest")),
        "the metrics",
    )
    assert "data_table" in refused_blocks(slack)


def test_answers_to_a_command_and_to_a_mention_step_down_on_the_first_refusal(slack: BotWorkspace) -> None:
    digest(slack)
    slack.control.post("faults", method="*", times=-1, refuse=CHARTS)
    lena = slack.person("lena")
    answer = lena.types("/hypercare metrics")
    assert "Wilson" in str(answer)
    assert "data_table" not in str(answer)
    assert "data_table" in refused_blocks(slack)
    slack.control.post("faults", method="chat.postEphemeral", times=-1, refuse=["section"])
    lena.says("@hypercare list", "payroll-help")
    eventually(lambda: any("No bonus" in words for words in lena.whispers("payroll-help")), "the list")
