"""The app package with which the bot is added to Microsoft Teams: a manifest and two icons in a zip file.

https://learn.microsoft.com/en-us/microsoftteams/platform/resources/schema/manifest-schema
"""

import io
import json
import struct
import zipfile
import zlib
from typing import Any

VERSION = "1.16"
SCHEMA = f"https://developer.microsoft.com/en-us/json-schemas/teams/v{VERSION}/MicrosoftTeams.schema.json"
COLOR, ACCENT = (0x4A, 0x15, 0x4B, 0xFF), "#4A154B"
WHITE, CLEAR = (0xFF, 0xFF, 0xFF, 0xFF), (0, 0, 0, 0)
COMMANDS = {"report": "Report a problem", "help": "What you can write here"}


def package(app_id: str, public_url: str, version: str) -> bytes:
    """Return the zip file; `public_url` is shown to people as the address of the developer."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("manifest.json", json.dumps(_manifest(app_id, public_url, version), indent=2) + "\n")
        file.writestr("color.png", icon(192, COLOR, WHITE))
        file.writestr("outline.png", icon(32, CLEAR, WHITE))
    return kept.getvalue()


def _manifest(app_id: str, public_url: str, version: str) -> dict[str, Any]:
    commands = [{"title": title, "description": said} for title, said in COMMANDS.items()]
    return {
        "$schema": SCHEMA, "manifestVersion": VERSION, "version": version, "id": app_id,
        "developer": {"name": "Hypercare", "websiteUrl": public_url, "privacyUrl": public_url,
                      "termsOfUseUrl": public_url},
        "name": {"short": "Hypercare", "full": "Hypercare"},
        "description": {"short": "Report problems after a go-live",
                        "full": "Write what is wrong, and the team gets it as a report. You read their answers in the "
                                "same chat, and what you write back goes to them."},
        "icons": {"color": "color.png", "outline": "outline.png"}, "accentColor": ACCENT,
        "bots": [{"botId": app_id, "scopes": ["personal"], "supportsFiles": True, "isNotificationOnly": False,
                  "commandLists": [{"scopes": ["personal"], "commands": commands}]}],
        "permissions": ["identity", "messageTeamMembers"], "validDomains": [],
    }  # fmt: skip


def icon(size: int, ground: tuple[int, int, int, int], letter: tuple[int, int, int, int]) -> bytes:
    """Return a square PNG with an H in its middle."""

    def is_letter(x: int, y: int) -> bool:
        across, down = 16 * x // size, 16 * y // size
        return 3 <= down < 13 and (across in (4, 5, 10, 11) or (4 <= across < 12 and down in (7, 8)))

    rows = (b"\0" + b"".join(bytes(letter if is_letter(x, y) else ground) for x in range(size)) for y in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
