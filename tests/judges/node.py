"""Node and the packages of package-lock.json, installed once into a folder that is kept between runs."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NAMED = ("package.json", "package-lock.json")
OLDEST_NODE = 20
INSTALL_SECONDS = 240


def packages() -> Path:
    """The folder in which the packages are; skips the test, with the reason, where they cannot be."""
    found = _installed()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@cache
def _installed() -> Path | str:
    if not shutil.which("node") or not shutil.which("npm"):
        return "Node is not installed"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        return f"Node {version} is older than {OLDEST_NODE}"
    key = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in NAMED)).hexdigest()[:16]
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hypercare-judges" / key
    folder.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(folder / "lock"):
        return folder if (folder / "ready").exists() else _install(folder)


def _install(folder: Path) -> Path | str:
    for name in NAMED:
        shutil.copy(HERE / name, folder)
    wanted = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    try:
        done = subprocess.run(wanted, check=False, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return "The registry of npm does not answer"
    if done.returncode:
        return f"npm ci failed: {' '.join(done.stderr.split()[-40:])}"
    (folder / "ready").touch()
    return folder


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Among the processes that run the tests."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def program(name: str, wanted: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One of the scripts beside this file, which says what it offers in a line and ends when its input does.

    Its imports are looked for where it runs, so that nothing has to be copied.
    """
    started = subprocess.Popen(
        ["node", "--input-type=module", "--eval", (HERE / name).read_text(encoding="utf-8"), json.dumps(wanted)],
        cwd=packages(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert started.stdin
    assert started.stdout
    assert started.stderr
    try:
        line = started.stdout.readline()
        assert line.startswith("{"), started.stderr.read()
        yield json.loads(line)
    finally:
        started.stdin.close()
        try:
            started.wait(5)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        started.stdout.close()
        started.stderr.close()
