"""Forms: a list of fields draws a modal and reads it back, so that both always match."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.inputs import UNREADABLE, FormField
from bot.views.text import Block, plain, rich

Values = dict[str, Any]
# The keys of a field's value in the state of a view, and of its initial value in the blocks.
INITIALS = {"value": "initial_value", "selected_option": "initial_option", "selected_user": "initial_user",
            "selected_date": "initial_date"}  # fmt: skip


OUTDATED = "This form is out of date. Close it and open it again."
INCOMPLETE = "What you entered here didn't arrive. Submit the form again."
UNKNOWN = "Hypercare no longer has this form, so nothing was saved. Copy what you wrote, and type `/hypercare`."


class InvalidForm(Exception):  # noqa: N818 - it is shown to a person
    """Errors to show below fields: {field id: sentence}."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(str(errors))
        self.errors = errors


class ReadValues(Values):
    """The values of a form by field. Slack sends each field of a form, so one that is missing makes it out of date."""

    def __missing__(self, field: str) -> Any:
        raise InvalidForm({field: OUTDATED})


def modal(
    callback: str, title: str, fields: Sequence[FormField], *, values: Mapping[str, Any] | None = None,
    submit: str = "Save", metadata: Mapping[str, Any] | None = None, before: Sequence[Block] = (),
    after: Sequence[Block] = (), notes: Mapping[str, Sequence[Block]] | None = None,
) -> Block:  # fmt: skip
    """Return a modal with these fields, filled with `values`; `notes` are shown below the field of that id."""
    values, below = values or {}, notes or {}
    asked = (block for f in fields for block in (f.block(values.get(f.id)), *below.get(f.id, ())))
    blocks = [*before, *asked, *after]
    carried = json.dumps(metadata or {}, ensure_ascii=False)
    return {"type": "modal", "callback_id": callback, "title": plain(title, 24), "submit": plain(submit, 24),
            "close": plain("Cancel", 24), "private_metadata": carried, "blocks": blocks}  # fmt: skip


def notice(title: str, text: str) -> Block:
    """Return a modal that only shows a text."""
    return {"type": "modal", "callback_id": "notice", "title": plain(title, 24), "close": plain("Close", 24),
            "blocks": [rich(text)]}  # fmt: skip


def read(view: Mapping[str, Any], fields: Sequence[FormField]) -> Values:
    """Return the values of the fields that the view shows; InvalidForm with all errors at once."""
    values, errors = ReadValues(), dict[str, str]()
    for field in fields:
        state = _state(view, field.id)
        if state is None:
            continue
        try:
            values[field.id] = field.read(state)
        except (ValueError, *UNREADABLE) as error:
            errors[field.id] = (
                str(error) if isinstance(error, ValueError) else "I can't read this value. Enter it again."
            )
    if errors:
        raise InvalidForm(errors)
    return values


def read_all(view: Mapping[str, Any], fields: Sequence[FormField], also: Sequence[FormField] = ()) -> Values:
    """Like `read`, and InvalidForm when a required one of `fields` is missing: the form is older than the program.

    `also` are read where the view shows them.
    """
    values = read(view, (*fields, *also))
    if missing := [one.id for one in fields if one.required and one.id not in values]:
        raise InvalidForm(dict.fromkeys(missing, OUTDATED))
    return values


def draft(view: Mapping[str, Any], fields: Sequence[FormField]) -> Values:
    """Return what was typed so far, valid or not."""
    values = {}
    for field in fields:
        values[field.id] = field.held(_state(view, field.id) or {})
    return values


def initial(view: Mapping[str, Any], fields: Sequence[FormField]) -> Values:
    """Return the values that the form was opened with, as `read` returns them."""
    elements = {b.get("block_id"): b.get("element") or {} for b in blocks_of(view)}
    values = {}
    for field in fields:
        element = elements.get(field.id)
        if element is not None:
            values[field.id] = field.held({state: element.get(name) for state, name in INITIALS.items()})
    return values


def metadata(view: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the metadata of a form. It comes from the client, so check it again."""
    try:
        found = json.loads(str(view.get("private_metadata") or "{}"))
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def number(view: Mapping[str, Any], name: str) -> int:
    """Return a number of the metadata, such as the id of what the form is about; 0 if it holds none."""
    found = metadata(view).get(name)
    return found if type(found) is int else 0


def word(view: Mapping[str, Any], name: str) -> str:
    """Return a text of the metadata, such as the key of a phase; empty if it holds none."""
    return str(metadata(view).get(name) or "")


def require_complete(view: Mapping[str, Any]) -> None:
    """Raise InvalidForm when a field that has to be filled in did not arrive with the form."""
    required = (block for block in blocks_of(view) if block.get("type") == "input" and not block.get("optional"))
    missing = [id_ for block in required if _state(view, id_ := str(block.get("block_id"))) is None]
    if missing:
        raise InvalidForm(dict.fromkeys(missing, INCOMPLETE))


def _state(view: Mapping[str, Any], field_id: str) -> Mapping[str, Any] | None:
    found: Any = view
    for name in ("state", "values", field_id, field_id):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def blocks_of(view: Mapping[str, Any]) -> list[Block]:
    """Return the blocks of a form, whatever came back in their place."""
    blocks = view.get("blocks")
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
