"""Chats of people with the bot in a Microsoft Teams of this machine: what they write is sent to it, and it answers.

It keeps to what Microsoft documents of the Bot Connector: activities of a conversation are posted and replaced under
`/v3/conversations`, an answer has the id of the new activity, and the members of a chat are described. A file of a chat
is fetched from an address that its attachment names.
"""

import asyncio
import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from connectors.faults import TrackerFault

TENANT = "7d3f9c52-0000-4000-8000-00000000a001"
BOT = "28:b07"
MAX_BYTES = 256 * 1024  # of a message; Microsoft names no figure for one with pictures
CARD = "application/vnd.microsoft.card.adaptive"
FILE = "application/vnd.microsoft.teams.file.download.info"
Json = dict[str, Any]


@dataclass
class FakeTeamsPerson:
    """A person in Teams; `read` is what their chat shows, by the id of each message, oldest first."""

    account: str
    name: str
    email: str = ""
    tenant: str = TENANT
    principal: str = ""
    has_bot: bool = True
    read: dict[str, Json] = field(default_factory=dict)

    @property
    def conversation(self) -> str:
        return f"a:chat-of-{self.account}"

    def texts(self) -> list[str]:
        """Return what the person reads."""
        return ["\n".join(_lines(one)) for one in self.read.values()]

    def pictures(self) -> dict[str, bytes]:
        """Return the pictures that the person sees in messages, by name."""
        given = [one for message in self.read.values() for one in message.get("attachments") or ()]
        return {
            one["name"]: b64decode(one["contentUrl"].partition(",")[2]) for one in given if one["contentType"] != CARD
        }

    def buttons(self, words: str) -> dict[str, Json]:
        """Return what each button below the newest message with these words carries, by its label."""
        found = next(one for one in reversed(self.read.values()) if words in "\n".join(_lines(one)))
        actions = [one for card in _cards(found) for one in card["actions"]]
        return {one["title"]: (one["card"]["actions"][0] if "card" in one else one)["data"] for one in actions}


