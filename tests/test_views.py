"""Every view, whatever it is given: what it draws is taken by Slack.

The views are found in the code, so none is forgotten. What a rule of the domain makes impossible may end in an error,
which is not judged; each view has to draw something often enough to be judged all the same.
"""

import inspect
import json
import random
import typing
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.home.tools import BY_TYPED
from bot.views.oncall.swaps import ShiftPeriod
from bot.views.phases.sections import SECTIONS
from bot.views.text import CUT_NOTE, actions, button, fitting, message, section
from bot.views.tickets.work import FORMS
from domain.decisions.decision import MAX_OPTIONS
from domain.intake.file_import import FileKind
from sandbox.blockkit import check_blocks, check_message, check_view
from sandbox.blockkit.blocks import BLOCKS
from tests.support import hostile
from tests.test_completeness import modules

View = Callable[..., Any]
TRIES, MOST_TRIES, LEAST_DRAWN = 12, 120, 1
MAX_TEXT, MAX_BLOCKS_JSON, MAX_VIEW_JSON = 4_000, 13_000, 250_000
ENDING = ("Withdraw", "Revoke", "Rotate", "Retire", "Remove", "Drop", "Skip", "Delete", "Erase", "Forget")
MAX_TARGET, MAX_NAME = 2_900, 75  # characters; the second of each name in the settings
# What these return is not shown in Slack by itself: elements, values of forms, and calls to other systems.
NOT_SHOWN = {
    "bot.views.text": {"mrkdwn", "plain", "button", "section", "context", "actions", "message", "answer", "fitted"},
    "bot.views.outside": {"without_mentions", "with_times"},  # an e-mail or a card in Teams
    "bot.views.teams.messages": {"ticket_news", "digest"},  # tests/teams/test_cards.py
    "bot.views.mail.digests": {"charts_in"},  # tests/mail/test_digest_mails.py
    "bot.views.conversations.following": {"menu"},
    "bot.views.conversations.reply": {"with_text"},
    "bot.views.automation.rules": {"payload"},  # of a webhook
    "bot.views.intake.report": {"from_report", "from_command", "from_message"},
    "bot.views.oncall.webhooks": {"webhook", "pagerduty"},
    "bot.views.api.tickets": {"ticket_data", "whole_ticket", "event_data", "webhook", "envelope", "figures"},
    "bot.views.api.openapi": {"document"},
    "bot.views.operations.alerts": {"overdue"},
    "bot.views.charts": {"chart", "pie", "table"},  # tests/reporting/test_charts.py
    "bot.views.incoming": {"without_words"},
    "bot.views.tickets.posts": {"loud"},
    "bot.views.phases.oncall": {"section_buttons"},  # rows of buttons
    "bot.views.tickets.unfurl": {"entity"},  # a Work Object
    "bot.views.form": {"modal"},  # by the forms that use it
    "bot.views.offers": {"without"},  # of messages that were sent
    "bot.views.simpler": {"without", "as_text", "shorter", "lines_of"},  # tests/delivery/test_fallbacks.py
}
# Values that decide which view it is.
ARGUMENTS: dict[str, dict[str, Sequence[Any]]] = {
    "phases.sections.section_form": {"name": tuple(SECTIONS)},
    "phases.sections.confirm_form": {"name": tuple(SECTIONS)},
    "tickets.work.work_form": {"name": tuple(FORMS)},
    "pulse.setup.setup_form": {"name": ("weekly", "")},
    "home.tools.words_form": {"tool": [tool for tool in BY_TYPED.values() if tool.asks]},
    "tickets.ticket.details": {"plan": ([],), "offers": ([], [("ack", "Acknowledge"), ("resolve", "Resolve")])},
}
# What the rules before a view rule out: a pulse begins with a scale, who has no shift can't swap
# one, and a form opens only for a person who may decide something.
RULED_OUT: dict[str, Callable[[dict[str, Any]], bool]] = {
    # What a new action, decision or problem is about is a key and some ids.
    **dict.fromkeys(
        ("actions.actions.add_form", "decisions.decisions.add_form", "problems.problems.add_form"),
        lambda given: len(json.dumps(given["target"], ensure_ascii=False)) > MAX_TARGET,
    ),
    "decisions.decisions.decide_form": lambda given: not 0 < len(given["found"].options) <= MAX_OPTIONS,
    "problems.problems.cause_form": lambda given: any(not 0 < len(one) <= MAX_NAME for one in given["branches"]),
    # A calendar is only read for phases with a rota, and the id of a file is Slack's.
    "intake.file_import.import_form": lambda given: (
        len(given["file"]) > MAX_NAME
        or (given["kind"] is FileKind.CALENDAR and not all(one.oncall.rotas for one in given["phases"]))
    ),
    # A change that is too long to be carried by a form is saved at once.
    "phases.sections.confirm_form": lambda values: len(json.dumps(values["metadata"], ensure_ascii=False)) > 2_900,
    "exit.readiness.decide_form": lambda given: not given["found"],
    "pulse.pulse.invitation": lambda given: given["wave"].pulse.questions[0].kind.is_text,
    "pulse.pulse.reminder": lambda given: given["wave"].pulse.questions[0].kind.is_text,
    # A phase has one door for each kind.
    "signals.integrations.overview": lambda given: (
        len(given["found"].integrations) > len({one.kind for one in given["found"].integrations})
    ),
    "oncall.swaps.swap_form": lambda given: not any(_has_shift(one, given["person"]) for one in given["shifts"]),
}
OUTSIDE = (ValueError, LookupError, AssertionError, ZeroDivisionError, OverflowError)


