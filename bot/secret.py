"""The secret for anonymous identities and signed links: from the settings, or a file next to the SQLite database."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.settings.settings import Settings


def secret_of(settings: Settings) -> bytes:
    """Return the secret from the settings or its file, which is created if needed; empty without either."""
    if settings.secret:
        return settings.secret.get_secret_value().encode()
    url = make_url(settings.database)
    on_a_disk = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return secret_beside(Path(str(url.database))) if on_a_disk else b""


def secret_beside(database: Path) -> bytes:
    """Return the secret from the file next to a database, which is created if needed; empty if that fails."""
    file = database.with_name(f"{database.name}.secret")
    try:
        return file.read_bytes()
    except FileNotFoundError:
        pass
    except OSError:
        return b""
    made = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        made.touch(mode=0o600)
        made.write_text(secrets.token_hex(32))
        with suppress(FileExistsError):  # another process created it first; use that one
            os.link(made, file)
        made.unlink()
        return file.read_bytes()
    except OSError:
        return b""
