"""Who may see a file: its uploader, and the people of the conversations in which a message carries it."""

from typing import Any

from sandbox.model import Channel, Message

File = dict[str, Any]
PLACES = {"channel": "channels", "group": "groups", "im": "ims"}


def share(file: File, channel: Channel, message: Message) -> None:
    """The file can be seen wherever the message can."""
    kind = "public" if channel.type == "channel" else "private"
    entry = {"ts": message.ts, "channel_name": channel.name, "team_id": message.team, "reply_users": [],
             "reply_users_count": 0, "reply_count": 0, "source": "UNKNOWN"}  # fmt: skip
    entry |= {"thread_ts": message.thread_ts} if message.thread_ts else {}
    file["shares"].setdefault(kind, {}).setdefault(channel.id, []).append(entry)
    if channel.id not in file[PLACES[channel.type]]:
        file[PLACES[channel.type]].append(channel.id)
    file["is_public"] = "public" in file["shares"]


def unshare(file: File, channel: Channel, ts: str) -> None:
    """The message is gone; the file stays with its uploader and wherever else it is shared."""
    for kind, places in list(file["shares"].items()):
        left = [entry for entry in places.get(channel.id, ()) if entry["ts"] != ts]
        if left:
            places[channel.id] = left
        elif places.pop(channel.id, None):
            file[PLACES[channel.type]].remove(channel.id)
        if not places:
            del file["shares"][kind]
    file["is_public"] = "public" in file["shares"]


def may_see(file: File, user: str, channels: dict[str, Channel], *, is_guest: bool = False) -> bool:
    """Whether a person finds the file behind its permalink; everybody but guests sees what public channels have."""
    if user == file["user"] or (file["is_public"] and not is_guest):
        return True
    return any(user in channels[one].members for name in PLACES.values() for one in file[name] if one in channels)


def in_message(file: File) -> File:
    """The file as a message shows it: only files.info tells by which messages it is shared."""
    return {name: value for name, value in file.items() if name != "shares"}
