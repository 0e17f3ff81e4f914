"""Forms: a list of fields draws the modal and reads it back, so that the two can never disagree."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.views.text import Block, plain, rich
from domain.text import clean, is_blank, one_line, shorten
from domain.ticket import File

Values = dict[str, Any]
# Where Slack keeps what a field holds, and where the view says what it was drawn with.
INITIALS = {"value": "initial_value", "selected_option": "initial_option", "selected_user": "initial_user",
            "selected_date": "initial_date"}  # fmt: skip


class Invalid(Exception):  # noqa: N818 - it is an answer to a person
    """What to say under which field: {field id: sentence}."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(str(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(ABC):
    """One input. Its id serves as block id and action id, so that Slack keeps what was typed when a view changes."""

    id: str
    label: str
    required: bool = False
    hint: str = ""
    error: str = "Please fill this in."

    @abstractmethod
    def element(self, value: Any) -> Block:
        """The input itself, filled with `value`."""

    @abstractmethod
    def read(self, state: Mapping[str, Any]) -> Any:
        """What was filled in; ValueError with a sentence for the person when it will not do."""

    def held(self, state: Mapping[str, Any]) -> Any:
        """The same without complaints."""
        try:
            return self.read(state)
        except ValueError:
            return str(state.get("value") or "")

    def block(self, value: Any) -> Block:
        block: Block = {
            "type": "input", "block_id": self.id, "label": plain(self.label), "optional": not self.required,
            "element": {**self.element(value), "action_id": self.id},
        }  # fmt: skip
        return block | ({"hint": plain(self.hint)} if self.hint else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    """Words; `limit` in characters. A single line is folded to one, whatever was pasted."""

    limit: int = 3000
    multiline: bool = True
    placeholder: str = ""

    def element(self, value: Any) -> Block:
        made: Block = {"type": "plain_text_input", "multiline": self.multiline, "max_length": self.limit}
        made |= {"placeholder": plain(self.placeholder, 150)} if self.placeholder else {}
        return made | ({"initial_value": shorten(value, self.limit)} if value else {})

    def read(self, state: Mapping[str, Any]) -> str:
        value = str(state.get("value") or "")
        text = clean(value) if self.multiline else one_line(value)
        if len(text) > self.limit:
            raise ValueError(f"Please use at most {self.limit} characters; these are {len(text)}.")
        if self.required and is_blank(text):
            raise ValueError(self.error)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of a few; each option is (value, label, meaning). `radio` shows them all with their meaning."""

    options: tuple[tuple[str, str, str], ...]
    radio: bool = False

    def element(self, value: Any) -> Block:
        made: Block = {"type": "radio_buttons" if self.radio else "static_select",
                       "options": [_option(o) for o in self.options]}  # fmt: skip
        chosen = next((o for o in self.options if o[0] == value), None)
        return made | ({"initial_option": _option(chosen)} if chosen else {})

    def read(self, state: Mapping[str, Any]) -> str:
        value = str((state.get("selected_option") or {}).get("value") or "")
        if not value and not self.required:
            return ""
        if value not in [o[0] for o in self.options]:
            raise ValueError("Please choose one of the options.")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Field):
    def element(self, value: Any) -> Block:
        return {"type": "users_select"} | ({"initial_user": value} if value else {})

    def read(self, state: Mapping[str, Any]) -> str:
        value = str(state.get("selected_user") or "")
        if self.required and not value:
            raise ValueError("Please choose a person.")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Field):
    def element(self, value: Any) -> Block:
        return {"type": "datepicker"} | ({"initial_date": value.isoformat()} if value else {})

    def read(self, state: Mapping[str, Any]) -> date | None:
        value = state.get("selected_date")
        return date.fromisoformat(str(value)) if value else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Files(Field):
    def element(self, value: Any) -> Block:  # noqa: ARG002 - Slack cannot prefill files
        return {"type": "file_input", "max_files": 10}

    def read(self, state: Mapping[str, Any]) -> tuple[File, ...]:
        return files(state.get("files") or ())


def files(found: Sequence[Mapping[str, Any]]) -> tuple[File, ...]:
    """Slack's file objects as references."""
    return tuple(
        File(str(f["id"]), one_line(str(f.get("name") or f.get("title") or f["id"])), str(f.get("permalink") or ""))
        for f in found
        if f.get("id")
    )


def modal(
    callback: str, title: str, fields: Sequence[Field], *, values: Mapping[str, Any] | None = None,
    submit: str = "Save", metadata: Mapping[str, Any] | None = None, before: Sequence[Block] = (),
    after: Sequence[Block] = (),
) -> Block:  # fmt: skip
    """A modal with these fields, filled with `values`."""
    values = values or {}
    blocks = [*before, *(f.block(values.get(f.id)) for f in fields), *after]
    carried = json.dumps(metadata or {}, ensure_ascii=False)
    return {"type": "modal", "callback_id": callback, "title": plain(title, 24), "submit": plain(submit, 24),
            "close": plain("Cancel", 24), "private_metadata": carried, "blocks": blocks}  # fmt: skip


def notice(title: str, text: str) -> Block:
    """A modal that only says something."""
    return {"type": "modal", "callback_id": "notice", "title": plain(title, 24), "close": plain("Close", 24),
            "blocks": [rich(text)]}  # fmt: skip


def read(view: Mapping[str, Any], fields: Sequence[Field]) -> Values:
    """What was filled in, for the fields that the view shows; Invalid with every complaint at once."""
    values, errors = {}, {}
    for field in fields:
        state = _state(view, field.id)
        if state is None:
            continue
        try:
            values[field.id] = field.read(state)
        except (ValueError, KeyError, TypeError) as error:
            errors[field.id] = str(error) if isinstance(error, ValueError) else "This could not be read."
    if errors:
        raise Invalid(errors)
    return values


def draft(view: Mapping[str, Any], fields: Sequence[Field]) -> Values:
    """What was typed so far, complete or not; nothing is complained about."""
    values = {}
    for field in fields:
        values[field.id] = field.held(_state(view, field.id) or {})
    return values


def initial(view: Mapping[str, Any], fields: Sequence[Field]) -> Values:
    """What the fields held when the form was drawn, as `read` would give it back."""
    elements = {b.get("block_id"): b.get("element") or {} for b in view.get("blocks", [])}
    values = {}
    for field in fields:
        element = elements.get(field.id)
        if element is not None:
            values[field.id] = field.held({state: element.get(name) for state, name in INITIALS.items()})
    return values


def metadata(view: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the form was opened with. It is only a claim: whoever uses it checks it again."""
    try:
        found = json.loads(str(view.get("private_metadata") or "{}"))
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def _state(view: Mapping[str, Any], field_id: str) -> Mapping[str, Any] | None:
    blocks = (view.get("state") or {}).get("values") or {}
    found = (blocks.get(field_id) or {}).get(field_id)
    return found if isinstance(found, dict) else None


def _option(option: tuple[str, str, str]) -> Block:
    value, label, meaning = option
    made: Block = {"value": value, "text": plain(label, 75)}
    return made | ({"description": plain(meaning, 75)} if meaning else {})
