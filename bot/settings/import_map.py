"""A map of another system's export: a known one by its name, or a TOML file."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from bot.settings.errors import InvalidSettings, error_line
from domain.intake.settings import ImportBase, ImportMap


def load_import_map(name: str, dates: str | None = None, timezone: str | None = None) -> ImportMap:
    """Return the map called `name`, or in the file `name`; InvalidSettings names every error, one a line.

    `dates` and `timezone`, where given, count instead of the map's.
    """
    given = {key: value for key, value in (("dates", dates), ("timezone", timezone)) if value}
    content = {"base": name} if name in list(ImportBase) else _read(Path(name))
    try:
        return ImportMap.model_validate(content | given)
    except ValidationError as error:
        wrong = "\n".join(error_line(one) for one in error.errors())
        raise InvalidSettings(f"{name} can't be used as a map:\n{wrong}\nSee docs/data.md.") from None


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InvalidSettings(f"{file} is no file, and no system that is known: {', '.join(ImportBase)}.") from None
    except OSError as error:
        raise InvalidSettings(f"{file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{file} is not valid TOML: {error}.") from None
