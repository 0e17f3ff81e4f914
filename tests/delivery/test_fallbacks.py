"""Fallbacks: what a workspace refuses is said more plainly, and at last as text."""

import re

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.commands import doctor
from bot.context import AppContext
from bot.metrics import PrometheusMetrics
from bot.services.delivery.fallbacks import workspace_of
from bot.services.delivery.outbox import report_dead
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.views.operations.alerts import WHAT
from domain.delivery.lanes import LaneKind, lane_name
from domain.people.profile import Organization
from domain.phases.settings import PhaseSettings
from storage.delivery.tables import lanes, messages
from storage.store import Store
from tests.conftest import Clock
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


def test_a_refusal_is_remembered_for_a_day_and_shown(slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    slack.control.post("faults", method="*", times=-1, refuse=CHARTS)
    with capture_logs() as lines:
        digest(slack)
    refused = next(one for one in lines if one["event"] == "content_refused")
    assert (refused["error"], refused["next_step"]) == ("invalid_blocks", "plain blocks")
    assert re.search(r"/blocks/\d+", refused["pointers"][0]), "Slack's own pointer"
    assert "data_table" in refused_blocks(slack)
    assert b'hypercare_refused_blocks{type="data_table"} 1.0' in metrics(slack)
    assert "Slack refused data_table" in doctors(slack, monkeypatch)
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


def test_what_is_too_long_for_slack_arrives_all_the_same(slack: BotWorkspace) -> None:
    desk, maria = slack.channel_id("hypercare-desk"), slack.person("maria")
    slack.fails("chat.postMessage", channel=desk, error="msg_blocks_too_long")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    thanks = maria.dm.expects("Thank you")
    slack.fails("chat.postMessage", channel=desk, error="msg_too_long")
    maria.replies(thanks, "It is the second page")
    card.expects_reply("It is the second page")
    assert refused_blocks(slack) == set(), "the kinds of blocks were not what was wrong"
    assert not slack.person("lena").dm.messages()


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


def metrics(slack: BotWorkspace) -> bytes:
    return PrometheusMetrics(slack.application.store, slack.application.context.now).text()


def doctors(slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `hypercare doctor` says of blocks, at the time that the workspace has."""
    monkeypatch.setattr(doctor, "utc_now", slack.application.context.now)
    return next(one.text for one in doctor.examine(slack.settings) if one.text.startswith("blocks: "))


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_leads_read_of_every_kind_of_message_what_it_was(store: Store, clock: Clock) -> None:
    """Also of those that are no one's in particular: hand-over, note, results, the on-call line."""
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT0000", home=Organization(("T0HOME",)))
    desk = {"triage_channel": "C0DESK000", "oncall_channel": "C0CALL000"}
    phases.apply_settings(app, PhaseSettings(key="PAY", name="Payday", leads=("U0LENA000",), **desk))
    # A warning is not warned of, a file is told of in its threads, and a rehearsal in its verdict.
    silent = {LaneKind.PERSON, LaneKind.FILE, LaneKind.REHEARSAL}
    for number, kind in enumerate(set(LaneKind) - silent):
        name = lane_name(kind, number)
        with store.begin() as tx:
            tx.outbox.post(tx.outbox.lane(name, f"C0NEWS{number:03}"), {"text": "x"}, at=clock())
        with store.begin() as tx:
            queued = next(one for one in tx.queue.claim(clock(), 50).messages if one.lane.name == name)
            report_dead(app, tx, queued, "is_archived")
        with store.read() as tx:
            told = tx.connection.scalars(
                select(messages.c.payload)
                .join(lanes, lanes.c.id == messages.c.lane_id)
                .where(lanes.c.channel == "U0LENA000")
            )
            said = [str(one) for one in told]
        assert len(said) == number + 1
        assert WHAT[kind].format(about="a ticket") in said[-1]


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