def views() -> Iterator[tuple[str, View]]:
    """(name, function) of each function in bot/views that draws a message, a modal, a Home or blocks."""
    for module in modules("bot/views"):
        for name, made in vars(module).items():
            own = inspect.isfunction(made) and made.__module__ == module.__name__ and not name.startswith("_")
            if own and name not in NOT_SHOWN.get(module.__name__, ()) and _draws(made):
                yield f"{module.__name__.removeprefix('bot.views.')}.{name}", made


def _has_shift(period: ShiftPeriod, person: str) -> bool:
    return period.shift.on_call.person == person


def _draws(view: View) -> bool:
    returned = str(typing.get_type_hints(view).get("return"))
    reads = "view" in inspect.signature(view).parameters  # it reads a form
    return "dict[str, typing.Any]" in returned and "tuple" not in returned and not reads


def drawn(name: str, view: View) -> Iterator[Any]:
    """What the view draws from hostile values, the same in each run."""
    hints = typing.get_type_hints(view)
    found = 0
    for seed in range(MOST_TRIES):
        if seed >= TRIES and found >= LEAST_DRAWN:
            return  # a view with many figures is seldom given only finite ones
        chance = random.Random(f"{name} {seed}")
        try:
            values = {one: hostile.make(chance, hints[one], one) for one in inspect.signature(view).parameters}
            values |= {one: chance.choice(some) for one, some in ARGUMENTS.get(name, {}).items()}
            made = None if RULED_OUT.get(name, lambda _: False)(values) else view(**values)
        except OUTSIDE:
            continue
        if made is not None:
            found += 1
            yield made


def problems(made: Any) -> list[str]:
    """What Slack would not take, and what people would not understand or not take back."""
    return [*refused(made), *unclear(made)]


def unclear(made: Any) -> list[str]:
    """Buttons that end something without asking, and those that a screen reader can't tell apart."""
    buttons = [one for one in dicts(made) if one.get("type") == "button"]
    hasty = [one["text"]["text"] for one in buttons
             if one["text"]["text"].split(" ")[0] in ENDING and "confirm" not in one]  # fmt: skip
    names = [one["text"]["text"] for one in buttons if "accessibility_label" not in one]
    alike = sorted({name for name in names if names.count(name) > 1 and len(name) < MAX_NAME})  # a longer one is cut
    return [*(f"the button {label} asks nothing" for label in hasty), *(f"two buttons are called {n}" for n in alike)]


