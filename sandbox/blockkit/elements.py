"""Interactive elements: buttons, selects, pickers and inputs, and where each may stand."""

from typing import Any

from sandbox.blockkit.objects import (
    CONFIRM,
    DISPATCH,
    FILTER,
    GROUP,
    LINK_OPTION,
    PLAIN_OPTION,
    RICH_OPTION,
    SLACK_FILE,
    STYLE,
    TYPE,
    WORKFLOW,
    initial_is_offered,
    mrkdwn,
    plain,
)
from sandbox.blockkit.rich import RICH_TEXT
from sandbox.blockkit.rules import Report, Rule, Table, array, choice, either, flag, ids, number, text, thing, url

ID: Table = {"type": TYPE, "action_id": text(255)}
ASKING: Table = ID | {"confirm": CONFIRM}
FOCUS: Table = {"focus_on_load": flag}
HELD: Table = {"placeholder": plain(150)}
TYPING: Table = ID | FOCUS | HELD | {"dispatch_action_config": DISPATCH}
SELECT: Table = ASKING | FOCUS | HELD
MULTI: Table = SELECT | {"max_selected_items": number(1)}
DATE = text(pattern=r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
NUMBER = text(pattern=r"-?[0-9]+(\.[0-9]+)?")
LABEL: Table = {"accessibility_label": text(75)}
VISIBLE: Table = {"visible_to_user_ids": array(ids("UW"), 10)}
FEEDBACK = thing({"text": plain(75), "value": text(2000), **LABEL}, ("text", "value"))


def _range(value: dict[str, Any], at: str, report: Report) -> None:
    low, high = value.get("min_value"), value.get("max_value")
    try:
        inverted = low is not None and high is not None and float(low) > float(high)
    except (TypeError, ValueError):
        return
    if inverted:
        report.add(at, "min_value must not be above max_value", "range", low, high)


def _lengths(value: dict[str, Any], at: str, report: Report) -> None:
    least, most = value.get("min_length"), value.get("max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        report.add(at, "min_length must not be above max_length", "range", least, most)


STATIC: Table = {"options": array(PLAIN_OPTION, 100, least=1), "option_groups": array(GROUP, 100, least=1)}
ONE_SOURCE = either("options", "option_groups")
IMAGE = thing(
    {"type": choice("image"), "alt_text": text(2000), "image_url": url(), "slack_file": SLACK_FILE},
    ("type", "alt_text"),
    either("image_url", "slack_file"),
)

ELEMENTS: dict[str, Rule] = {
    "button": thing(
        ASKING | LABEL | {"text": plain(75), "url": url(), "value": text(2000), "style": STYLE},
        ("text",),
    ),
    "icon_button": thing(
        ASKING | LABEL | VISIBLE | {"icon": choice("trash"), "text": plain(75), "value": text(2000)}, ("icon", "text")
    ),
    "workflow_button": thing(
        ID | LABEL | {"text": plain(75), "workflow": WORKFLOW, "style": STYLE}, ("text", "workflow")
    ),
    "feedback_buttons": thing(
        ID | {"positive_button": FEEDBACK, "negative_button": FEEDBACK}, ("positive_button", "negative_button")
    ),
    "overflow": thing(ASKING | {"options": array(LINK_OPTION, 5, least=1)}, ("options",)),
    "checkboxes": thing(
        ASKING
        | FOCUS
        | {"options": array(RICH_OPTION, 10, least=1), "initial_options": array(RICH_OPTION, 10, least=1)},
        ("options",),
        initial_is_offered,
    ),
    "radio_buttons": thing(
        ASKING | FOCUS | {"options": array(RICH_OPTION, 10, least=1), "initial_option": RICH_OPTION},
        ("options",),
        initial_is_offered,
    ),
    "static_select": thing(SELECT | STATIC | {"initial_option": PLAIN_OPTION}, (), ONE_SOURCE, initial_is_offered),
    "multi_static_select": thing(
        MULTI | STATIC | {"initial_options": array(PLAIN_OPTION, 100, least=1)}, (), ONE_SOURCE, initial_is_offered
    ),
    "external_select": thing(SELECT | {"initial_option": PLAIN_OPTION, "min_query_length": number(0)}),
    "multi_external_select": thing(
        MULTI | {"initial_options": array(PLAIN_OPTION, least=1), "min_query_length": number(0)}
    ),
    "users_select": thing(SELECT | {"initial_user": ids("UW")}),
    "multi_users_select": thing(MULTI | {"initial_users": array(ids("UW"), least=1)}),
    "channels_select": thing(SELECT | {"initial_channel": ids("CG"), "response_url_enabled": flag}),
    "multi_channels_select": thing(MULTI | {"initial_channels": array(ids("CG"), least=1)}),
    "conversations_select": thing(
        SELECT
        | {"initial_conversation": text(), "default_to_current_conversation": flag}
        | {"response_url_enabled": flag, "filter": FILTER}
    ),
    "multi_conversations_select": thing(
        MULTI
        | {"initial_conversations": array(text(), least=1), "default_to_current_conversation": flag, "filter": FILTER}
    ),
    "datepicker": thing(ASKING | FOCUS | HELD | {"initial_date": DATE}),
    "timepicker": thing(
        ASKING | FOCUS | HELD | {"initial_time": text(pattern=r"([01][0-9]|2[0-3]):[0-5][0-9]"), "timezone": text()}
    ),
    "datetimepicker": thing(ASKING | FOCUS | {"initial_date_time": number(0, 9_999_999_999)}),
    "plain_text_input": thing(
        TYPING
        | {"initial_value": text(3000, least=0), "multiline": flag}
        | {"min_length": number(0, 3000), "max_length": number(1, 3000)},
        (),
        _lengths,
    ),
    "email_text_input": thing(TYPING | {"initial_value": text(least=0)}),
    "url_text_input": thing(TYPING | {"initial_value": text(least=0)}),
    "number_input": thing(
        TYPING | {"is_decimal_allowed": flag, "initial_value": NUMBER, "min_value": NUMBER, "max_value": NUMBER},
        ("is_decimal_allowed",),
        _range,
    ),
    "rich_text_input": thing(
        TYPING | {"initial_value": RICH_TEXT, "min_lines": number(1), "max_lines": number(1)}, ("action_id",)
    ),
    "file_input": thing(ID | {"filetypes": array(text(), least=1), "max_files": number(1, 10)}),
    "image": IMAGE,
    "plain_text": plain(),
    "mrkdwn": mrkdwn(),
}

_SELECTS = tuple(name for name in ELEMENTS if name.endswith("_select"))
_PICKS = (*_SELECTS, "checkboxes", "radio_buttons", "datepicker", "timepicker")
IN_SECTION = (*_PICKS, "button", "image", "overflow", "workflow_button")
IN_ACTIONS = (*_PICKS, "datetimepicker", "button", "overflow", "workflow_button", "rich_text_input")
IN_INPUT = (
    *_PICKS,
    "datetimepicker",
    *(name for name in ELEMENTS if name.endswith(("text_input", "number_input", "file_input"))),
)
IN_CONTEXT = ("image", "plain_text", "mrkdwn")
