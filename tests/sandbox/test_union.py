"""The sandbox refuses what any official contract refuses: the schemas and slack_sdk's models are the judges.

Sound payloads of the corpus are changed in one place each. Slack's own rules are the union of what others found out.
"""

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block as SdkBlock

from sandbox.blockkit import check_blocks, check_view
from tests.sandbox.contracts import FIXTURES, GENERATED, needs_contracts

pytestmark = needs_contracts

CONSERVATIVE = {"message": "message_block_any", "modal": "modal_view", "home": "home_view"}
TYPES = {"message": "KnownBlock", "modal": "ModalView", "home": "HomeView"}
NEWER_THAN_TYPES = {"data_visualization", "auth_provider"}  # @slack/types 3.2.0 has no such block
TEXTS = ["", " ", "x", "plain_text", "mrkdwn", "button", "image", "nonsense", "http://x.y",
         *("x" * size for size in (21, 51, 76, 151, 256, 2001, 3001, 12_001))]  # fmt: skip
NUMBERS = [0, 1, -1, 1.5, float("nan"), float("inf"), 10**30]
WORD = {"type": "plain_text", "text": "x"}
VALUES = [None, True, False, [], {}, [{}], ["x"], WORD, WORD | {"type": "mrkdwn"}, *TEXTS, *NUMBERS]
COUNTS = [2, 3, 5, 6, 7, 10, 11, 20, 21, 26, 51, 100, 101]
Path = tuple[str | int, ...]


@cache
def judges(surface: str) -> list[jsonschema.protocols.Validator]:
    conservative = json.loads((GENERATED / "block_kit_conservative.schema.json").read_text())["$defs"]
    types = json.loads((GENERATED / "slack_types_3.2.0_block_kit.schema.json").read_text())["definitions"]
    types["AnyBlock"] = {"$ref": "#/definitions/KnownBlock"}  # the published one lets any type through
    return [
        jsonschema.Draft202012Validator({"$ref": f"#/$defs/{CONSERVATIVE[surface]}", "$defs": conservative}),
        jsonschema.Draft7Validator({"$ref": f"#/definitions/{TYPES[surface]}", "definitions": types}),
    ]


def refused_elsewhere(surface: str, value: Any) -> bool:
    conservative, types = judges(surface)
    is_newer = isinstance(value, dict) and value.get("type") in NEWER_THAN_TYPES
    return not conservative.is_valid(value) or not (is_newer or types.is_valid(value)) or refused_by_sdk(value)


def refused_by_sdk(value: Any) -> bool:
    """Its models only refuse some of what is too long; what they can't read they answer with None or an error."""
    try:
        parsed = SdkBlock.parse(value) if isinstance(value, dict) else None
        if parsed:
            parsed.to_dict()
    except SlackObjectFormationError:
        return True
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    return False


def refused(surface: str, value: Any) -> bool:
    return bool(check_blocks([value]) if surface == "message" else check_view(value))


def placed(element: dict[str, Any]) -> dict[str, Any]:
    """A block in which this element may stand."""
    acting = {"type": "actions", "elements": [element]}
    return acting if not check_blocks([acting]) else {"type": "input", "label": WORD, "element": element}


def corpus() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(surface, name, payload) of every valid fixture."""
    for path in sorted(FIXTURES.glob("valid/*/*.json")):
        value = json.loads(path.read_text())
        if path.parent.name == "views":
            yield value["type"], path.stem, value
        elif path.parent.name == "blocks" and value["type"] != "alert":
            yield "message", path.stem, value
        elif path.parent.name == "elements" and value["type"] != "url":
            yield "message", path.stem, placed(value)
        elif path.parent.name == "rich_text":
            section = {"type": "rich_text_section", "elements": [value]}
            inner = value if value["type"].startswith("rich_text_") else section
            yield "message", path.stem, {"type": "rich_text", "elements": [inner]}


@cache
def sound() -> list[tuple[str, dict[str, Any]]]:
    return [(surface, value) for surface, _, value in corpus() if not refused_elsewhere(surface, value)]


@cache
def known_names() -> list[str]:
    return sorted({str(name) for _, _, value in corpus() for path in paths(value) for name in path})


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from paths(one, (*at, name))


def at(value: Any, path: Path) -> Any:
    for name in path:
        value = value[name]
    return value


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A sound payload in which one thing is missing, other, repeated or too much."""
    surface, value = draw(st.sampled_from(sound()))
    value = copy.deepcopy(value)
    places = list(paths(value))
    *above, name = draw(st.sampled_from(places[1:]))
    parent = at(value, tuple(above))
    match draw(st.integers(0, 4)):
        case 0:
            del parent[name]
        case 1:
            parent[name] = copy.deepcopy(draw(st.sampled_from(VALUES)))
        case 2 if isinstance(parent, list):
            parent[name : name + 1] = [copy.deepcopy(parent[name]) for _ in range(draw(st.sampled_from(COUNTS)))]
        case 3 if isinstance(parent, dict):
            parent[draw(st.sampled_from(known_names()))] = copy.deepcopy(draw(st.sampled_from(VALUES)))
        case _:
            parent[name] = copy.deepcopy(at(value, draw(st.sampled_from(places))))
    return surface, value


def test_valid_fixtures_get_the_same_verdict_everywhere() -> None:
    for surface, name, value in corpus():
        assert refused(surface, value) == refused_elsewhere(surface, value), name


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed())
def test_what_a_contract_refuses_the_sandbox_refuses(case: tuple[str, dict[str, Any]]) -> None:
    surface, value = case
    assert refused(surface, value) or not refused_elsewhere(surface, value)
