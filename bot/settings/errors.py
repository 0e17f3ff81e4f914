"""Errors in settings, as lines that an operator can act on."""

from typing import Any


class InvalidSettings(Exception):  # noqa: N818 - it is shown to the operator as a sentence
    """What is wrong with the settings, each error on a line of its own."""


def error_line(error: Any, prefix: str = "") -> str:
    """Return one line for one of pydantic's errors. The value is never shown: it may be a secret."""
    label = label_of(error, prefix)
    text = error_text(error)
    return f"{label}: {text[:1].lower()}{text[1:]}." if label else f"{text}."


def label_of(error: Any, prefix: str = "") -> str:
    """Return the name of the setting as it is written in the file, or in the environment when there is a prefix."""
    parts = [str(part) for part in error["loc"] if part != "[key]"]
    return prefix + "__".join(parts).upper() if prefix and parts else ".".join(parts)


def error_text(error: Any) -> str:
    """Return what is wrong, without the name of the setting and without a full stop."""
    return "please set it" if error["type"] == "missing" else str(error["msg"]).removeprefix("Value error, ")
