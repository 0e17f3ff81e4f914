"""Composition objects: texts, options, confirmations and the like."""

from typing import Any

from sandbox.blockkit.rules import Report, Rule, Table, array, choice, either, flag, some, text, thing, typed, url

MAX_TEXT = 3000

TYPE: Rule = text()


def plain(most: int = MAX_TEXT) -> Rule:
    return typed({"plain_text": thing({"type": TYPE, "text": text(most), "emoji": flag}, ("text",))})


def mrkdwn(most: int = MAX_TEXT) -> Rule:
    return thing({"type": TYPE, "text": text(most), "verbatim": flag}, ("text",))


def marked(most: int = MAX_TEXT) -> Rule:
    """A text object with markup."""
    return typed({"mrkdwn": mrkdwn(most)})


def words(most: int = MAX_TEXT) -> Rule:
    """Either kind of text object."""
    fields: Table = {"type": TYPE, "text": text(most), "emoji": flag}
    return typed({"plain_text": thing(fields, ("text",)), "mrkdwn": mrkdwn(most)})


STYLE = choice("primary", "danger")
CONFIRM = thing(
    {"title": plain(100), "text": words(300), "confirm": plain(30), "deny": plain(30), "style": STYLE},
    ("title", "text", "confirm", "deny"),
)


def option(content: Rule, **more: Rule) -> Rule:
    about: Table = {"text": content, "value": text(150), "description": plain(75)}
    return thing(about | more, ("text", "value"))


PLAIN_OPTION = option(plain(75))
RICH_OPTION = option(words(75))
LINK_OPTION = option(plain(75), url=url())
GROUP = thing({"label": plain(75), "options": array(PLAIN_OPTION, 100, least=1)}, ("label", "options"))
SLACK_FILE = thing({"id": text(), "url": url()}, (), either("id", "url"))
FILTER = thing(
    {
        "include": array(choice("im", "mpim", "private", "public"), least=1, unique=True),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    },
    (),
    some("include", "exclude_external_shared_channels", "exclude_bot_users"),
)
DISPATCH = thing(
    {"trigger_actions_on": array(choice("on_enter_pressed", "on_character_entered"), 2, least=1, unique=True)},
    ("trigger_actions_on",),
)
PARAMETER = thing({"name": text(), "value": text(least=0)}, ("name", "value"))
TRIGGER = thing({"url": url(), "customizable_input_parameters": array(PARAMETER)}, ("url",))
WORKFLOW = thing({"trigger": TRIGGER}, ("trigger",))
URL_SOURCE = thing({"type": choice("url"), "url": url(), "text": text()}, ("type", "url", "text"))


def initial_is_offered(value: dict[str, Any], at: str, report: Report) -> None:
    """An initial choice has to be one of the options."""
    groups = [one for one in _listed(value, "option_groups") if isinstance(one, dict)]
    offered = _listed(value, "options") + [one for group in groups for one in _listed(group, "options")]
    known = [one.get("value") for one in offered if isinstance(one, dict)]
    for one in _listed(value, "initial_options") or [value.get("initial_option")]:
        if isinstance(one, dict) and one.get("value") not in known:
            report.add(at, "initial option must be one of the options", "initial_option", None, one.get("value"))


def _listed(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []
