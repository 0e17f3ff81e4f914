"""The inputs of forms: each draws itself and reads its value."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from bot.views.text import Block, plain
from domain.text import clean, is_blank, one_line, shorten
from domain.tickets.ticket import File

MAX_DIGITS = 19  # of a number that is typed
# What Python raises where a part of a value is of another type than Slack documents.
UNREADABLE = (KeyError, TypeError, AttributeError, OverflowError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField(ABC):
    """One input. Its id serves as block id and action id, so that Slack keeps what was typed when a view changes."""

    id: str
    label: str
    required: bool = False
    hint: str = ""
    error: str = "This field is empty. Fill it in."
    dispatches: bool = False  # whether each change is sent at once

    @abstractmethod
    def element(self, value: Any) -> Block:
        """Return the input element, filled with `value`."""

    @abstractmethod
    def read(self, state: Mapping[str, Any]) -> Any:
        """Return the value; ValueError with a sentence for the person when it is not valid."""

    def held(self, state: Mapping[str, Any]) -> Any:
        """Return the value, or the raw text when it is not valid."""
        try:
            return self.read(state)
        except (ValueError, *UNREADABLE):
            return str(state.get("value") or "")

    def block(self, value: Any) -> Block:
        block: Block = {
            "type": "input", "block_id": self.id, "label": plain(self.label), "optional": not self.required,
            "element": {**self.element(value), "action_id": self.id},
        }  # fmt: skip
        block |= {"dispatch_action": True} if self.dispatches else {}
        return block | ({"hint": plain(self.hint.replace("`", ""))} if self.hint else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class TextInput(FormField):
    """A text; `limit` in characters. Pasted line breaks become spaces unless it is multiline."""

    limit: int = 3000
    multiline: bool = True
    placeholder: str = ""

    def element(self, value: Any) -> Block:
        made: Block = {"type": "plain_text_input", "multiline": self.multiline, "max_length": self.limit}
        made |= {"placeholder": plain(self.placeholder, 150)} if self.placeholder else {}
        made |= {"dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}} if self.dispatches else {}
        return made | ({"initial_value": shorten(value, self.limit)} if value else {})

    def read(self, state: Mapping[str, Any]) -> str:
        value = str(state.get("value") or "")
        text = clean(value) if self.multiline else one_line(value)
        if len(text) > self.limit:
            raise ValueError(f"This is {len(text)} characters long. Use at most {self.limit}.")
        if self.required and is_blank(text):
            raise ValueError(self.error)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceInput(FormField):
    """One of several options, each (value, label, meaning). `radio` shows them all with their meaning.

    `groups` shows the options under headings: (heading, options).
    """

    options: tuple[tuple[str, str, str], ...]
    radio: bool = False
    groups: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = ()

    def element(self, value: Any) -> Block:
        made: Block = {"type": "radio_buttons" if self.radio else "static_select"}
        if self.groups:
            gathered = [{"label": plain(head, 75), "options": [_option(o) for o in some]} for head, some in self.groups]
            made["option_groups"] = gathered
        else:
            made["options"] = [_option(o) for o in self.options]
        chosen = next((o for o in self.options if o[0] == value), None)
        return made | ({"initial_option": _option(chosen)} if chosen else {})

    def read(self, state: Mapping[str, Any]) -> str:
        value = str((state.get("selected_option") or {}).get("value") or "")
        if not value and not self.required:
            return ""
        if value not in [o[0] for o in self.options]:
            raise ValueError("Nothing is chosen. Choose one of the options.")
        return value


class AnyChoiceInput(ChoiceInput):
    """One of options that are only known when the form opens; who reads it has to check what was chosen."""

    __slots__ = ()

    def read(self, state: Mapping[str, Any]) -> str:
        return str((state.get("selected_option") or {}).get("value") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicesInput(FormField):
    """Several of up to 100 options, each (value, label, meaning)."""

    options: tuple[tuple[str, str, str], ...]

    def element(self, value: Any) -> Block:
        made: Block = {"type": "multi_static_select", "options": [_option(o) for o in self.options]}
        chosen = [_option(o) for o in self.options if o[0] in (value or ())]
        return made | ({"initial_options": chosen} if chosen else {})

    def read(self, state: Mapping[str, Any]) -> tuple[str, ...]:
        found = tuple(str(one.get("value") or "") for one in state.get("selected_options") or ())
        if not {*found} <= {o[0] for o in self.options}:
            raise ValueError("One of these is no longer an option. Choose again.")
        if self.required and not found:
            raise ValueError("Nothing is chosen. Choose at least one of the options.")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberInput(FormField):
    """A whole number from 0 to `limit`."""

    limit: int = 10_000_000

    def element(self, value: Any) -> Block:
        made: Block = {"type": "number_input", "is_decimal_allowed": False, "min_value": "0"}
        made |= {"max_value": str(self.limit)}
        return made | ({"initial_value": str(value)} if value is not None else {})

    def read(self, state: Mapping[str, Any]) -> int | None:
        value = str(state.get("value") or "").strip()
        if not value:
            if self.required:
                raise ValueError(self.error)
            return None
        if not value.isdecimal() or len(value) > MAX_DIGITS or int(value) > self.limit:
            raise ValueError(f"This isn't a whole number up to {self.limit:,}. Use digits only.")
        return int(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInput(FormField):
    def element(self, value: Any) -> Block:
        return {"type": "users_select"} | ({"initial_user": value} if value else {})

    def read(self, state: Mapping[str, Any]) -> str:
        value = str(state.get("selected_user") or "")
        if self.required and not value:
            raise ValueError("No one is chosen. Choose a person.")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleInput(FormField):
    """People, at most `most` of them; 0 for any number."""

    most: int = 0

    def element(self, value: Any) -> Block:
        made: Block = {"type": "multi_users_select"} | ({"max_selected_items": self.most} if self.most else {})
        return made | ({"initial_users": list(value)} if value else {})

    def read(self, state: Mapping[str, Any]) -> tuple[str, ...]:
        found = tuple(map(str, state.get("selected_users") or ()))
        if self.required and not found:
            raise ValueError("No one is chosen. Choose at least one person.")
        if self.most and len(found) > self.most:
            raise ValueError(f"These are {len(found)} people. Choose at most {self.most}.")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelInput(FormField):
    """A public or private channel."""

    def element(self, value: Any) -> Block:
        made = {"type": "conversations_select", "filter": {"include": ["public", "private"]}}
        return made | ({"initial_conversation": value} if value else {})

    def read(self, state: Mapping[str, Any]) -> str:
        value = str(state.get("selected_conversation") or "")
        if self.required and not value:
            raise ValueError("No channel is chosen. Choose one.")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsInput(FormField):
    def element(self, value: Any) -> Block:
        made = {"type": "multi_conversations_select", "filter": {"include": ["public", "private"]}}
        return made | ({"initial_conversations": list(value)} if value else {})

    def read(self, state: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(map(str, state.get("selected_conversations") or ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class DateInput(FormField):
    def element(self, value: Any) -> Block:
        return {"type": "datepicker"} | ({"initial_date": value.isoformat()} if value else {})

    def read(self, state: Mapping[str, Any]) -> date | None:
        value = state.get("selected_date")
        if self.required and not value:
            raise ValueError("No day is chosen. Choose one.")
        try:
            return date.fromisoformat(str(value)) if value else None
        except ValueError:
            raise ValueError("This isn't a day. Choose one.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTimeInput(FormField):
    """A date and a time, chosen in the person's own time zone."""

    def element(self, value: Any) -> Block:
        return {"type": "datetimepicker"} | ({"initial_date_time": int(value.timestamp())} if value else {})

    def read(self, state: Mapping[str, Any]) -> datetime | None:
        value = state.get("selected_date_time")
        if self.required and not value:
            raise ValueError("No time is chosen. Choose a date and a time.")
        try:
            return datetime.fromtimestamp(int(value), UTC) if value else None
        except (ValueError, *UNREADABLE):
            raise ValueError("This isn't a time. Choose a date and a time.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesInput(FormField):
    def element(self, value: Any) -> Block:  # noqa: ARG002 - Slack can't prefill files
        return {"type": "file_input", "max_files": 10}

    def read(self, state: Mapping[str, Any]) -> tuple[File, ...]:
        return file_references(state.get("files") or ())


def file_references(found: Sequence[Mapping[str, Any]]) -> tuple[File, ...]:
    """Return Slack's file objects as references, with a link only where everybody in the workspace may open it."""
    return tuple(
        File(str(f["id"]), one_line(str(f.get("name") or f.get("title") or f["id"])),
             str(f.get("permalink") or "") if f.get("is_public") else "")
        for f in found
        if f.get("id")
    )  # fmt: skip


def _option(option: tuple[str, str, str]) -> Block:
    value, label, meaning = option
    made: Block = {"value": value, "text": plain(label, 75)}
    return made | ({"description": plain(meaning, 75)} if meaning else {})
