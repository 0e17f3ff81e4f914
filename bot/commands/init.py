"""`hypercare init`: write the two files that a new installation starts from, with the secrets generated."""

import argparse
import secrets
from pathlib import Path

from bot.cli import CommandError
from domain.text import plural

SECRETS = """\
# Hypercare's secrets, one a line. Only the user that starts it may read this file.
# Slack shows the tokens; docs/install.md says where.
HYPERCARE_BOT_TOKEN=xoxb-…
HYPERCARE_APP_TOKEN=xapp-…
# Only for HTTP mode:
#HYPERCARE_SIGNING_SECRET=
# Protects the names of anonymous reporters. Keep a copy, but not with the backups of the database.
HYPERCARE_SECRET={secret}
# Only for deploy/compose.yaml, which starts a PostgreSQL with it:
POSTGRES_PASSWORD={password}
"""
PHASE = """\
# The phase, as docs/settings.md explains it. Replace every id with one of your workspace.
[phase]
key = "PAY"
name = "Payday go-live"
triage_channel = "C0123456789"
oncall_channel = "C0123456780"
leads = ["U0123456789"]
responders = ["U0123456780"]
"""


def main(args: argparse.Namespace) -> int:
    """Write `.env` and `hypercare.toml`; a file that exists is never touched."""
    folder: Path = args.folder
    made = {".env": SECRETS.format(secret=secrets.token_hex(32), password=secrets.token_hex(16)),
            "hypercare.toml": PHASE}  # fmt: skip
    taken = [str(folder / name) for name in made if (folder / name).exists()]
    if taken:
        raise CommandError(plural(len(taken), "{names} already exists. Choose another folder, or move it away.",
                                  "{names} already exist. Choose another folder, or move them away.",
                                  names=" and ".join(taken)))  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{folder} cannot be written to: {error.strerror}.") from None
    print(f"Wrote .env and hypercare.toml to {folder}. Paste the tokens and ids into them, then run hypercare doctor.")  # noqa: T201 - the command's result
    return 0
