"""Known advisories about the locked packages, from a file of the OSV database or from its server.

The form of an advisory: https://ossf.github.io/osv-schema/. Files of all of PyPI's: https://google.github.io/osv.dev/data/
"""

import json
import re
import urllib.request
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

SERVER = "https://api.osv.dev/v1/querybatch"
DUMP = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
TIMEOUT = 20  # seconds


@dataclass(frozen=True, slots=True, order=True)
class Advisory:
    """One that concerns a locked version."""

    package: str
    version: str
    id: str
    summary: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}: {self.id} {self.summary}".rstrip()


def locked(lock: Path) -> dict[str, str]:
    """Return the version of each package of a lock file."""
    return {canonicalize_name(name): version for name, version in PINNED.findall(lock.read_text(encoding="utf-8"))}


def from_file(file: Path, packages: Mapping[str, str]) -> list[Advisory]:
    """Return what a file says about these packages: a zip of advisories, one advisory, or a list of them."""
    return sorted({found for entry in _entries(file) for found in _concerning(entry, packages)})


def from_server(packages: Mapping[str, str]) -> list[Advisory]:
    """Ask the server; raise OSError when it can't be reached."""
    queries = [
        {"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in packages.items()
    ]
    asked = urllib.request.Request(
        SERVER, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=TIMEOUT) as answer:
        results = json.load(answer)["results"]
    return sorted(Advisory(name, version, str(one["id"]), "")
                  for (name, version), result in zip(packages.items(), results, strict=True)
                  for one in result.get("vulns") or ())  # fmt: skip


def _entries(file: Path) -> Iterator[Mapping[str, Any]]:
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as packed:
            for name in packed.namelist():
                if name.endswith(".json"):
                    yield json.loads(packed.read(name))
        return
    content = json.loads(file.read_text(encoding="utf-8"))
    yield from content if isinstance(content, list) else [content]


def _concerning(entry: Mapping[str, Any], packages: Mapping[str, str]) -> Iterator[Advisory]:
    if entry.get("withdrawn"):
        return
    for affected in entry.get("affected") or ():
        package = affected.get("package") or {}
        name = canonicalize_name(str(package.get("name") or ""))
        if package.get("ecosystem") == "PyPI" and name in packages and _is_affected(packages[name], affected):
            yield Advisory(name, packages[name], str(entry["id"]), str(entry.get("summary") or ""))


def _is_affected(version: str, affected: Mapping[str, Any]) -> bool:
    """Evaluate as the schema says: a version that is listed, or one within a range."""
    if version in (affected.get("versions") or ()):
        return True
    ranges = [one for one in affected.get("ranges") or () if one.get("type") == "ECOSYSTEM"]
    return any(_is_within(Version(version), one.get("events") or ()) for one in ranges)


def _is_within(version: Version, events: Iterable[Mapping[str, str]]) -> bool:
    inside = False
    for event in sorted(events, key=_place):
        if "introduced" in event and version >= _version(event["introduced"]):
            inside = True
        elif ("fixed" in event and version >= _version(event["fixed"])) or (
            "last_affected" in event and version > _version(event["last_affected"])
        ):
            inside = False
    return inside


def _place(event: Mapping[str, str]) -> tuple[Version, bool]:
    return _version(next(iter(event.values()))), "introduced" not in event


def _version(text: str) -> Version:
    try:
        return Version("0.dev0" if text == "0" else text)
    except InvalidVersion:
        return Version("0.dev0")  # rather one advisory too many
