"""The environment of the process: secrets from files, and names that are no setting."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

PREFIX, FILE, NESTED = "HYPERCARE_", "_FILE", "__"
WITH_PASSWORD = frozenset({"database"})  # a URL that may hold a password
TESTS = "HYPERCARE_TEST_"  # what only the tests of Hypercare read

Fields = Mapping[str, FieldInfo]


def is_secret(name: str, field: FieldInfo) -> bool:
    """Return whether a setting may come from a file: its value, or one of its values, is a secret."""
    return name in WITH_PASSWORD or SecretStr in (field.annotation, *get_args(field.annotation))


def secrets_from_files(environ: Mapping[str, str], fields: Fields) -> tuple[dict[str, Any], list[str]]:
    """Return the settings that `HYPERCARE_…_FILE` names, and a line for each file that can't be used."""
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for name, path in _named(environ):
        if not name.endswith(FILE) or not path or not _is_known(name, fields):
            continue
        setting = name.removesuffix(FILE)
        if environ.get(setting):
            wrong.append(f"{setting}: set it or {name}, not both.")
            continue
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not text"
            wrong.append(f"{name}: the file {path} can't be read: {reason}.")
            continue
        if not value:
            wrong.append(f"{name}: the file {path} is empty.")
            continue
        field, _, key = setting.removeprefix(PREFIX).lower().partition(NESTED)
        if key:
            found.setdefault(field, {})[key] = value
        else:
            found[field] = value
    return found, wrong


def unknown_names(environ: Mapping[str, str], fields: Fields) -> list[str]:
    """Return a line for each `HYPERCARE_` name that is no setting, with the nearest one that is."""
    return [_unknown(name, fields) for name, _ in _named(environ) if not _is_known(name, fields)]


def _named(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in sorted(environ.items()):
        if name.upper().startswith(PREFIX) and not name.startswith(TESTS):
            yield name.upper(), value


def _is_known(name: str, fields: Fields) -> bool:
    setting = name.removeprefix(PREFIX).lower()
    if setting in fields:
        return True
    first, nested, _ = setting.partition(NESTED)
    if nested:
        return first in fields and not _is_plain(fields[first])
    from_file = setting.removesuffix(FILE.lower())
    return from_file != setting and from_file in fields and is_secret(from_file, fields[from_file])


def _is_plain(field: FieldInfo) -> bool:
    """Whether nothing can be set below it."""
    return field.annotation in (str, int, SecretStr) or {int, SecretStr} & {*get_args(field.annotation)[:1]} != set()


def _unknown(name: str, fields: Fields) -> str:
    setting = name.removeprefix(PREFIX).removesuffix(FILE)
    near = difflib.get_close_matches(setting, [field.upper() for field in fields], n=1)
    if near:
        return f"{name}: there is no such setting. Do you mean {PREFIX}{near[0]}?"
    return f"{name}: there is no such setting. See docs/settings.md."