def refused(made: Any) -> list[str]:
    """What Slack would not take, and what the rules beside its schemas forbid."""
    if isinstance(made, list):
        if any("type" not in one for one in made):
            return [bad for one in made for bad in refused(one)]
        return [str(one) for one in check_blocks(made)] if made else []
    if made.get("type") in ("modal", "home"):
        long = ["too long"] if len(json.dumps(made)) > MAX_VIEW_JSON else []
        return long + [str(one) for one in check_view(made)] + repeated(made["blocks"])
    if made.get("type") in BLOCKS:
        return [str(one) for one in check_blocks([made])]
    if made.get("type") == "button":
        return [str(one) for one in check_blocks([{"type": "actions", "elements": [made]}])]
    if made.keys() == {"blocks"}:  # the card below a link
        return [str(one) for one in check_blocks(made["blocks"])]
    blocks, text = made.get("blocks") or [], made.get("text", "")
    found = [str(one) for one in check_message(made)] + repeated(blocks)
    found += [] if text.strip() and len(text) <= MAX_TEXT else [f"a text of {len(text)} characters"]
    size = len(json.dumps(blocks, ensure_ascii=False))
    return found + ([f"{size} characters of blocks"] if size > MAX_BLOCKS_JSON else [])


def repeated(blocks: list[dict[str, Any]]) -> list[str]:
    """Action ids that are not unique in the whole payload."""
    ids = [one["action_id"] for one in dicts(blocks) if "action_id" in one]
    return [f"action_id {one} is repeated" for one in sorted(set(ids)) if ids.count(one) > 1]


def dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from dicts(one)


@cache
def found_views() -> dict[str, View]:
    return dict(views())


def test_the_views_are_found() -> None:
    assert len(found_views()) > 120
    for module, names in NOT_SHOWN.items():
        assert names <= vars(__import__(module, fromlist=["x"])).keys(), module


PIECES = ("a", " ", "\n", "&amp;", "&lt;", "<@U1>", "<https://x.y|here>", "<!date^1^{time}|12:00>")


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.integers(1, 60))
def test_a_cut_text_splits_no_mention_and_no_escaped_character(pieces: list[str], limit: int) -> None:
    text = "".join(pieces)
    cut = fitting(text, limit)
    assert 0 < len(cut) <= limit
    if len(text) > limit:
        whole = [text[: len("".join(pieces[:n]))].rstrip() for n in range(len(pieces) + 1)]
        assert cut.removesuffix("…") in whole


def test_a_message_that_is_too_long_keeps_its_buttons_and_says_so() -> None:
    rows = [section("x" * 2_000) for _ in range(20)]
    made = message("Long", [*rows, actions(button("Go", "show:1"))])["blocks"]
    assert [made[-1]["type"], made[-2]["elements"][0]["text"]] == ["actions", CUT_NOTE]
    assert len(json.dumps(made)) < MAX_BLOCKS_JSON
    many = message("Long", [section("x")] * 60)["blocks"]
    assert len(many) <= 50


@pytest.mark.parametrize("area", sorted({name.partition(".")[0] for name in found_views()}))
def test_what_a_view_draws_is_taken_by_slack(area: str) -> None:
    wrong = []
    for name, view in found_views().items():
        if name.partition(".")[0] != area:
            continue
        results = list(drawn(name, view))
        wrong += [f"{name} draws nothing to judge"] if len(results) < LEAST_DRAWN else []
        wrong += [f"{name}: {bad[0][:300]}" for bad in map(problems, results) if bad][:1]
    assert not wrong, "\n".join(map(str, wrong))
