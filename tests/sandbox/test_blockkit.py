"""Our Block Kit rules against the shared corpus: every valid fixture is accepted, every named wrong one refused."""

import copy
import json

import pytest

from sandbox.blockkit import check_any_blocks, check_blocks, check_message, check_view
from sandbox.blockkit.elements import ELEMENTS, IN_INPUT
from sandbox.blockkit.objects import (
    CONFIRM,
    DISPATCH,
    FILTER,
    GROUP,
    PARAMETER,
    PLAIN_OPTION,
    TRIGGER,
    URL_SOURCE,
    WORKFLOW,
    words,
)
from sandbox.blockkit.rich import CONTAINERS, PIECES
from sandbox.blockkit.rules import Report, typed
from sandbox.inputs import KINDS
from tests.sandbox.contracts import FIXTURES, needs_contracts
from tests.sandbox.wrong_blocks import (
    BLOCKS,
    VIEWS,
    acting,
    asking,
    button,
    card,
    cells,
    confirm,
    container,
    data,
    image,
    line,
    option,
    options,
    pie,
    plain,
    section,
    select,
    source,
    table,
    video,
    view,
)

OBJECTS = {
    "confirmation": CONFIRM,
    "conversation_filter": FILTER,
    "dispatch_action": DISPATCH,
    "input_parameter": PARAMETER,
    "option_group": GROUP,
    "option": PLAIN_OPTION,
    "text": words(),
    "trigger": TRIGGER,
    "workflow": WORKFLOW,
}
# Two repeat a block_id within one message and one has a text where a rich text belongs, which Slack refuses.
UNSOUND = {"webhook_message_basic", "webhook_message_delete", "rich_text_input_basic"}
# These another contract refuses: ids of the wrong kind, and fields and styles that Slack's types do not have.
UNSOUND |= {"card_block", "rich_text_channel_basic", "rich_text_list_basic", "rich_text_list_ordered"}
UNSOUND |= {"rich_text_user_basic", "rich_text_user_group_basic"}


def fixtures():
    return sorted(FIXTURES.glob("valid/*/*.json")) if FIXTURES.exists() else []


def told(rule, value):
    report = Report()
    rule(value, "", report)
    return report.problems


def problems(path, value):
    checks = {
        "blocks": lambda: check_any_blocks([value]),
        "elements": lambda: told(typed({**ELEMENTS, "url": URL_SOURCE}), value),
        "objects": lambda: told(next(OBJECTS[name] for name in OBJECTS if path.stem.startswith(name)), value),
        "rich_text": lambda: told(typed({**PIECES, **CONTAINERS}), value),
        "views": lambda: check_view(value),
        "attachments": lambda: check_message({"attachments": [value]}),
        "messages": lambda: check_message(value),
    }
    return checks[path.parent.name]()


@needs_contracts
@pytest.mark.parametrize("path", fixtures(), ids=lambda path: path.stem)
def test_valid_fixtures_are_accepted(path):
    found = problems(path, json.loads(path.read_text()))
    assert bool(found) == (path.stem in UNSOUND), found


@pytest.mark.parametrize("name", BLOCKS)
def test_wrong_blocks_are_refused(name):
    assert check_any_blocks([BLOCKS[name]])


@pytest.mark.parametrize("name", VIEWS)
def test_wrong_views_are_refused(name):
    assert check_view(VIEWS[name])


@needs_contracts
def test_every_wrong_case_of_the_corpus_is_here():
    named = {one["id"] for one in json.loads((FIXTURES / "invalid" / "manifest.json").read_text())["cases"]}
    assert named == {*BLOCKS, *VIEWS}


def test_the_sound_shapes_behind_the_wrong_ones_are_accepted():
    sound = [
        section(text=plain("x")),
        acting(button()),
        confirm(),
        select(options=options(2), initial_option=options(2)[1]),
        image(),
        video(),
        card(),
        container(),
        table(cells(2, 2)),
        pie([{"label": "a", "value": 1}]),
        line(),
        source("https://x.y"),
    ]
    for block in sound:
        assert check_blocks([block]) == []
    assert check_view(view()) == []


@pytest.mark.parametrize(
    "blocks",
    [
        [{"type": "divider", "block_id": "a"}] * 2,
        [{"type": "actions", "elements": [button(), button()]}],
        [table(cells(1, 1)), data(cells(2, 1))],
        [pie([{"label": "a", "value": 1}])] * 3,
        [{"type": "markdown", "text": "x" * 7_000}] * 2,
        [{"type": "divider"}] * 51,
        [select(options=options(2), initial_option=option(value="other"))],
        [{"type": "divider", "colour": "red"}],
        [{"type": "alert", "text": plain("x")}],
        [section(text=None)],
        [data([[{"type": "raw_text", "text": "x"}], [{"type": "raw_number", "value": 1}]])],
        [line(points=[{"label": "a", "value": 1}], categories=("a", "b"))],
        [line(points=[{"label": "a", "value": 1}] * 2)],
        [line(points=[{"label": "a", "value": float("nan")}])],
        [select(options=[option(value=["x"])])],
    ],
)
def test_rules_that_look_across_a_message(blocks):
    assert check_blocks(blocks)


def test_a_modal_with_an_input_needs_a_submit_and_a_home_takes_no_file():
    ask = asking({"type": "plain_text_input", "action_id": "a"})
    assert check_view(view(blocks=[ask]))
    assert check_view(view(blocks=[ask], submit=plain("x"))) == []
    assert check_view({"type": "home", "blocks": [{"type": "markdown", "text": "x"}]})


def test_every_input_has_a_state(shared_box):
    assert set(IN_INPUT) == set(KINDS)


def test_blocks_validate_points_at_what_is_wrong(shared_box):
    blocks = [section(text=plain("x")), section(text={"type": "html", "text": "x"})]
    answer = shared_box.client.api_call("blocks.validate", params={"blocks": json.dumps([blocks[0]])})
    assert answer["ok"]
    answer = shared_box.client.api_call
    with pytest.raises(Exception, match="invalid_blocks") as refused:
        answer("blocks.validate", params={"blocks": json.dumps(blocks)})
    [error] = refused.value.response["errors"]
    assert error["pointer"] == "/1/text/type"
    assert error["constraint"]["expected"] == ["plain_text", "mrkdwn"]
    assert copy.deepcopy(error)["code"] == "failed_constraint"