class FakeTeamsChats:
    """The Bot Connector; the requests that `fault` names go wrong."""

    def __init__(self) -> None:
        self.people: dict[str, FakeTeamsPerson] = {}
        self.fault: TrackerFault | None = None
        self.bot_url = ""  # to which activities are sent
        self.files: dict[str, bytes] = {}  # what people have sent, by name
        self.version = 0  # how often anything changed that people see
        self.changed = asyncio.Event()  # set at the next change
        self.port = 0
        self._number = 0
        self._ids = count(1)  # of messages to people
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def person(self, name: str, **given: Any) -> FakeTeamsPerson:
        """Return a person of the company; a new one where the name is new."""
        account = f"29:{name.lower()}"
        return self.people.setdefault(account, FakeTeamsPerson(account, name, **given))

    def attachment(self, name: str, content: bytes) -> Json:
        """Return how Teams tells of a file that a person sends in a personal chat."""
        id_ = f"{len(self.files) + 1}-{name}"
        self.files[id_] = content
        found = {"downloadUrl": f"{self.url}/files/{quote(id_)}", "uniqueId": id_, "fileType": name.rpartition(".")[2]}
        return {"contentType": FILE, "contentUrl": f"{self.url}/personal/{quote(name)}", "name": name, "content": found}

    def picture(self, name: str, content: bytes) -> Json:
        """Return how Teams tells of a picture that was pasted into the text."""
        self.files[name] = content
        return {"contentType": "image/*", "contentUrl": f"{self.url}/files/{quote(name)}"}

    def note_change(self) -> None:
        """Say that people see something new."""
        self.version += 1
        self.changed.set()
        self.changed = asyncio.Event()

    async def start(self, port: int = 0) -> None:
        """Listen on a port of this machine."""
        app = web.Application()
        app.router.add_get("/files/{name}", self._file)
        app.router.add_post("/v3/conversations/{conversation}/activities", self._post)
        app.router.add_put("/v3/conversations/{conversation}/activities/{id}", self._put)
        app.router.add_get("/v3/conversations/{conversation}/members/{account}", self._member)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def stop(self) -> None:
        if self._session:
            await self._session.close()
        if self._runner:
            await self._runner.cleanup()

    def activity(self, person: FakeTeamsPerson, type_: str = "message", **more: Any) -> Json:
        """Return an activity of a person as Teams writes it."""
        self._number += 1
        return {
            "type": type_, "id": f"{1_700_000_000_000 + self._number}", "channelId": "msteams",
            "serviceUrl": self.url, "from": {"id": person.account, "name": person.name,
                                             "aadObjectId": f"object-{person.account[3:]}"},
            "conversation": {"id": person.conversation, "conversationType": "personal", "tenantId": person.tenant},
            "recipient": {"id": BOT, "name": "Hypercare"}, "channelData": {"tenant": {"id": person.tenant}},
        } | more  # fmt: skip

    async def tell(self, activity: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> tuple[int, Json]:
        """Send an activity to the bot; return the status and the answer."""
        assert self._session
        sent = {"Content-Type": "application/json", **(headers or {})}
        async with self._session.post(self.bot_url, data=json.dumps(activity), headers=sent) as answer:
            return answer.status, await answer.json()

    async def _post(self, request: web.Request) -> web.Response:
        number = next(self._ids)
        return await self._take(request, f"f:{number:08}-aaaa-4bbb-8ccc-{number:012}")

    async def _put(self, request: web.Request) -> web.Response:
        return await self._take(request, request.match_info["id"])

    async def _take(self, request: web.Request, id_: str) -> web.Response:
        lost = False
        if self.fault and self.fault.hits(f"{request.method} {request.path}"):
            lost = self.fault.lost
            if answer := await self.fault.strike():
                return answer
        person = self._in(request.match_info["conversation"])
        if person is None or not person.has_bot:
            return web.json_response({"error": {"code": "ForbiddenOperationException"}}, status=403)
        if request.method == "PUT" and id_ not in person.read:
            return web.json_response({"error": {"code": "ActivityNotFoundInConversation"}}, status=404)
        if len(await request.read()) > MAX_BYTES:
            return web.json_response({"error": {"code": "MessageSizeTooBig"}}, status=413)
        person.read[id_] = await request.json()
        self.note_change()
        await asyncio.sleep(0)
        if lost and request.transport:
            request.transport.close()
        return web.json_response({"id": id_})

    async def _file(self, request: web.Request) -> web.Response:
        if self.fault and self.fault.hits(f"GET {request.path}") and (answer := await self.fault.strike()):
            return answer
        content = self.files.get(request.match_info["name"])
        return web.Response(body=content) if content is not None else web.Response(status=404)

    async def _member(self, request: web.Request) -> web.Response:
        person = self._in(request.match_info["conversation"])
        if person is None or person.account != request.match_info["account"]:
            return web.json_response({"error": {"code": "MemberNotFoundInConversation"}}, status=404)
        return web.json_response({"id": person.account, "name": person.name, "email": person.email,
                                  "tenantId": person.tenant, "userRole": "user",
                                  "userPrincipalName": person.principal or person.email})  # fmt: skip

    def _in(self, conversation: str) -> FakeTeamsPerson | None:
        found: Sequence[FakeTeamsPerson] = [*self.people.values()]
        return next((one for one in found if one.conversation == conversation), None)


def _cards(activity: Mapping[str, Any]) -> list[Json]:
    """Return the cards of an activity."""
    return [one["content"] for one in activity.get("attachments") or () if one["contentType"] == CARD]


def _lines(activity: Mapping[str, Any]) -> list[str]:
    """Return the text of an activity, and that of its card."""
    blocks = [block for card in _cards(activity) for block in card["body"] if block["type"] == "RichTextBlock"]
    shown = ["".join(run["text"] for run in block["inlines"]) for block in blocks]
    return [activity["text"], *shown] if activity.get("text") else shown
