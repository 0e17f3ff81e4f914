"""The blocks themselves and on which surface each may stand."""

from typing import Any

from sandbox.blockkit.elements import ELEMENTS, IMAGE, IN_ACTIONS, IN_CONTEXT, IN_INPUT, IN_SECTION
from sandbox.blockkit.objects import SLACK_FILE, TYPE, URL_SOURCE, marked, plain, words
from sandbox.blockkit.rich import RICH_TEXT
from sandbox.blockkit.rules import (
    Report,
    Rule,
    Table,
    array,
    choice,
    either,
    flag,
    secure_url,
    some,
    text,
    thing,
    typed,
    url,
)
from sandbox.blockkit.tables import DATA_TABLE, DATA_VISUALIZATION, TABLE

ID: Table = {"type": TYPE, "block_id": text(255)}
PROGRESS = choice("pending", "in_progress", "complete", "error")


def _file_needs_no_dispatch(value: dict[str, Any], at: str, report: Report) -> None:
    element = value.get("element")
    if isinstance(element, dict) and element.get("type") == "file_input" and value.get("dispatch_action"):
        report.add(f"{at}/dispatch_action", "is not allowed with file_input", "dispatch_action", False, True)


TASK: Table = ID | {
    "task_id": text(),
    "title": text(),
    "details": RICH_TEXT,
    "output": RICH_TEXT,
    "sources": array(URL_SOURCE),
    "status": PROGRESS,
}
TASK_CARD = thing(TASK, ("task_id", "title", "status"))
CARD = thing(
    ID
    | {"hero_image": IMAGE, "icon": IMAGE}
    | {"title": marked(150), "subtitle": marked(150), "body": marked(200)}
    | {"actions": array(typed(ELEMENTS, ("button",)), 2, least=1)},
    (),
    some("hero_image", "title", "actions", "body"),
)

BLOCKS: dict[str, Rule] = {
    "section": thing(
        ID
        | {"text": words(), "fields": array(words(2000), 10, least=1)}
        | {"accessory": typed(ELEMENTS, IN_SECTION), "expand": flag},
        (),
        some("text", "fields"),
    ),
    "header": thing(ID | {"text": plain(150)}, ("text",)),
    "divider": thing(ID),
    "context": thing(ID | {"elements": array(typed(ELEMENTS, IN_CONTEXT), 10, least=1)}, ("elements",)),
    "actions": thing(ID | {"elements": array(typed(ELEMENTS, IN_ACTIONS), 25, least=1)}, ("elements",)),
    "context_actions": thing(
        ID | {"elements": array(typed(ELEMENTS, ("feedback_buttons", "icon_button")), 5, least=1)}, ("elements",)
    ),
    "input": thing(
        ID
        | {"label": plain(2000), "hint": plain(2000), "element": typed(ELEMENTS, IN_INPUT)}
        | {"dispatch_action": flag, "optional": flag},
        ("label", "element"),
        _file_needs_no_dispatch,
    ),
    "image": thing(
        ID | {"alt_text": text(2000), "image_url": url(), "slack_file": SLACK_FILE, "title": plain(2000)},
        ("alt_text",),
        either("image_url", "slack_file"),
    ),
    "rich_text": RICH_TEXT,
    "markdown": thing(ID | {"text": text(12_000)}, ("text",)),
    "video": thing(
        ID
        | {"alt_text": text(200), "title": plain(199), "description": plain(199)}
        | {"author_name": text(49, least=0), "provider_name": text(49, least=0)}
        | {"provider_icon_url": url(), "thumbnail_url": url()}
        | {"video_url": secure_url(), "title_url": secure_url()},
        ("alt_text", "title", "thumbnail_url", "video_url"),
    ),
    "file": thing(ID | {"external_id": text(), "source": choice("remote")}, ("external_id", "source")),
    "table": TABLE,
    "data_table": DATA_TABLE,
    "data_visualization": DATA_VISUALIZATION,
    "alert": thing(
        ID | {"text": words(200), "level": choice("default", "info", "warning", "error", "success")}, ("text",)
    ),
    "card": CARD,
    "carousel": thing(ID | {"elements": array(typed({"card": CARD}), 10, least=1)}, ("elements",)),
    "task_card": TASK_CARD,
    "plan": thing(ID | {"title": text(), "tasks": array(TASK_CARD)}, ("title",)),
}

IN_CONTAINER = (
    *("actions", "context", "divider", "file", "header", "image", "input"),
    *("rich_text", "section", "table", "video"),
)
BLOCKS["container"] = thing(
    ID
    | {"title": plain(150), "rich_text_title": RICH_TEXT, "subtitle": words(150), "icon": IMAGE}
    | {"width": choice("narrow", "standard", "wide", "full"), "is_collapsible": flag, "default_collapsed": flag}
    | {"has_header_divider": flag, "child_blocks": array(typed(BLOCKS, IN_CONTAINER), 10, least=1)},
    ("child_blocks",),
    some("title", "rich_text_title"),
)
BLOCKS["auth_provider"] = thing(
    ID
    | {"value": text(150), "name": plain(75), "is_connected": flag, "description": plain(150), "icon_url": secure_url()}
    | {"auth_url": secure_url(), "disconnect_url": secure_url()}
    | {"connected_identity": plain(75), "connected_context": plain(75)}
    | {"accessory": typed(ELEMENTS, ("overflow",)), "fallback": array(typed(BLOCKS))},
    ("value", "name", "is_connected"),
)

_EVERYWHERE = ("actions", "card", "context", "divider", "header", "image", "input", "rich_text", "section", "video")
SURFACES: dict[str, tuple[str, ...]] = {
    "message": tuple(name for name in BLOCKS if name != "alert"),
    "modal": (*_EVERYWHERE, "alert"),
    "home": (*_EVERYWHERE, "carousel", "data_table", "table"),
    "any": tuple(BLOCKS),
}
